"""The parts of the documents that come from the code: `python -m tests.support.documents` writes them anew."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bridge.api.operation import PREFIX
from bridge.api.operations import OPERATIONS
from bridge.cli import COMMANDS
from bridge.core.language.functions import FUNCTIONS, OWN_FUNCTIONS
from bridge.core.manners import Handshake, Reply
from bridge.core.presets import PRESETS, Preset
from bridge.core.presets.conduct import manners_of
from bridge.core.presets.handshakes import HANDSHAKES
from bridge.core.verification.schemes import ALIASES, SCHEMES
from bridge.settings import SETTINGS

ROOT = Path(__file__).parents[2]


def settings_table() -> str:
    rows = [
        f"| `{each.variable}` | {'no flag' if each.secret else f'`{each.flag}`'} | "
        f"{f'`{each.default}`' if each.default else ''} | {each.meaning} |"
        for each in SETTINGS
    ]
    return "\n".join(["| variable | flag | default | meaning |", "| --- | --- | --- | --- |", *rows])


def commands_table() -> str:
    rows = [f"| `{name}` | {sentence} |" for name, _, sentence in COMMANDS]
    return "\n".join(["| command | does |", "| --- | --- |", *rows])


def functions_table(*, own: bool) -> str:
    rows = [
        f"| `{name}` | {_arguments(each.least, each.most)} | {each.doc.replace('|', '&#124;')} |"
        for name, each in FUNCTIONS.items()
        if (name in OWN_FUNCTIONS) is own
    ]
    return "\n".join(["| function | arguments | gives |", "| --- | --- | --- |", *rows])


def _arguments(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def presets_table() -> str:
    named = {each.name: each for each in PRESETS.values()}  # an alias is no row of its own
    rows = [f"| `{each.name}` | {each.key_hint} | {each.retry_span} |" for each in named.values()]
    return "\n".join(["| preset | where its secret is | how long it retries |", "| --- | --- | --- |", *rows])


def systems_table() -> str:
    named = {each.name: each for each in PRESETS.values()}
    files = _mapping_files()
    rows = [
        f"| `{each.name}` | {SCHEMES[each.scheme].kind if each.scheme in SCHEMES else 'by your choice'} | "
        f"{'yes' if each.lookup else ''} | {each.retry_span} | {', '.join(files.get(each.name, []))} |"
        for each in named.values()
    ]
    titles = "| preset | signed by | may need a lookup | sends again | mapping file |"
    return "\n".join([titles, "| --- | --- | --- | --- | --- |", *rows])


def _mapping_files() -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for path in sorted((ROOT / "mappings").glob("*.yaml")):
        for preset in re.findall(r"^ +preset: ([a-z0-9-]+)", path.read_text("utf-8"), re.MULTILINE):
            files.setdefault(ALIASES.get(preset, preset), []).append(f"`{path.name}`")
    return files


def systems() -> str:
    named = {each.name: each for each in PRESETS.values()}
    return "\n\n".join("\n".join(_system(each)) for each in named.values())


def _system(preset: Preset) -> Iterator[str]:
    yield f"### `{preset.name}`\n"
    answer = f" It waits for an answer: {preset.deadline}." if preset.deadline else ""
    yield f"- Secret: {preset.key_hint}"
    yield f"- Sends again: {preset.retry_span}.{answer}"
    if preset.test:
        yield f"- A test event: `` {preset.test} ``"
    if preset.lookup:
        yield f"- Lacks: {preset.lookup}"
    if preset.unsubscribes:
        topics = ", ".join(f"`{topic}`" for topic in preset.unsubscribes)
        yield f"- Whose contact is never asked again, unless the file has its own `suppress_on`: {topics}."
    yield from (f"- {quirk}" for quirk in preset.quirks)
    if preset.unconfirmed:
        yield f"- Not confirmed: {'; '.join(preset.unconfirmed)}."


_PROOFS = {"nothing": "nothing", "signature": "the source's own", "token": "a token"}


def handshakes_table() -> str:
    rows = [
        f"| {name} | {each.name} | {', '.join(each.methods)} | {_PROOFS[each.proof]} | {_said(each)} "
        f"| {f'{each.deadline} s' if each.deadline else ''} | {'' if each.unconfirmed else 'yes'} |"
        for name, handshakes in HANDSHAKES.items()
        for each in handshakes
    ]
    head = "| system | handshake | method | proof before the answer | answer | within | confirmed by a source |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- | --- |", *rows])


def _said(handshake: Handshake) -> str:
    if handshake.echo:
        return "the challenge as text"
    if handshake.members:
        return f"JSON with {' and '.join(name for name, _ in handshake.members)}"
    return f"empty, with the header {handshake.headers[0][0]}" if handshake.headers else "empty"


def replies_table() -> str:
    rows = []
    for name in sorted({*PRESETS} - {"hubspot"}):
        manners = manners_of(name)
        if manners.reply != Reply() or manners.blocks or manners.not_proven is not None:
            body = manners.reply.body
            said = "the event's id" if body is None else body.replace("|", "&#124;") or "nothing"
            said = "a SOAP acknowledgement" if said.startswith("<") else said
            remarks = ["its queue stops at a refusal"] * manners.blocks
            remarks += ["a wrong signature is answered 401 with nothing"] * (manners.not_proven == "")
            rows.append(f"| {name} | {manners.reply.status} | {said} | {', '.join(remarks)} |")
    return "\n".join(["| preset | status | body | remark |", "| --- | --- | --- | --- |", *rows])


def operations_table() -> str:
    rows = [
        f"| `{each.method} {PREFIX}{each.path}` | {each.role} | {each.summary} |"
        for tag in dict.fromkeys(each.tag for each in OPERATIONS)
        for each in OPERATIONS
        if each.tag == tag
    ]
    return "\n".join(["| operation | least role | does |", "| --- | --- | --- |", *rows])


PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {"systems": systems_table, "settings": settings_table, "commands": commands_table},
    "docs/mappings.md": {
        "presets": presets_table,
        "own functions": lambda: functions_table(own=True),
        "JMESPath's functions": lambda: functions_table(own=False),
    },
    "docs/api.md": {"operations": operations_table},
    "docs/systems.md": {"systems": systems},
    "docs/receiving.md": {"handshakes": handshakes_table, "replies": replies_table},
}


def with_parts(name: str) -> str:
    """Give the document with its generated parts as the code has them now."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for part, make in PARTS[name].items():
        pattern = re.compile(rf"(<!-- {re.escape(part)} -->\n).*?(<!-- /{re.escape(part)} -->)", re.DOTALL)
        [old] = pattern.finditer(text)  # each document holds each of its parts once
        text = f"{text[: old.start()]}{old[1]}{make()}\n{old[2]}{text[old.end() :]}"
    return text


if __name__ == "__main__":
    for name in PARTS:
        (ROOT / name).write_text(with_parts(name), encoding="utf-8")
