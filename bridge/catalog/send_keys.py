"""The keys of `send:` in a mapping, and how times of day, weekdays and zones are written there, as data."""

from types import MappingProxyType

from bridge.catalog.shapes import Anything, Block, Formula, Key, Word
from bridge.core.schedule import WEEKDAYS

_SPAN = Anything({"type": "string", "pattern": "^[0-9]{1,9}(ms|s|m|h|d)$", "examples": ["3d", "36h"]})
_CLOCK = "([01]?[0-9]|2[0-3]):[0-5][0-9]"
BETWEEN = f"{_CLOCK}-({_CLOCK}|24:00)"
ZONE = Block(
    "zone",
    MappingProxyType(
        {
            "expr": Key(Formula(or_constant=True), "a JMESPath expression that gives the name of a zone"),
            "default": Key(Word(), "the zone where the expression gives null, or the name of none"),
            "value": Key(Word(), "a time zone such as Europe/Berlin, instead of an expression"),
        }
    ),
    short="value",
)
_DAY_OF_WEEK = {"enum": list(WEEKDAYS)}
SEND = Block(
    "send",
    MappingProxyType(
        {
            "after": Key(_SPAN, "how long to wait; a d is a calendar day in the contact's zone"),
            "from": Key(Formula(), "the time from which after counts; receipt of the event if absent"),
            "between": Key(
                Anything({"type": "string", "pattern": f"^{BETWEEN}$", "examples": ["09:00-19:00"]}),
                "the time of day, also over midnight, by the clock of the contact's zone",
            ),
            "days": Key(
                Anything({"anyOf": [_DAY_OF_WEEK, {"type": "array", "items": _DAY_OF_WEEK, "minItems": 1}]}),
                "the days of the week on which these hours begin; all if absent",
            ),
            "zone": Key(ZONE, "the contact's time zone; UTC if absent"),
            "sample": Key(
                Anything({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
                "the share of contacts that are asked, such as 0.5; always the same ones",
            ),
            "expires": Key(_SPAN, "what is not sent so long after its time is cancelled"),
        }
    ),
)
