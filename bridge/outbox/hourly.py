"""How the counters stood at each hour: written by a running bridge, read for the charts."""

import json

from bridge.outbox.figures import HOUR, KEPT_HOURS, HourBegun
from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import hourly as sql, reading


def keep(transaction: Transaction, *, now: int) -> None:
    """Keep how the counters stand, unless this hour has it already, and let go of what is old."""
    hour = now // HOUR
    standing = {name: value for name, value in transaction.rows(reading.COUNTERS) if value}
    transaction.run(sql.KEEP, {"hour": hour, "counters": json.dumps(standing, separators=(",", ":"))})
    transaction.run(sql.LET_GO, {"before": hour - KEPT_HOURS})


def hours(transaction: Transaction, *, since: int, until: int) -> list[HourBegun]:
    """Give what is kept of the hours that begin in this time, in order."""
    bounds = {"since": -(-since // HOUR), "until": until // HOUR}
    return [HourBegun(hour * HOUR, json.loads(counters)) for hour, counters in transaction.rows(sql.HOURS, bounds)]
