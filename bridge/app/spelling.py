"""Finding what somebody meant who is not found as they are written: by keyed lookups of other spellings."""

from itertools import islice

from bridge.core.contact import digest as mark_of
from bridge.core.spelling import variants
from bridge.outbox.allowance import Allowance
from bridge.outbox.protocol import Ledger

_MOST_TRIED = 2_500  # lookups, some microseconds each
_AT_ONCE = 100
_FOR = 15  # ms: each looks at another place of a long history, and a page may take 50
_MOST_FOUND = 5


def nearest(ledger: Ledger, text: str, *, index_key: bytes) -> list[str]:
    """Give the other spellings of which there is a trace, the likely ones first, as many as are tried in time."""
    tried, allowance = islice(variants(text), _MOST_TRIED), Allowance.of(_FOR)
    found: list[str] = []
    while len(found) < _MOST_FOUND and not allowance.is_over() and (some := list(islice(tried, _AT_ONCE))):
        marks = {each: mark_of(index_key, each) for each in some}
        known = ledger.known(list(marks.values()))
        found += [each for each in some if marks[each] in known]
    return found[:_MOST_FOUND]
