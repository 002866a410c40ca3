"""Finding what somebody meant who is not found as they are written: by keyed lookups of other spellings."""

from itertools import islice

from bridge.core.contact import digest
from bridge.core.spelling import variants
from bridge.outbox.protocol import Filter, Ledger

_MOST_TRIED = 2_500  # lookups, some microseconds each
_MOST_FOUND = 5


def nearest(ledger: Ledger, text: str, *, index_key: bytes) -> list[str]:
    """Give the other spellings of which there is a trace, the likely ones first."""
    tried = islice(variants(text), _MOST_TRIED)
    return list(islice((each for each in tried if _is_known(ledger, digest(index_key, each))), _MOST_FOUND))


def _is_known(ledger: Ledger, mark: bytes) -> bool:
    return bool(ledger.find(mark, limit=1) or ledger.deliveries(Filter(contact=mark), limit=1))
