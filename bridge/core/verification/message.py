"""The signed message: a scheme's template, compiled once into functions that give its parts."""

import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import groupby

from bridge.core.errors import VerificationFailed
from bridge.core.verification.evidence import Evidence, as_signed, finder, query_value, query_without, wire
from bridge.core.verification.scheme import Part, Place, Scheme

Build = Callable[[Evidence], bytes]


def compile_message(scheme: Scheme, secret: bytes = b"") -> Build:
    """Compile the template; what it gives raises VerificationFailed where a part of the request is missing.

    `secret` is put in where the template has it, as plain hashes do.
    """
    builds = tuple(_merged(scheme, secret))
    if len(builds) == 1:
        return builds[0]
    return lambda evidence: b"".join([build(evidence) for build in builds])


def _merged(scheme: Scheme, secret: bytes) -> Iterator[Build]:
    """Give the parts, with neighbouring constants as one."""
    constants = [(part, _constant(part, scheme, secret)) for part in scheme.template]
    for is_constant, group in groupby(constants, key=lambda pair: pair[1] is not None):
        if is_constant:
            yield _always(b"".join(constant for _, constant in group if constant is not None))
        else:
            yield from (_varying(part, scheme) for part, _ in group)


def _constant(part: Part, scheme: Scheme, secret: bytes) -> bytes | None:
    if part.what == "const":
        return dict(scheme.consts)[part.argument].encode()
    return {"literal": part.argument.encode(), "secret": secret}.get(part.what)


def _always(constant: bytes) -> Build:
    return lambda _: constant


def _varying(part: Part, scheme: Scheme) -> Build:
    if part.what in {"header", "json", "item"}:
        return _named(part)
    names = frozenset(place.name.encode() for place in scheme.sources if place.where == "query")
    builds: dict[str, Build] = {
        "body": lambda evidence: evidence.inbound.body,
        "body_b64": lambda evidence: b64encode(evidence.inbound.body),
        "body_crc32": lambda evidence: b"%d" % zlib.crc32(evidence.inbound.body),
        "timestamp": lambda evidence: evidence.timestamp,
        "url": lambda evidence: wire(evidence.url),
        "method": lambda evidence: wire(evidence.inbound.method),
        "form_sorted": _form_sorted(scheme.body_hash_query),
        "query": lambda evidence: wire(evidence.inbound.query),
        "query_without_sig": lambda evidence: query_without(evidence.inbound.query, names),
    }
    return builds[part.what]


def _named(part: Part) -> Build:
    """Make the part of a header or a path: within an item what is missing is empty, else it is refused."""
    place = Place("header", part.argument) if part.what == "header" else _path(part)
    find = finder(place)

    def build(evidence: Evidence) -> bytes:
        text = find(evidence)
        if text is None and place.where != "item":
            raise VerificationFailed(f"{place} is missing, which the signature covers")
        return as_signed(text or "", place)

    return build


def _path(part: Part) -> Place:
    return Place("item" if part.what == "item" else "json", part.argument)


def _form_sorted(body_hash_query: str | None) -> Build:
    name = (body_hash_query or "").encode()

    def build(evidence: Evidence) -> bytes:
        if name and query_value(evidence.inbound.query, name) is not None:
            return b""  # the body is proven by its hash in the signed URL
        return b"".join(key + value for key, value in sorted(set(evidence.form)))

    return build
