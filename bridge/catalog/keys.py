"""Every key of `touchpoints.yaml`, `<source>.yaml` and of the outcomes of examples: shape and meaning, as data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from bridge.catalog.send_keys import SEND
from bridge.catalog.shapes import (
    Anything,
    Block,
    Choice,
    Constant,
    Decimal,
    Duration,
    Formula,
    Key,
    Listing,
    Rating,
    Reference,
    Switch,
    Table,
    Whole,
    Word,
)
from bridge.core.configuration import Ambiguous, Channel, Format, Verb
from bridge.core.durations import UNITS
from bridge.core.model import Repeat
from bridge.core.presets.handshakes import HANDSHAKES
from bridge.core.verification.scheme import Kind

_DAY, _HOUR, _SECOND = UNITS["d"], UNITS["h"], UNITS["s"]

NAME = Word(r"[a-z0-9][a-z0-9_-]{0,63}", "lower-case letters, digits, '-' and '_', such as post-purchase")
SOURCE_NAME = Word(r"[a-z0-9][a-z0-9-]{0,63}", "lower-case letters, digits and '-', such as my-shop")
_EVENT_PATH = Word(
    r"@|[^.\s\[\]*]+(\.[^.\s\[\]*]+)*", "a dotted path such as data.items, or '@' for a body that is itself a list"
)

# -- touchpoints.yaml ---------------------------------------------------------------------------------------


def _retry(*, longest: str, give_up: str) -> Block:
    keys = {
        "first": Key(Duration(100, _DAY), "how long to wait before the second attempt; 5s if absent"),
        "factor": Key(Decimal(1, 10), "how much longer each further wait is; 2 if absent"),
        "longest": Key(Duration(_SECOND, 7 * _DAY), f"the longest wait; {longest} if absent"),
        "give_up_after": Key(Duration(_SECOND, 30 * _DAY), f"when it is given up; {give_up} if absent"),
    }
    return Block("retry", MappingProxyType(keys))


RETRY = _retry(longest="6h", give_up="72h")
CONTACT = Block(
    "contact",
    MappingProxyType(
        {
            "at_most": Key(Whole(1, 1000), "so many requests", required=True),
            "per": Key(Duration(60 * _SECOND, 400 * _DAY), "in this time, such as 30d", required=True),
            "across": Key(Choice(("touchpoint", "all")), "counted here, or over all touchpoints; touchpoint if absent"),
        }
    ),
)
STATUS = r"[2-5]([0-9][0-9]|xx)"  # a status, or a class of them
STATUS_HINT = "a status such as 409, or a class such as 5xx"

_ANY_CHANNEL: Mapping[str, Key] = {
    "channel": Key(Choice(get_args(Channel)), "what is asked with", required=True),
    "format": Key(Choice(get_args(Format)), "how the body is written; json if absent"),
    "rate": Key(Rating(), "at most so many requests, such as 10/s; unlimited if absent"),
    "concurrency": Key(Whole(1, 64), "at most so many requests at the same time; 8 if absent"),
    "timeout": Key(Duration(100, 10 * 60 * _SECOND), "how long a whole attempt may take; 15s if absent"),
    "retry": Key(RETRY, "how patiently a delivery is tried again"),
    "ambiguous": Key(
        Choice(get_args(Ambiguous)),
        "when nobody knows whether a request arrived: hold (default of mail and sms) or retry (of http)",
    ),
    "contact": Key(CONTACT, "how often one contact may be asked"),
    "on": Key(Table(Choice(get_args(Verb))), "what a status of the target means here, such as {409: delivered}"),
}
_PXP_ONLY: Mapping[str, Key] = {
    "api_key": Key(Reference(secret=True), "the organization's API token", required=True),
    "token": Key(Reference(secret=True), "the touchpoint's token", required=True),
    "base_url": Key(Reference(), "the address of the API; https://api.pressnxpress.com/v2 if absent"),
}
_HTTP_ONLY: Mapping[str, Key] = {
    "url": Key(Reference(), "the whole address", required=True),
    "method": Key(Choice(("POST", "PUT", "PATCH")), "the HTTP method; POST if absent"),
    "headers": Key(Table(Reference()), "further request headers"),
}
PXP_TOUCHPOINT = Block("a mail or sms touchpoint", MappingProxyType({**_ANY_CHANNEL, **_PXP_ONLY}))
HTTP_TOUCHPOINT = Block("an http touchpoint", MappingProxyType({**_ANY_CHANNEL, **_HTTP_ONLY}))
TOUCHPOINTS = Block(
    "touchpoints.yaml",
    MappingProxyType(
        {"touchpoints": Key(Table(Anything({})), "where feedback is asked, each under its name", required=True)}
    ),
)

# -- <source>.yaml ------------------------------------------------------------------------------------------

FIELD = Block(
    "a body field",
    MappingProxyType(
        {
            "expr": Key(Formula(or_constant=True), "a JMESPath expression over the event's payload"),
            "default": Key(Constant(), "what is sent where the expression gives null or empty"),
            "required": Key(Switch(), "whether a missing value makes the decision fail; false if absent"),
            "value": Key(Constant(), "a constant, instead of an expression"),
        }
    ),
    short="expr",
)
CANCEL = Block(
    "an entry of cancel_on",
    MappingProxyType(
        {
            "on": Key(Listing(Word(), or_one=True, least=1), "the topics whose events cancel", required=True),
            "key": Key(Formula(), "the key that is cancelled, or a list of keys", required=True),
            "source": Key(Word(), "the source whose events cancel, if it is another one"),
            "when": Key(Formula(), "a condition: other events cancel nothing"),
        }
    ),
)
SUPPRESS = Block(
    "an entry of suppress_on",
    MappingProxyType(
        {
            "on": Key(Listing(Word(), or_one=True, least=1), "the topics that mean: never again", required=True),
            "when": Key(Formula(), "a condition: other events change nothing"),
            "contact": Key(Formula(), "the address or number; the event's contact if absent"),
        }
    ),
)
MAPPING = Block(
    "a mapping",
    MappingProxyType(
        {
            "name": Key(NAME, "the mapping's name, once per file", required=True),
            "on": Key(
                Listing(Word(), or_one=True, least=1), "the topics it takes, orders/* is a prefix; all if absent"
            ),
            "when": Key(Formula(), "a condition: false, null and empty skip the event"),
            "touchpoint": Key(Word(), "a touchpoint of touchpoints.yaml", required=True),
            "key": Key(Formula(), "what it is about, such as the order's id"),
            "repeat": Key(
                Choice(get_args(Repeat)),
                "asks about a key once, once by its newest event, or at every event; once if there is a key",
            ),
            "for_each": Key(Formula(), "a list of the payload; each element is mapped on its own"),
            "body": Key(Table(FIELD), "the attributes that are sent", required=True),
            "send": Key(SEND, "when to send, and to which share of people; at once and to all if absent"),
            "cancel_on": Key(
                Listing(CANCEL, or_one=True, least=1), "events that cancel what waits, or comes within 30 days"
            ),
        }
    ),
)
REQUEST = Block(
    "a further request",
    MappingProxyType(
        {
            "get": Key(Formula(), "path and query, also of what was found before; null: nothing to ask", required=True),
            "as": Key(NAME, "the name by which looked_up('name') gives the answer", required=True),
        }
    ),
)
LOOKUP = Block(
    "lookup",
    MappingProxyType(
        {
            "on": Key(Listing(Word(), or_one=True, least=1), "the topics that are looked up; all if absent"),
            "when": Key(Formula(), "a condition: other events are decided without it"),
            "base_url": Key(Reference(), "the fixed beginning of every address: https:// and the host", required=True),
            "get": Key(Formula(), "path and query; null: there is nothing to ask", required=True),
            "then": Key(Listing(REQUEST, or_one=True, least=1), "further requests, such as the customer of an order"),
            "headers": Key(Table(Reference()), "request headers, such as the one with the stored secret"),
            "rate": Key(Rating(), "at most so many requests, such as 4/s; unlimited if absent"),
            "timeout": Key(Duration(100, 60 * _SECOND), "how long one request may take; 10s if absent"),
            "retry": Key(_retry(longest="1h", give_up="24h"), "how patiently it is asked again"),
        }
    ),
)
EVENT = Block(
    "event",
    MappingProxyType(
        {
            "topic": Key(Formula(), "what happened"),
            "id": Key(Formula(), "the source's own id of the event, the same when it sends again"),
            "tenant": Key(Formula(), "whose event it is, where several shops share the source"),
            "time": Key(Formula(), "when it happened"),
            "contact": Key(Formula(), "the address or number of the person it is about"),
            "refs": Key(
                Table(Listing(Formula(), or_one=True, least=1)), "what else it is found by: kind and expression"
            ),
            "each": Key(Listing(_EVENT_PATH, or_one=True, least=1), "nested paths that split a batch"),
        }
    ),
)
VERIFY = Block(
    "verify",
    MappingProxyType(
        {
            "preset": Key(Word(), "a known system: scheme, topic, event id, tenant, contact, references"),
            "secrets": Key(Listing(Reference(secret=True), or_one=True, least=1), "any of them may have signed"),
            "verify_token": Key(
                Reference(secret=True),
                "what the system shows when it asks whether the address is right; any secret if absent",
            ),
            "kind": Key(Choice(get_args(Kind)), "how requests are signed, where no preset knows"),
            "algorithm": Key(Choice(("sha1", "sha256")), "the digest"),
            "encoding": Key(Choice(("hex", "base64")), "how the signature is written"),
            "signature": Key(Anything({"type": "object"}), "where the signature is: sources, grammar"),
            "timestamp": Key(Anything({"type": "object"}), "where the time of signing is: from, name, unit, tolerance"),
            "template": Key(Anything({"type": ["array", "string"]}), "the parts of the signed message, in order"),
            "secret": Key(Anything({"type": "object"}), "how the secret becomes the key: strip_prefix, decode"),
            "consts": Key(Table(Reference()), "values of your installation that are part of the message"),
            "require_headers": Key(Anything({"type": "object"}), "headers that must have exactly this value"),
            "url_mode": Key(Anything({"type": "string"}), "in which forms the URL may have been signed"),
            "body_hash_query": Key(Anything({"type": "string"}), "a query parameter with the body's digest"),
            "per_item": Key(Anything({"type": "object"}), "every item of a list is signed: array, item"),
            "key_format": Key(Anything({"type": "string"}), "how the public key is written"),
            "algorithms": Key(Anything({"type": ["array", "string"]}), "accepted algorithms of a token"),
            "token": Key(Anything({"type": "object"}), "where the token is: from, name, strip_prefix"),
        }
    ),
)
PRESET_KEYS = ("preset", "secrets", "verify_token", "consts")  # the others contradict a preset
SOURCE = Block(
    "a source's file",
    MappingProxyType(
        {
            "source": Key(SOURCE_NAME, "the file's name without .yaml", required=True),
            "verify": Key(VERIFY, "how requests prove who sent them", required=True),
            "handshake": Key(
                Choice(tuple(sorted(HANDSHAKES))),
                "whose question for a willing address is answered, where no preset knows",
            ),
            "event": Key(EVENT, "how an event is read, where no preset knows or you know better"),
            "tables": Key(Table(Table(Constant())), "tables for lookup(table, key)"),
            "lookup": Key(
                Listing(LOOKUP, or_one=True, least=1), "what the system is asked about events that hold only ids"
            ),
            "limit": Key(Rating(), "accept at most so many requests, such as 100/m; unlimited if absent"),
            "suppress_on": Key(
                Listing(SUPPRESS, or_one=True),
                "events after which a contact is never asked again, in place of those that the preset knows",
            ),
            "mappings": Key(Listing(MAPPING), "what becomes of the events", required=True),
        }
    ),
)

# -- examples/<source>/<name>.expect.yaml --------------------------------------------------------------------

_UNSUBSCRIBES = Key(Anything({}), "whom the event takes off: addresses, whole or masked; skipped or failed")
_SENT = Key(Anything({}), "when the requests of mappings are sent, where that matters")
_LOOKED_UP = Key(Anything({}), "what the lookup answers; with `then`, the list of the answers")
EXPECTED_EVENT = Block(
    "an expected event",
    MappingProxyType(
        {
            "topic": Key(Word(), "the event's topic"),
            "looked_up": _LOOKED_UP,
            "sent": _SENT,
            "unsubscribes": _UNSUBSCRIBES,
            "mappings": Key(
                Table(Anything({})), "for each mapping its body, skipped, failed or cancelling", required=True
            ),
        }
    ),
)
EXPECTED = Block(
    "an expected outcome",
    MappingProxyType(
        {
            "headers": Key(Table(Word()), "request headers that matter"),
            "query": Key(Table(Word()), "parameters of the address that matter"),
            "topic": Key(Word(), "the event's topic"),
            "looked_up": _LOOKED_UP,
            "sent": _SENT,
            "unsubscribes": _UNSUBSCRIBES,
            "mappings": Key(Table(Anything({})), "for each mapping its body, skipped, failed or cancelling"),
            "events": Key(Listing(Anything({}), least=1), "for a batch: topic and mappings of each event, in order"),
        }
    ),
)
