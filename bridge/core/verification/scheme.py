"""How a system proves that a request is its own: the knobs of a signature scheme, as frozen values."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["hmac", "hash", "rsa", "ecdsa", "ed25519", "jwt", "basic", "token", "none"]
Algorithm = Literal["sha1", "sha256"]
Encoding = Literal["hex", "base64"]
Where = Literal["header", "query", "item", "json", "form", "body", "sigfield"]
Unit = Literal["s", "ms", "iso8601"]
Decode = Literal["utf8", "hex", "base64"]
UrlMode = Literal["as_configured", "hubspot_v3", "with_and_without_port"]
KeyFormat = Literal["pem", "cert", "spki_b64", "ed25519_raw"]

SIGNED: frozenset[Kind] = frozenset({"hmac", "hash", "rsa", "ecdsa", "ed25519"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands in a request: header, query parameter or form field by name, path in JSON.

    `sigfield` is a field of the signature's own text, `body` the whole body. Headers keep their spelling.
    """

    where: Where
    name: str = ""

    def __str__(self) -> str:
        """Name the place as an operator would."""
        return {
            "header": f"the header {self.name}",
            "query": f"the query parameter {self.name}",
            "form": f"the form field {self.name}",
            "json": f"{self.name} of the body",
            "item": f"{self.name} of the item",
            "sigfield": f"the field {self.name} of the signature",
            "body": "the body",
        }[self.where]


@dataclass(frozen=True, slots=True)
class Grammar:
    """How signatures stand in the text: items split at `item_sep`, each at its first `kv_sep`.

    Values of `key` are candidates. With `positional` N the first N items are fields `0`, `1`, …; the rest are
    candidates.
    """

    item_sep: str | None = None
    kv_sep: str | None = None
    key: str | None = None
    positional: int | None = None


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When the request was signed. `tolerance` is in seconds, in both directions; None means of any age."""

    place: Place
    unit: Unit
    tolerance: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the signed message. `argument` is a literal's text, a name or a path, by `what`."""

    what: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class KeyRule:
    """How the text of a secret becomes a key: the first prefix that fits is removed, then it is decoded."""

    strip_prefix: tuple[str, ...] = ()
    decode: Decode = "utf8"


@dataclass(frozen=True, slots=True)
class Token:
    """Where the shared token, or the JWT, is; the first prefix that fits (such as `Bearer `) is removed."""

    place: Place
    strip_prefix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PerItem:
    """The body holds a list at the path `array`; each element wraps the signed object under `item`."""

    array: str
    item: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """The knobs of one scheme. Which of them a kind uses is checked by `parse_scheme`, which makes them."""

    kind: Kind
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    sources: tuple[Place, ...] = ()
    grammar: Grammar | None = None
    timestamp: Timestamp | None = None
    template: tuple[Part, ...] = ()
    secret: KeyRule = KeyRule()
    token: Token | None = None
    per_item: PerItem | None = None
    url_mode: UrlMode = "as_configured"
    require_headers: tuple[tuple[str, str], ...] = ()
    consts: tuple[tuple[str, str], ...] = ()
    body_hash_query: str | None = None
    key_format: KeyFormat = "pem"
    algorithms: tuple[str, ...] = ()

    @property
    def signs_url(self) -> bool:
        """Say whether the public URL is part of the signed message, so that it must be configured."""
        return any(part.what == "url" for part in self.template)

    @property
    def credentials(self) -> tuple[Place, ...]:
        """The places that hold the secret itself (not a signature), which must not be stored or logged."""
        if self.kind == "basic":
            return (Place("header", "Authorization"),)
        return (self.token.place,) if self.kind == "token" and self.token else ()
