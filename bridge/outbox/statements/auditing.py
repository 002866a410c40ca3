"""SQL for proving that the books balance: what is there, by source and day, and the rows that are wrong.

`:day` is the first day looked at, `:events` and `:deliveries` are ids that sort before all that belongs to it, and
`:source` is NULL for all. Each table is read in its own order, and events from an index alone: their rows are wide.
"""

# ruff: noqa: S608 - only literals of this file are put together

DAILY = """
SELECT source, day, name, value FROM daily WHERE day >= :day AND (:source IS NULL OR source = :source)
ORDER BY day, source, name
"""
COUNT_ATTEMPTS = "SELECT COUNT(*) FROM attempts"
COUNT_REFUSED = "SELECT COUNT(*) FROM refused"

_EVENTS = "events INDEXED BY events_by_source"
_OF_EVENTS = """
events.id >= :events AND received_at >= :day * 86400000 AND (:source IS NULL OR events.source = :source)
"""
_OF_DELIVERIES = "deliveries.id >= :deliveries AND day >= :day AND (:source IS NULL OR source = :source)"
# An event is decided or waits for its lookup; a decided one may wait too, for a replay.
_LOOKING = """
EXISTS (SELECT 1 FROM lookups WHERE lookups.event_id = events.id AND (state = 'waiting' OR state = 'calling'))
"""
EVENTS_STORED = f"""
SELECT source, received_at / 86400000, COUNT(*) FROM {_EVENTS} WHERE {_OF_EVENTS} GROUP BY 1, 2
"""
# Without a verdict: undecided; then 1 where it waits for its lookup.
DECISIONS_STORED = f"""
SELECT source, received_at / 86400000, verdict, verdict IS NULL AND {_LOOKING}, COUNT(*)
FROM {_EVENTS} LEFT JOIN decisions ON decisions.event_id = events.id WHERE {_OF_EVENTS} GROUP BY 1, 2, 3, 4
"""
DELIVERIES_STORED = f"""
SELECT source, day, touchpoint, state, COUNT(*), COUNT(replay_id) FROM deliveries WHERE {_OF_DELIVERIES}
GROUP BY 1, 2, 3, 4
"""

# What is wrong: what names the row, its source and its day (NULL where a row does not say).
UNDECIDED_EVENTS = f"""
SELECT id, source, received_at / 86400000 FROM {_EVENTS} WHERE {_OF_EVENTS}
AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id) AND NOT {_LOOKING} ORDER BY id
"""
DECISIONS_WITHOUT_EVENT = """
SELECT event_id || ' ' || mapping || ' ' || element, NULL, NULL FROM decisions
WHERE event_id >= :events AND NOT EXISTS (SELECT 1 FROM events WHERE events.id = decisions.event_id)
ORDER BY event_id, mapping, element
"""
PLANS_WITHOUT_DELIVERY = """
SELECT event_id || ' ' || mapping || ' ' || element,
       (SELECT source FROM events WHERE events.id = decisions.event_id),
       (SELECT received_at / 86400000 FROM events WHERE events.id = decisions.event_id)
FROM decisions
WHERE event_id >= :events AND verdict = 'planned' AND NOT EXISTS (
  SELECT 1 FROM deliveries WHERE deliveries.id = decisions.delivery_id AND deliveries.event_id = decisions.event_id)
ORDER BY event_id, mapping, element
"""
DELIVERIES_WITHOUT_EVENT = f"""
SELECT id, source, day FROM deliveries WHERE {_OF_DELIVERIES} AND NOT EXISTS (
  SELECT 1 FROM events INDEXED BY events_by_source
  WHERE events.source = deliveries.source AND events.id = deliveries.event_id
    AND events.received_at / 86400000 = deliveries.day)
ORDER BY id
"""
DELIVERIES_WITHOUT_PLAN = f"""
SELECT id, source, day FROM deliveries WHERE {_OF_DELIVERIES} AND replay_id IS NULL AND NOT EXISTS (
  SELECT 1 FROM decisions
  WHERE decisions.event_id = deliveries.event_id AND decisions.mapping = deliveries.mapping
    AND decisions.element = deliveries.element AND decisions.delivery_id = deliveries.id)
ORDER BY id
"""
REPLAYS_WITHOUT_RECORD = f"""
SELECT id, source, day FROM deliveries INDEXED BY deliveries_by_replay
WHERE {_OF_DELIVERIES} AND replay_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM replayed
  WHERE replayed.event_id = deliveries.event_id AND replayed.mapping = deliveries.mapping
    AND replayed.element = deliveries.element AND replayed.delivery_id = deliveries.id)
ORDER BY id
"""
ENDED_WITHOUT_ATTEMPT = f"""
SELECT id, source, day FROM deliveries WHERE {_OF_DELIVERIES} AND state = 'delivered'
  AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.delivery_id = deliveries.id AND attempts.effective = 1)
ORDER BY id
"""
TAKEN_BUT_NOT_DELIVERED = f"""
SELECT deliveries.id, deliveries.source, deliveries.day FROM attempts CROSS JOIN deliveries
WHERE attempts.delivery_id >= :deliveries AND attempts.ruling = 'delivered' AND attempts.effective = 1
  AND deliveries.id = attempts.delivery_id AND deliveries.state <> 'delivered' AND {_OF_DELIVERIES}
ORDER BY attempts.delivery_id
"""
ATTEMPTS_WITHOUT_DELIVERY = """
SELECT delivery_id || ' ' || number, NULL, NULL FROM attempts
WHERE delivery_id >= :deliveries AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.id = attempts.delivery_id)
ORDER BY delivery_id, number
"""
LOOKUPS_WITHOUT_EVENT = """
SELECT event_id, source, NULL FROM lookups
WHERE event_id >= :events AND NOT EXISTS (SELECT 1 FROM events WHERE events.id = lookups.event_id)
ORDER BY event_id
"""
AWAITED_IN_VAIN = """
SELECT event_id, NULL, NULL FROM awaited WHERE event_id >= :events AND NOT EXISTS (
  SELECT 1 FROM lookups WHERE lookups.event_id = awaited.event_id AND (state = 'waiting' OR state = 'calling'))
ORDER BY event_id
"""
