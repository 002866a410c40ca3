"""What the mapping files say, as frozen values: sources, mappings, touchpoints. The catalog makes them, once."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from bridge.core.language.expression import Expression
from bridge.core.manners import PLAIN, Manners
from bridge.core.model import Cap, Repeat, Scalar
from bridge.core.schedule import EVERY_DAY, NO_WAIT, WHOLE_DAY, Span
from bridge.core.template import Template
from bridge.core.verification.verify import Scheme

Channel = Literal["mail", "sms", "http"]
Format = Literal["json", "form"]
Ambiguous = Literal["hold", "retry"]
Verb = Literal["delivered", "retry", "pause", "dead", "unknown"]

CONTACT_FIELD: Table[Channel, str | None] = MappingProxyType({"mail": "email", "sms": "phone", "http": None})


def takes_topic(topics: tuple[str, ...], topic: str) -> bool:
    """Say whether the topic is one of these, of which some may end in `*`; none means all."""
    return not topics or any(
        topic.startswith(wanted[:-1]) if wanted.endswith("*") else topic == wanted for wanted in topics
    )


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
        return frozenset(name for template in self._templates for name in template.secret_names)

    @property
    def variables(self) -> frozenset[str]:
        """The texts from environment variables that are sent: as secret as what is stored."""
        return frozenset(text for template in self._templates for text in template.variables)

    @property
    def _templates(self) -> list[Template]:
        templates = (self.token, self.api_key, self.url, *self.request_headers.values())
        return [template for template in templates if template is not None]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an enqueue body: an expression or a constant, a default for null and empty, perhaps required."""

    name: str
    expression: Expression | None = None
    constant: Scalar | None = None
    default: Scalar | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """When a mapping's requests are sent: `send:` of a mapping file.

    `after` counts from the time that `origin` gives, else from receipt. `between` are minutes since midnight and `days`
    weekdays (Monday is 0) by the clock of `zone`, a field whose value names a zone. `sample` is the share of contacts
    that are asked. What is not sent `expires` after its time is cancelled.
    """

    after: Span = NO_WAIT
    origin: Expression | None = None
    between: tuple[int, int] = WHOLE_DAY
    days: tuple[int, ...] = EVERY_DAY
    zone: Field | None = None
    sample: float = 1.0
    expires: Span | None = None

    @property
    def expressions(self) -> Table[str, Expression]:
        """Its expressions by the keys under which they stand."""
        found = {"from": self.origin, "zone": self.zone.expression if self.zone else None}
        return {key: expression for key, expression in found.items() if expression is not None}


@dataclass(frozen=True, slots=True)
class Canceller:
    """Events of one source that cancel what waits at a mapping of `source`: an entry of that mapping's `cancel_on`.

    `key` gives the key that is cancelled, or a list of keys.
    """

    source: str
    mapping: str
    key: Expression
    topics: tuple[str, ...] = ()
    when: Expression | None = None
    line: int = 0

    def takes(self, topic: str) -> bool:
        """Say whether this is about the topic."""
        return takes_topic(self.topics, topic)


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """Events after which a contact is never asked again: an entry of a source's `suppress_on`.

    `contact` gives the address or number; absent, that of the event serves.
    """

    topics: tuple[str, ...] = ()
    contact: Expression | None = None
    when: Expression | None = None
    line: int = 0

    def takes(self, topic: str) -> bool:
        """Say whether this is about the topic."""
        return takes_topic(self.topics, topic)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One rule of a mapping file. `topics` may end in `*`; no topics means all. `line` is where it stands.

    `is_cancelled` says that it has a `cancel_on`; the cancellers themselves are with the sources of their events.
    """

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
    sending: Sending | None = None
    is_cancelled: bool = False
    line: int = 0

    def takes(self, topic: str) -> bool:
        """Say whether this mapping is about the topic."""
        return takes_topic(self.topics, topic)


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
class Request:
    """One request of a lookup. `get` gives path and query, or null where there is nothing to ask for.

    `name` is how `looked_up` calls the answer; the first request of a lookup has the name "" whatever the file says.
    """

    get: Expression
    name: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a system is asked about an event that holds only ids.

    `base_url` is the fixed beginning of every address, so that `headers`, which hold the secret, go nowhere else.
    `requests` follow one another; `timeout` is that of each, in ms. `written_url` is `base_url` as its file has it:
    that is shown, since a variable of the environment may be a secret.
    """

    base_url: str
    requests: tuple[Request, ...]
    topics: tuple[str, ...] = ()
    when: Expression | None = None
    headers: Table[str, Template] = field(default_factory=lambda: MappingProxyType({}))
    rate: Rate | None = None
    timeout: int = 10_000
    retry: RetryPolicy = RetryPolicy(longest=3_600_000, give_up_after=24 * 3_600_000)
    line: int = 0
    written_url: str = ""

    def takes(self, topic: str) -> bool:
        """Say whether this lookup is about the topic."""
        return takes_topic(self.topics, topic)

    @property
    def secret_names(self) -> frozenset[str]:
        """The names of the stored secrets that asking needs."""
        return frozenset(name for template in self.headers.values() for name in template.secret_names)

    @property
    def variables(self) -> frozenset[str]:
        """The texts from environment variables that are sent: as secret as what is stored."""
        return frozenset(text for template in self.headers.values() for text in template.variables)


@dataclass(frozen=True, slots=True)
class Source:
    """A system that sends webhooks: how it proves itself, how it is read, what becomes of its events.

    `secrets` are templates, any of which may have signed. `limit` is the file's optional rate of acceptance. Of the
    `lookups` the first that takes an event is made. `verify_token` is what the system shows in its handshake.
    `cancellers` are all those that listen to this source's events, whichever source's mapping they cancel.
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
    lookups: tuple[Lookup, ...] = ()
    manners: Manners = PLAIN
    verify_token: Template | None = None
    cancellers: tuple[Canceller, ...] = ()
    unsubscribing: tuple[Unsubscribing, ...] = ()

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
