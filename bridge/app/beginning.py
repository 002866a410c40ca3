"""The beginning of a mapping file: from what is known of a system, or from what its stored events look like."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.core.configuration import Touchpoint
from bridge.core.contact import normal_email, normal_phone
from bridge.core.presets import PRESETS, Preset
from bridge.core.shape import paths_of
from bridge.core.verification.schemes import SCHEMES

# What feedback is usually asked about; the first of these words that a topic has makes it the likeliest.
_LIKELY = (
    *("fulfilled", "delivered", "shipped", "completed", "complete", "paid", "succeeded", "solved", "resolved"),
    *("closed", "won", "finished", "ended", "signed", "renewed", "approved", "created", "create"),
)
_BODY = {
    "firstname": re.compile(r"(^|\.)(first_?name|given_?name)$", re.IGNORECASE),
    "lastname": re.compile(r"(^|\.)(last_?name|family_?name|surname)$", re.IGNORECASE),
    "company": re.compile(r"(^|\.)(company|organi[sz]ation)(_?name)?$", re.IGNORECASE),
}
_MOST_SHOWN = 80  # paths in the comment


@dataclass(slots=True)
class Sample:
    """What stored events have: topics with counts, paths in the order of their number, and which hold a contact."""

    topics: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    emails: Counter[str] = field(default_factory=Counter)
    phones: Counter[str] = field(default_factory=Counter)

    def take(self, topic: str, payload: Any) -> None:
        """Note one payload; no value of it is kept."""
        self.topics[topic] += 1
        self.paths.update(paths_of(payload).keys())
        for path, text in _texts(payload):
            if "@" in text and _passes(normal_email, text):
                self.emails[path] += 1
            elif text.startswith("+") and _passes(normal_phone, text):
                self.phones[path] += 1


def _texts(payload: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give the texts that a plain path reaches: not those within lists."""
    if isinstance(payload, dict):
        for key, child in payload.items():
            if re.fullmatch(r"[A-Za-z_]\w*", key):
                yield from _texts(child, f"{path}.{key}" if path else key)
    elif isinstance(payload, str) and len(payload) < 320:
        yield path, payload


def _passes(check: Any, text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True


def from_preset(name: str, preset: Preset, touchpoint: Touchpoint) -> str:
    """Give a file for a known system: its likeliest topic, its contact, its order as the key."""
    topic = likely(preset.topics)
    alternatives = _alternatives(preset.contact or "")
    wanted = "phone" if touchpoint.channel == "sms" else "email"
    fitting = [text for text in alternatives if ("phone" in text.lower()) == (wanted == "phone")] or alternatives
    key = next((text for kind, text in preset.refs if kind in {"order", "invoice", "ticket", "deal"}), None)
    key = key or (preset.refs[0][1] if preset.refs else preset.id)
    comments = [preset.key_hint, *preset.quirks[:6]]
    if preset.lookup:
        comments.append(f"Lacking: {preset.lookup}")
    others = [each for each in preset.topics if each != topic]
    lines = [
        *_comment("Where the signing secret is", comments),
        f"source: {name}",
        "verify:",
        f"  preset: {preset.name}",
        f'  secrets: ["${{secret:{name}}}"]                # store it with: bridge secrets set {name}',
        *_consts(preset),
        "mappings:",
        *_mapping(topic, touchpoint, key=key, contact=(wanted, " || ".join(fitting) or wanted), others=others),
    ]
    if not alternatives:
        lines.insert(len(lines), "      # nothing in the payload is known to hold the address: correct the line above")
    return "\n".join(lines) + "\n"


def from_events(name: str, sample: Sample, touchpoint: Touchpoint, *, head: Sequence[str]) -> str:
    """Give a file for what was received: the commonest likely topic, and the paths that were seen. No values.

    `head` are the lines of `verify:` and `event:`.
    """
    topic = likely([topic for topic, _ in sample.topics.most_common() if topic])
    wanted, found = ("phone", sample.phones) if touchpoint.channel == "sms" else ("email", sample.emails)
    contact = next((path for path, _ in found.most_common()), wanted)
    seen = [f"{topic or '(none)'}: {count}" for topic, count in sample.topics.most_common(30)]
    paths = [path for path, _ in sample.paths.most_common()]
    body = {
        name: next((path for path in paths if form.search(path) and _is_plain(path)), "")
        for name, form in _BODY.items()
    }
    others = [other for other, _ in sample.topics.most_common(20) if other and other != topic]
    key = next((path for path in paths if re.search(r"(^|\.)(order_?(id|number)|id)$", path, re.IGNORECASE)), None)
    return (
        "\n".join(
            [
                *_comment("Topics of the last stored events", seen),
                *_comment("Their paths", sorted(paths[:_MOST_SHOWN])),
                f"source: {name}",
                *head,
                "mappings:",
                *_mapping(topic, touchpoint, key=key, contact=(wanted, contact), others=others, body=body),
            ]
        )
        + "\n"
    )


def likely(topics: Sequence[str]) -> str:
    """Give the topic that feedback is most probably asked about; the first where no word tells."""
    for word in _LIKELY:
        for topic in topics:
            if word in re.split(r"[^a-z]+", topic.lower()):
                return topic
    return topics[0] if topics else ""


def preset_for(name: str) -> Preset | None:
    """Give the known system of this name."""
    return PRESETS.get(name)


def _alternatives(expression: str) -> list[str]:
    """Split `a || b` where the alternatives are plain paths; else keep it whole."""
    parts = [part.strip() for part in expression.split("||")]
    plain = all(re.fullmatch(r"[\w.\[\]0-9-]+", part) for part in parts)
    return parts if plain else [expression] if expression else []


def _consts(preset: Preset) -> list[str]:
    consts = [key for key, value in SCHEMES[preset.scheme].consts if not value]
    return [
        f"  consts: {{{', '.join(f'{key}: change-me' for key in consts)}}}   # the values of your installation"
    ] * bool(consts)


def _mapping(
    topic: str,
    touchpoint: Touchpoint,
    *,
    key: str | None,
    contact: tuple[str, str],
    others: Sequence[str],
    body: dict[str, str] | None = None,
) -> Iterator[str]:
    yield f"  - name: {_name(touchpoint.name)}"
    if topic:
        yield f"    on: [{_quoted(topic)}]" + (f"   # also: {', '.join(others[:8])}" if others else "")
    yield f"    touchpoint: {touchpoint.name}"
    if key:
        yield f"    key: {_quoted(key)}   # one request for each; later events of the same key are suppressed"
    yield "    body:"
    yield f"      {contact[0]}: {_quoted(contact[1])}"
    yield from (f"      {name}: {path}" for name, path in (body or {}).items() if path)


def _name(text: str) -> str:
    return text


def _is_plain(path: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", path))


def _quoted(text: str) -> str:
    """Write an expression or a topic so that YAML takes it as it is."""
    if re.fullmatch(r"[A-Za-z][\w./-]*(( \|\| )[\w.]+)*", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _comment(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"# {title}:"
    for line in lines:
        yield f"#   {' '.join(line.split())}"
