"""Reads `touchpoints.yaml`: where feedback is asked, and how patiently."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from bridge.catalog.addresses import check_address
from bridge.catalog.keys import HTTP_TOUCHPOINT, NAME, PXP_TOUCHPOINT, STATUS, STATUS_HINT, TOUCHPOINTS
from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section, read_block
from bridge.catalog.report import echo, shown
from bridge.core.configuration import Rate, RetryPolicy, Touchpoint, Verb
from bridge.core.model import Cap
from bridge.core.template import Secret, Template

DEFAULTS = Touchpoint(name="", channel="mail")
_DEFAULT_RETRY = RetryPolicy()


def read_touchpoints(root: Node, reader: Reader) -> dict[str, Touchpoint] | None:
    """Read all touchpoints by name, with defaults for what is wrong and was reported; None if there is no table."""
    section = read_block(reader, TOUCHPOINTS, root)
    table = section.nodes.get("touchpoints")
    if table is None or table.kind != "table":
        return None
    touchpoints: dict[str, Touchpoint] = {}
    for key, value in table.entries:
        if not re.fullmatch(NAME.pattern, key.text):
            reader.report.error(key, f"a touchpoint's name must be {NAME.hint}, not {echo(key.text)}")
        touchpoints[key.text] = _touchpoint(key, value, reader)
    return touchpoints


def _touchpoint(key: Node, node: Node, reader: Reader) -> Touchpoint:
    if node.kind != "table":
        if node.kind != "refused":
            reader.report.error(
                node, f"the touchpoint {echo(key.text)} must be a table of keys and values, not {shown(node)}"
            )
        return Touchpoint(key.text, "mail", line=key.line)
    channel = node.find("channel")
    block = HTTP_TOUCHPOINT if channel is not None and channel.text == "http" else PXP_TOUCHPOINT
    section = read_block(reader, block, node)
    url = section.get("url")
    if url is not None:
        check_address(url, "url", section.at("url"), reader.report, environment=reader.environment)
    return Touchpoint(
        name=key.text,
        channel=section.get("channel", DEFAULTS.channel),
        format=section.get("format", DEFAULTS.format),
        base_url=_base_url(section, reader),
        token=section.get("token"),
        api_key=section.get("api_key"),
        url=url,
        method=section.get("method", DEFAULTS.method),
        request_headers=read_headers(section, reader),
        concurrency=section.get("concurrency", DEFAULTS.concurrency),
        timeout=section.get("timeout", DEFAULTS.timeout),
        rate=read_rate(section),
        retry=read_retry(section, reader, usual=_DEFAULT_RETRY),
        ambiguous=section.get("ambiguous", "retry" if block is HTTP_TOUCHPOINT else "hold"),
        overrides=_overrides(section, reader),
        cap=_cap(section),
        line=key.line,
    )


def _base_url(section: Section, reader: Reader) -> str:
    address: Template | None = section.get("base_url")
    if address is None:
        return DEFAULTS.base_url
    node = section.at("base_url")
    if address.secret_names:
        reader.report.error(node, "base_url must not have a secret in it", "write the token under token")
        return DEFAULTS.base_url
    check_address(address, "base_url", node, reader.report, environment=reader.environment)
    return (address.render({}) or "").rstrip("/")


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")  # RFC 9110, 5.6.2
_OWN_HEADERS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


def read_headers(section: Section, reader: Reader) -> Mapping[str, Template]:
    """Read `headers:`; the secrets in them are references by now."""
    headers: dict[str, Template] = section.get("headers", {})
    seen: set[str] = set()
    for key, value in section.at("headers").entries if "headers" in section.nodes else ():
        name = key.text.lower()
        if not _HEADER_NAME.fullmatch(key.text):
            reader.report.error(key, f"{echo(key.text)} is not a header's name")
        elif name in _OWN_HEADERS:
            reader.report.error(
                key, f"the header {key.text} is set by the bridge", "remove it; content-type follows from format"
            )
        elif name in seen:
            reader.report.error(key, f"the header {key.text} stands twice: headers do not differ by case")
        elif not _is_printable(headers.get(key.text)):
            reader.report.error(value, f"headers.{key.text} must be one line of printable text")
        seen.add(name)
    return MappingProxyType(headers)


def _is_printable(template: Template | None) -> bool:
    return template is None or all(isinstance(part, Secret) or part.isprintable() for part in template.parts)


def read_rate(section: Section) -> Rate | None:
    """Read `rate:`."""
    rate: tuple[int, int] | None = section.get("rate")
    return None if rate is None else Rate(*rate)


def read_retry(section: Section, reader: Reader, *, usual: RetryPolicy) -> RetryPolicy:
    """Read `retry:`; what it leaves out is as `usual`."""
    block: Section | None = section.get("retry")
    if block is None:
        return usual
    policy = RetryPolicy(
        first=block.get("first", usual.first),
        factor=block.get("factor", usual.factor),
        longest=block.get("longest", usual.longest),
        give_up_after=block.get("give_up_after", usual.give_up_after),
    )
    if policy.first > policy.longest:
        reader.report.error(block.at("first"), "retry.first is longer than retry.longest")
    return policy


def _cap(section: Section) -> Cap | None:
    block: Section | None = section.get("contact")
    if block is None:
        return None
    return Cap(block.get("at_most", 1), block.get("per", 1), block.get("across", "touchpoint"))


def _overrides(section: Section, reader: Reader) -> Mapping[int, Verb]:
    """Give the meaning of each status; a single status wins over its class."""
    verbs: dict[str, Verb] = section.get("on", {})
    overrides: dict[int, Verb] = {}
    for key, _ in section.at("on").entries if "on" in section.nodes else ():
        if not re.fullmatch(STATUS, key.text, re.ASCII):
            reader.report.error(key, f"on: {echo(key.text)} is not {STATUS_HINT}")
        elif key.text in verbs:
            first = int(key.text.replace("x", "0"))
            for status in range(first, first + 100) if key.text.endswith("xx") else (first,):
                if len(key.text.strip("x")) == 3 or str(status) not in verbs:
                    overrides[status] = verbs[key.text]
    return MappingProxyType(overrides)
