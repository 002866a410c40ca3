"""Reads the `body:` of a mapping: the attributes that are sent, under keys that the target takes literally."""

from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section
from bridge.catalog.report import echo
from bridge.core.configuration import CONTACT_FIELD, Channel, Field
from bridge.core.drift import folded

STANDARD = ("email", "phone", "firstname", "lastname", "company", "identifier")
_LONGEST_NAME = 128


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
