"""What live traffic uses of one source's mapping file in force."""

from bridge.api.errors import not_found
from bridge.api.office import Office
from bridge.app.traffic import cover
from bridge.core.coverage import Coverage

LAST = 500  # events of the source that are looked at


async def use_of(office: Office, source: str) -> Coverage:
    """Count what the latest events of the source used. Raises Declined for one that is not in force."""
    catalog = office.in_force.catalog
    if source not in catalog.sources:
        raise not_found(f"source {source[:80]} in force")
    coverage, _ = await office.study(lambda store: cover(store.ledger, catalog, last=LAST, since=None, source=source))
    return coverage
