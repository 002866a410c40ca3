"""Reads the `body:` of a mapping: the attributes that are sent, under keys that the target takes literally."""

import unicodedata

from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section
from bridge.catalog.report import echo
from bridge.core.configuration import CONTACT_FIELD, Channel, Field

STANDARD = ("email", "phone", "firstname", "lastname", "company", "identifier")
_LONGEST_NAME = 128
# Letters of other alphabets that look like Latin ones, by their code points: Cyrillic, then Greek.
_LOOKALIKES = str.maketrans(
    dict(
        zip(
            "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u03b1\u03bd\u03bf\u03c1\u03b9\u03ba",
            "aeopcyxijsavopik",
            strict=True,
        )
    )
)


def read_body(section: Section, channel: Channel | None, reader: Reader) -> tuple[Field, ...]:
    """Read the body of a mapping; `channel` is None where the touchpoint is not known."""
    fields: dict[str, Section] = section.get("body", {})
    table = section.nodes.get("body")
    if table is None or table.kind != "table":
        return ()
    if not table.entries:
        reader.report.error(table, "body is empty", "write the attributes that are sent")
    for key, _ in table.entries:
        _check_name(key, channel, reader)
    wanted = CONTACT_FIELD[channel] if channel else None
    spelled = {key.text.lower() for key, _ in table.entries}
    if wanted and table.entries and wanted not in spelled:
        reader.report.error(
            table, f"body.{wanted} is missing, which every {channel} needs", f"write {wanted}: and an expression"
        )
    return tuple(_field(name, field, reader) for name, field in fields.items())


def _check_name(key: Node, channel: Channel | None, reader: Reader) -> None:
    name = key.text
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        reader.report.error(key, f"an attribute's name must be 1 to {_LONGEST_NAME} printable characters")
    elif channel == "http" or name in STANDARD:
        return
    elif name.lower() in STANDARD:
        reader.report.error(
            key, f"{echo(name)} is not {name.lower()}: keys differ by case at the target", f"write {name.lower()}"
        )
    elif (bare := folded(name)) in STANDARD:
        reader.report.warn(key, f"{echo(name)} becomes an attribute of its own", f"did you mean {bare!r}?")


def unmistakable(name: str) -> str:
    """Reduce an attribute's name to what stays when nobody could see a difference: case, letters that look alike."""
    return unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)


def folded(name: str) -> str:
    """Reduce an attribute's name to what is the same in all its spellings, also with separators and in the plural."""
    bare = "".join(sign for sign in unmistakable(name) if sign.isalnum())
    return bare.removesuffix("s") if len(bare) > 3 and not bare.endswith("ss") else bare


def _field(name: str, section: Section, reader: Reader) -> Field:
    report = reader.report
    has = section.nodes.keys()
    if "value" in has and len(has) > 1:
        report.error(
            section.at("value"),
            f"body.{name}: value is a constant and stands alone",
            "remove the other keys, or write expr",
        )
    elif not has & {"value", "expr"}:
        report.error(
            section.node,
            f"body.{name} has neither expr nor value",
            "write expr: and an expression, or value: and a constant",
        )
    elif "default" in has and section.get("required"):
        report.warn(section.at("required"), f"body.{name}: required has no effect beside default", "remove one of them")
    return Field(
        name=name,
        expression=section.get("expr"),
        constant=section.get("value"),
        default=section.get("default"),
        required=section.get("required", False),
    )
