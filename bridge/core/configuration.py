"""What the mapping files say, as frozen values: sources, mappings, touchpoints. The catalog makes them, once."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from bridge.core.language.expression import Expression
from bridge.core.model import Cap, Repeat, Scalar
from bridge.core.template import Template
from bridge.core.verification.verify import Scheme

Channel = Literal["mail", "sms", "http"]
Format = Literal["json", "form"]
Ambiguous = Literal["hold", "retry"]
Verb = Literal["delivered", "retry", "pause", "dead", "unknown"]

CONTACT_FIELD: Table[Channel, str | None] = MappingProxyType({"mail": "email", "sms": "phone", "http": None})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off: `first`, times `factor`, at most `longest`, until `give_up_after`; all in ms."""

    first: int = 5_000
    factor: float = 2.0
    longest: int = 6 * 3_600_000
    give_up_after: int = 72 * 3_600_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in `period` ms."""

    count: int
    period: int


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """Where feedback is asked, and how patiently.

    Mail and SMS have `base_url`, `token` and `api_key`; http has `url`, `method` and `request_headers`.
    `timeout` is the whole attempt in ms. `overrides` says what an HTTP status means here instead of the usual.
    """

    name: str
    channel: Channel
    format: Format = "json"
    base_url: str = "https://api.pressnxpress.com/v2"
    token: Template | None = None
    api_key: Template | None = None
    url: Template | None = None
    method: str = "POST"
    request_headers: Table[str, Template] = field(default_factory=lambda: MappingProxyType({}))
    concurrency: int = 8
    timeout: int = 15_000
    rate: Rate | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    ambiguous: Ambiguous = "hold"
    overrides: Table[int, Verb] = field(default_factory=lambda: MappingProxyType({}))
    cap: Cap | None = None
    line: int = 0

    @property
    def secret_names(self) -> frozenset[str]:
        """The names of the stored secrets that sending needs."""
        templates = (self.token, self.api_key, self.url, *self.request_headers.values())
        return frozenset(name for template in templates if template for name in template.secret_names)


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an enqueue body: an expression or a constant, a default for null and empty, perhaps required."""

    name: str
    expression: Expression | None = None
    constant: Scalar | None = None
    default: Scalar | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """One rule of a mapping file. `topics` may end in `*`; no topics means all. `line` is where it stands."""

    name: str
    touchpoint: str
    channel: Channel
    body: tuple[Field, ...]
    topics: tuple[str, ...] = ()
    when: Expression | None = None
    key: Expression | None = None
    repeat: Repeat = "send"
    for_each: Expression | None = None
    cap: Cap | None = None
    line: int = 0

    def takes(self, topic: str) -> bool:
        """Say whether this mapping is about the topic."""
        return not self.topics or any(
            topic.startswith(wanted[:-1]) if wanted.endswith("*") else topic == wanted for wanted in self.topics
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source's requests are read: expressions over the payload, from a preset or the file's `event:`.

    `each` is the list of nested paths that splits a batch; empty means that a request is one event.
    `refs` are (kind, expression) pairs. `id` None means that the digest of topic and body serves.
    """

    topic: Expression | None = None
    id: Expression | None = None
    tenant: Expression | None = None
    time: Expression | None = None
    contact: Expression | None = None
    refs: tuple[tuple[str, Expression], ...] = ()
    each: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A system that sends webhooks: how it proves itself, how it is read, what becomes of its events.

    `secrets` are templates, any of which may have signed. `limit` is the file's optional rate of acceptance.
    """

    name: str
    file: str
    scheme: Scheme
    secrets: tuple[Template, ...]
    reading: Reading
    mappings: tuple[Mapping, ...]
    tables: Table[str, Table[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    limit: Rate | None = None
    preset: str | None = None

    @property
    def secret_names(self) -> frozenset[str]:
        """The names of the stored secrets that verifying needs."""
        return frozenset(name for template in self.secrets for name in template.secret_names)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that the folder of mapping files says, and the fingerprint that names this version of it."""

    sources: Table[str, Source]
    touchpoints: Table[str, Touchpoint]
    fingerprint: str
