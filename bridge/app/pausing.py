"""What can be paused: everything, a touchpoint, a source, one mapping of a source; and what of it is in force."""

from difflib import get_close_matches

from bridge.core.configuration import Catalog
from bridge.outbox.terms import PauseScope


def misnamed(scope: PauseScope, name: str) -> str:
    """Say what a scope lacks to be paused or resumed; `` if it is whole."""
    if (scope == "all") == bool(name):
        return "Write `all`, or a scope with a name: touchpoint NAME, source NAME, mapping SOURCE/NAME."
    if scope == "mapping" and "/" not in name:
        return "A mapping is named SOURCE/NAME, such as shopify/post-purchase."
    return ""


def stops_nothing(scope: PauseScope, name: str, catalog: Catalog) -> str:
    """Say that nothing in force has the name, and which has: a pause that is misspelt stops nothing. `` if one has."""
    names = _named(scope, catalog)
    if scope == "all" or name in names:
        return ""
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there is {', '.join(sorted(names)) or 'none'}."
    return f"No {scope} in force has the name {name}, so this stops nothing now: {hint}"


def _named(scope: PauseScope, catalog: Catalog) -> set[str]:
    if scope == "touchpoint":
        return {*catalog.touchpoints}
    if scope == "source":
        return {*catalog.sources}
    return {f"{source}/{each.name}" for source, its in catalog.sources.items() for each in its.mappings}
