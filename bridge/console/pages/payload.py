"""How much of a payload a page shows: open, folded, or only when somebody asks for it."""

from collections.abc import Iterable

from markupsafe import Markup

from bridge.console.views.tree import read, tree

FOLDED = 64 * 1024  # bytes from which a payload is folded
ON_DEMAND = 256 * 1024  # bytes from which it is only shown where somebody asks for it
_LONGEST_TEXT = 64 * 1024  # characters of what is not JSON
_TEXT = Markup('<p class="quote">{}</p>')


def shown_tree(body: str, *, name: str, used: Iterable[str], folded: bool = False) -> Markup:
    """Write a payload as a tree, or as the text that it is where it is not JSON."""
    try:
        value = read(body)
    except ValueError:
        return _TEXT.format(body[:_LONGEST_TEXT] + ("…" if len(body) > _LONGEST_TEXT else ""))
    return tree(value, name=name, used=used, open_to=0 if folded else 2)
