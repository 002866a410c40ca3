"""Reads a scheme from the knobs of a `verify:` block; what a knob means stands at the fields of `Scheme`."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, get_args

from bridge.core.verification.block import Block, impossible
from bridge.core.verification.scheme import (
    SIGNED,
    Algorithm,
    Decode,
    Encoding,
    Grammar,
    KeyFormat,
    KeyRule,
    Kind,
    Part,
    PerItem,
    Place,
    Scheme,
    Timestamp,
    Token,
    Unit,
    UrlMode,
    Where,
)

PLAIN_PARTS = (
    *("body", "body_b64", "body_crc32", "timestamp", "url", "method", "secret"),
    *("form_sorted", "query", "query_without_sig"),
)
NAMED_PARTS = ("header", "json", "item", "const")
_NAMED_FORMS = tuple(f"{name}:…" for name in NAMED_PARTS)
JWT_ALGORITHMS = ("RS256",)
LONGEST_TOLERANCE = 7 * 86_400

_SIGNED_KNOBS = (
    *("kind", "encoding", "signature", "timestamp", "template", "consts", "require_headers"),
    *("url_mode", "body_hash_query", "per_item"),
)
KNOBS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        "hmac": frozenset({*_SIGNED_KNOBS, "algorithm", "secret"}),
        "hash": frozenset({*_SIGNED_KNOBS, "algorithm", "secret"}),
        "rsa": frozenset({*_SIGNED_KNOBS, "algorithm", "key_format"}),
        "ecdsa": frozenset({*_SIGNED_KNOBS, "algorithm", "key_format"}),
        "ed25519": frozenset({*_SIGNED_KNOBS, "secret", "key_format"}),
        "jwt": frozenset({"kind", "token", "algorithms", "key_format"}),
        "basic": frozenset({"kind"}),
        "token": frozenset({"kind", "token"}),
        "none": frozenset({"kind"}),
    }
)
KEY_FORMATS: Mapping[Kind, tuple[KeyFormat, ...]] = MappingProxyType(
    {
        "rsa": ("pem", "cert", "spki_b64"),
        "ecdsa": ("pem", "cert", "spki_b64"),
        "ed25519": ("ed25519_raw", "pem"),
        "jwt": ("pem", "cert", "spki_b64"),
    }
)


def parse_scheme(knobs: Mapping[str, Any]) -> Scheme:
    """Read a scheme.

    Raises ValueError for an operator: which key is wrong, which values are possible, what was probably meant.
    """
    block = Block("", knobs)
    kind: Kind = block.choice("kind", get_args(Kind))
    block.only(KNOBS[kind], of=f"kind {kind}")
    if kind in SIGNED:
        scheme = _signed(block, kind)
        _refuse_contradictions(scheme)
        return scheme
    if kind in {"token", "jwt"}:
        return _tokened(block, kind)
    return Scheme(kind)


def _signed(block: Block, kind: Kind) -> Scheme:
    signature = block.block("signature", ("sources", "grammar"))
    if signature is None:
        raise ValueError("'signature' is missing; write where it is, such as {sources: [{from: header, name: …}]}")
    algorithms: tuple[Algorithm, ...] = get_args(Algorithm)
    encodings: tuple[Encoding, ...] = get_args(Encoding)
    url_modes: tuple[UrlMode, ...] = get_args(UrlMode)
    return Scheme(
        kind,
        algorithm="sha256" if kind == "ed25519" else block.choice("algorithm", algorithms),
        encoding=block.choice("encoding", encodings),
        sources=tuple(_place(source, ("header", "query", "item", "json")) for source in signature.blocks("sources")),
        grammar=_grammar(signature),
        timestamp=_timestamp(block),
        template=tuple(_part(text) for text in block.texts("template")),
        secret=_secret(block),
        per_item=_per_item(block),
        url_mode=block.choice("url_mode", url_modes, default="as_configured"),
        require_headers=block.pairs("require_headers"),
        consts=block.pairs("consts"),
        body_hash_query=block.optional_text("body_hash_query"),
        key_format=_key_format(block, kind),
    )


def _tokened(block: Block, kind: Kind) -> Scheme:
    token = block.block("token", ("from", "name", "path", "strip_prefix"))
    if token is None:
        raise ValueError("'token' is missing; write where it is, such as {from: header, name: X-Webhook-Token}")
    places: tuple[Where, ...] = ("body",) if kind == "jwt" else ("header", "query", "json", "form", "body")
    prefixes = token.texts("strip_prefix") if "strip_prefix" in token.knobs else ()
    algorithms = block.texts("algorithms") if kind == "jwt" else ()
    for algorithm in algorithms:
        Block("", {"algorithms": algorithm}).choice("algorithms", JWT_ALGORITHMS)
    place = _place(token, places, further=("strip_prefix",))
    return Scheme(kind, token=Token(place, prefixes), algorithms=algorithms, key_format=_key_format(block, kind))


def _place(block: Block, possible: Collection[Where], *, further: tuple[str, ...] = ()) -> Place:
    where = block.choice("from", possible)
    if where == "body":
        block.only(("from", *further), of=f"{block.path!r} from body")
        return Place(where)
    key = {"json": "path", "item": "path", "sigfield": "field"}.get(where, "name")
    block.only(("from", key, *further), of=f"{block.path!r} from {where}")
    return Place(where, block.text(key))


def _grammar(signature: Block) -> Grammar | None:
    block = signature.block("grammar", ("item_sep", "kv_sep", "key", "positional"))
    if block is None:
        return None
    grammar = Grammar(
        block.optional_text("item_sep"),
        block.optional_text("kv_sep"),
        block.optional_text("key"),
        block.count("positional", least=1, most=16),
    )
    if (grammar.kv_sep is None) != (grammar.key is None):
        raise ValueError(f"{block.path!r} needs both 'kv_sep' and 'key', or neither")
    if (grammar.kv_sep is None) == (grammar.positional is None):
        raise ValueError(f"{block.path!r} needs either 'kv_sep' with 'key', or 'positional' with 'item_sep'")
    if grammar.positional is not None and grammar.item_sep is None:
        raise ValueError(f"{block.at('positional')!r} needs 'item_sep'")
    return grammar


def _timestamp(block: Block) -> Timestamp | None:
    stamp = block.block("timestamp", ("from", "name", "field", "path", "unit", "tolerance"))
    if stamp is None:
        return None
    place = _place(stamp, ("header", "sigfield", "json"), further=("unit", "tolerance"))
    units: tuple[Unit, ...] = get_args(Unit)
    return Timestamp(place, stamp.choice("unit", units), stamp.count("tolerance", least=1, most=LONGEST_TOLERANCE))


def _part(text: str) -> Part:
    if text.startswith("'"):
        return Part("literal", text[1:])
    what, colon, argument = text.partition(":")
    if colon and what in NAMED_PARTS and argument:
        return Part(what, argument)
    if text in PLAIN_PARTS:
        return Part(text)
    raise impossible(
        "template", f"is {text[:40]!r}", value=text, possible=(*PLAIN_PARTS, *_NAMED_FORMS, "'literal text")
    )


def _secret(block: Block) -> KeyRule:
    rule = block.block("secret", ("strip_prefix", "decode"))
    if rule is None:
        return KeyRule()
    prefixes = rule.texts("strip_prefix") if "strip_prefix" in rule.knobs else ()
    decodes: tuple[Decode, ...] = get_args(Decode)
    return KeyRule(prefixes, rule.choice("decode", decodes, default="utf8"))


def _per_item(block: Block) -> PerItem | None:
    rule = block.block("per_item", ("array", "item"))
    return PerItem(rule.text("array"), rule.text("item")) if rule else None


def _key_format(block: Block, kind: Kind) -> KeyFormat:
    formats = KEY_FORMATS.get(kind)
    return block.choice("key_format", formats, default=formats[0]) if formats else "pem"


def _refuse_contradictions(scheme: Scheme) -> None:
    """Refuse what reads well but cannot work, or would prove nothing."""
    parts = {part.what for part in scheme.template}
    consts = {name for name, _ in scheme.consts}
    unknown = [part.argument for part in scheme.template if part.what == "const" and part.argument not in consts]
    wheres = {place.where for place in scheme.sources}
    stamp = scheme.timestamp
    problems = {
        f"'template' uses const:{''.join(unknown[:1])}, which is not in 'consts'": bool(unknown),
        "'template' uses timestamp, but 'timestamp' is missing": "timestamp" in parts and stamp is None,
        "'template' must use the secret: a plain hash without it proves nothing": scheme.kind == "hash"
        and "secret" not in parts,
        "'template' may use the secret only with kind hmac or hash": "secret" in parts
        and scheme.kind not in {"hmac", "hash"},
        "'template' uses nothing of the request, so that one signature would fit all": parts
        <= {"literal", "const", "secret"},
        "'template' uses query_without_sig, but no signature source is from query": "query_without_sig" in parts
        and "query" not in wheres,
        "'per_item' is missing, which item paths need": scheme.per_item is None
        and ("item" in parts or "item" in wheres),
        "'body_hash_query' needs form_sorted in 'template'": scheme.body_hash_query is not None
        and "form_sorted" not in parts,
        "'timestamp' is from sigfield, but 'signature.grammar' is missing": stamp is not None
        and stamp.place.where == "sigfield"
        and scheme.grammar is None,
    }
    for problem, holds in problems.items():
        if holds:
            raise ValueError(problem)
