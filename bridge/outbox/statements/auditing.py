"""SQL for proving that the books balance: what is there, counted, and the rows that are wrong."""

# ruff: noqa: S608 - only literals of this file are put together

COUNT_EVENTS = "SELECT COUNT(*) FROM events"
COUNT_ATTEMPTS = "SELECT COUNT(*) FROM attempts"
COUNT_REFUSED = "SELECT COUNT(*) FROM refused"
COUNT_REPLAYED = "SELECT COUNT(*) FROM deliveries WHERE replay_id IS NOT NULL"
COUNT_VERDICTS = "SELECT verdict, COUNT(*) FROM decisions GROUP BY verdict"
COUNT_STATES = "SELECT touchpoint, state, COUNT(*) FROM deliveries GROUP BY touchpoint, state"

# An event is decided or waits for its lookup; a decided one may wait too, for a replay.
_UNDECIDED = "NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id)"
_LOOKING = """
EXISTS (SELECT 1 FROM lookups WHERE lookups.event_id = events.id AND (state = 'waiting' OR state = 'calling'))
"""
UNDECIDED_EVENTS = f"SELECT id FROM events WHERE {_UNDECIDED} AND NOT {_LOOKING} ORDER BY id"
COUNT_WAITING = f"""
SELECT COUNT(*) FROM lookups CROSS JOIN events
WHERE events.id = lookups.event_id AND (state = 'waiting' OR state = 'calling') AND {_UNDECIDED}
"""
LOOKUPS_WITHOUT_EVENT = """
SELECT event_id FROM lookups WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.id = lookups.event_id)
ORDER BY event_id
"""
AWAITED_IN_VAIN = """
SELECT event_id FROM awaited WHERE NOT EXISTS (
  SELECT 1 FROM lookups WHERE lookups.event_id = awaited.event_id AND (state = 'waiting' OR state = 'calling'))
ORDER BY event_id
"""
PLANS_WITHOUT_DELIVERY = """
SELECT event_id || ' ' || mapping || ' ' || element FROM decisions
WHERE verdict = 'planned' AND NOT EXISTS (
  SELECT 1 FROM deliveries WHERE deliveries.id = decisions.delivery_id AND deliveries.event_id = decisions.event_id)
ORDER BY event_id, mapping, element
"""
DELIVERIES_WITHOUT_PLAN = """
SELECT id FROM deliveries WHERE replay_id IS NULL AND NOT EXISTS (
  SELECT 1 FROM decisions
  WHERE decisions.event_id = deliveries.event_id AND decisions.mapping = deliveries.mapping
    AND decisions.element = deliveries.element AND decisions.delivery_id = deliveries.id)
ORDER BY id
"""
REPLAYS_WITHOUT_RECORD = """
SELECT id FROM deliveries WHERE replay_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM replayed
  WHERE replayed.event_id = deliveries.event_id AND replayed.mapping = deliveries.mapping
    AND replayed.element = deliveries.element AND replayed.delivery_id = deliveries.id)
ORDER BY id
"""
ENDED_WITHOUT_ATTEMPT = """
SELECT id FROM deliveries WHERE state = 'delivered'
  AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.delivery_id = deliveries.id AND attempts.effective = 1)
ORDER BY id
"""
