"""Text with `${secret:NAME}` and `${env:NAME}` in it, parsed once; secrets are put in at the last moment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_REFERENCE = re.compile(r"\$\{([^}]*)\}?")


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a stored secret."""

    name: str


@dataclass(frozen=True, slots=True, repr=False)
class Template:
    """Literal text and secret references in turn. Its `repr` shows the secrets' names and no text.

    The text may have come out of an environment variable, so it may be as secret as what is stored.
    """

    parts: tuple[str | Secret, ...]
    variables: tuple[str, ...] = field(default=(), compare=False)  # what came out of the environment

    def __repr__(self) -> str:
        """Name the secrets; `…` stands for text."""
        shown = (f"${{secret:{part.name}}}" if isinstance(part, Secret) else "…" for part in self.parts)
        return f"Template({''.join(shown)})"

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The names of the secrets it needs, in order."""
        return tuple(part.name for part in self.parts if isinstance(part, Secret))

    def render(self, secrets: Mapping[str, str]) -> str | None:
        """Put the secrets in; None if one of them is not stored."""
        texts = [secrets.get(part.name) if isinstance(part, Secret) else part for part in self.parts]
        return None if None in texts else "".join(text for text in texts if text is not None)


def parse_template(text: str, environment: Mapping[str, str]) -> Template:
    """Parse the text, filling in environment variables.

    Raises ValueError, with a message for the operator, for an unknown reference or an unset variable.
    """
    parts: list[str | Secret] = []
    variables: list[str] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        part = _reference(match, environment)
        parts += [text[end : match.start()], part]
        if isinstance(part, str):
            variables.append(part)
        end = match.end()
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part != ""), tuple(variables))


def _reference(match: re.Match[str], environment: Mapping[str, str]) -> str | Secret:
    kind, _, name = match[1].partition(":")
    if not match[0].endswith("}") or kind not in {"secret", "env"} or not name:
        raise ValueError(f"{match[0]} is not a reference; write ${{secret:NAME}} or ${{env:NAME}}")
    if kind == "env":
        if name not in environment:
            raise ValueError(f"the environment variable {name} is not set")
        return environment[name]
    if not SECRET_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a secret's name; use lower-case letters, digits, '.', '_' and '-'")
    return Secret(name)
