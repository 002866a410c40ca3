"""The bridge at a glance, for whoever asks."""

from zoneinfo import ZoneInfo

from bridge.api.office import Office
from bridge.app.glance import HAPPENINGS, Glance, glance
from bridge.app.happening import Happening, happenings


async def look(office: Office, zone: ZoneInfo) -> Glance:
    """Look at the bridge as it is now; times of day are said in the zone. Raises StoreUnavailable."""
    in_force, settings, now = office.in_force, office.settings, office.now()
    return await office.read(lambda store: glance(store, in_force, settings, now=now, zone=zone))


async def latest(office: Office) -> list[Happening]:
    """Give what happened last, the latest first. Raises StoreUnavailable."""
    now = office.now()
    return await office.read(lambda store: happenings(store, limit=HAPPENINGS, now=now))
