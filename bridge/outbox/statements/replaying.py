"""SQL for replays: what they take, how far they are, and what became of each item."""

# What was replayed already is represented by its replay.
_DELIVERIES = """
FROM deliveries
WHERE NOT EXISTS (SELECT 1 FROM deliveries AS replay WHERE replay.replay_of = deliveries.id) AND {conditions}
"""
REPLAYABLE_DELIVERIES = f"""
SELECT id, event_id, source, mapping, element, tenant, touchpoint, contact, key, state, hours, body {_DELIVERIES}
ORDER BY id LIMIT :limit
"""
COUNT_DELIVERIES = f"""
SELECT source, mapping, touchpoint, state, COUNT(*) AS number {_DELIVERIES} GROUP BY source, mapping, touchpoint, state
"""
_DECISIONS = """
FROM decisions CROSS JOIN events
WHERE events.id = decisions.event_id AND decisions.verdict = 'failed'
  AND NOT EXISTS (SELECT 1 FROM replayed WHERE replayed.event_id = decisions.event_id
                    AND replayed.mapping = decisions.mapping AND replayed.element = decisions.element
                    AND replayed.replay_of = ''
                    AND (replayed.verdict = 'planned' OR replayed.verdict = 'cancelling'))
  AND {conditions}
"""
REPLAYABLE_DECISIONS = f"""
SELECT decisions.event_id, events.source, decisions.mapping, decisions.element, events.tenant, decisions.reason
{_DECISIONS}
  AND (decisions.event_id, decisions.mapping, decisions.element) > (:after_event, :after_mapping, :after_element)
ORDER BY decisions.event_id, decisions.mapping, decisions.element LIMIT :limit
"""
COUNT_DECISIONS = f"""
SELECT events.source, decisions.mapping, COUNT(*) AS number {_DECISIONS} GROUP BY events.source, decisions.mapping
"""
# Events that were decided without the mapping, and not backfilled by it since, or not all of their elements.
_EVENTS = """
FROM events
WHERE body IS NOT NULL AND EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id)
  AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id AND decisions.mapping = :new)
  AND (NOT EXISTS (SELECT 1 FROM replayed WHERE replayed.event_id = events.id AND replayed.mapping = :new
                     AND replayed.replay_of = '' AND replayed.verdict = 'planned')
       OR EXISTS (SELECT 1 FROM replayed AS failed WHERE failed.event_id = events.id AND failed.mapping = :new
                    AND failed.replay_of = '' AND failed.verdict = 'failed'
                    AND NOT EXISTS (SELECT 1 FROM replayed WHERE replayed.event_id = events.id
                                      AND replayed.mapping = :new AND replayed.element = failed.element
                                      AND replayed.replay_of = '' AND replayed.verdict = 'planned')))
  AND {conditions}
"""
BACKFILLABLE = f"""
SELECT id AS event_id, source, tenant, topic {_EVENTS} AND id > :after ORDER BY id LIMIT :limit
"""
COUNT_BACKFILLABLE = f"SELECT source, topic, COUNT(*) AS number {_EVENTS} GROUP BY source, topic"

REPLAY_ORIGIN = "SELECT source, tenant, config, received_at, topic FROM events WHERE id = :event_id"
DELIVERY_STATE = "SELECT state, touchpoint, source, day FROM deliveries WHERE id = :id"
REPLAYED_BEFORE = """
SELECT 1 FROM replayed WHERE event_id = :event_id AND mapping = :mapping AND element = :element
  AND replay_of = :replay_of
  AND (replay_id = :replay_id OR verdict = 'planned' OR verdict = 'cancelling')
"""
INSERT_REPLAYED = """
INSERT INTO replayed (replay_id, event_id, mapping, element, replay_of, verdict, delivery_id, replayed_at, reason)
VALUES (:replay_id, :event_id, :mapping, :element, :replay_of, :verdict, :delivery_id, :now, :reason)
"""
# Only the new one counts towards the contact's cap.
REPLACE_HELD = """
UPDATE deliveries SET state = 'cancelled', state_at = :now, asked_at = NULL, reason = :reason
WHERE id = :id AND state = 'held'
"""

START = """
INSERT INTO replays (id, kind, mode, state, who, why, description, selection, include_delivered, newest, rate_count,
                     rate_period, wait, started_at, found, after, next_at, taken, made, others, ended_at, changed_by,
                     driver, driven_until)
VALUES (:id, :kind, :mode, :state, :who, :why, :description, :selection, :include_delivered, :newest, :rate_count,
        :rate_period, :wait, :started_at, :found, :after, :next_at, :taken, :made, :others, :ended_at, :changed_by,
        :driver, :driven_until)
ON CONFLICT (id) DO NOTHING
"""
_JOBS = """
SELECT id, kind, mode, selection, newest, started_at, found, who, why, description, include_delivered, rate_count,
       rate_period, wait, state, after, next_at, taken, made, others, ended_at, changed_by, driver, driven_until
FROM replays
"""
JOB = _JOBS + "WHERE id = :id"
JOBS = _JOBS + "WHERE id < :before ORDER BY id DESC LIMIT :limit"
RUNNING = _JOBS + "WHERE state = 'running' ORDER BY id"
HELD_JOB = JOB + " AND state = 'running' AND driver = :driver"
TERMS = "SELECT include_delivered, wait, state FROM replays WHERE id = :id"

CHANGE = {
    "pause": """
UPDATE replays SET state = 'paused', changed_by = :who, driver = '', driven_until = 0
WHERE id = :id AND state = 'running'
""",
    "resume": """
UPDATE replays SET state = 'running', changed_by = :who WHERE id = :id AND state = 'paused'
""",
    "cancel": """
UPDATE replays SET state = 'cancelled', changed_by = :who, driver = '', driven_until = 0, ended_at = :now
WHERE id = :id AND (state = 'running' OR state = 'paused')
""",
}
DRIVE = """
UPDATE replays SET driver = :driver, driven_until = :until
WHERE id = :id AND state = 'running' AND (driver = :driver OR driven_until <= :now)
"""
PROGRESS = """
UPDATE replays SET state = :state, after = :after, next_at = :next_at, taken = :taken, ended_at = :ended_at,
       driven_until = :until
WHERE id = :id
"""
COUNTS = "SELECT made, others FROM replays WHERE id = :id"
COUNT = "UPDATE replays SET made = :made, others = :others WHERE id = :id"

# The function keeps the planner within the replay's own index, from the cursor on.
TAKEN_BACK = """
SELECT id, state, touchpoint, source, day FROM deliveries
WHERE replay_id = :id AND id > :after AND COALESCE(state, '') IN ('pending', 'held') ORDER BY id LIMIT :limit
"""
STATES_OF_REPLAY = "SELECT state, COUNT(*) FROM deliveries WHERE replay_id = :id GROUP BY state"
# Asks each touchpoint's queue apart, within the index of what is pending.
WAITING = """
SELECT COUNT(*) FROM (
  SELECT 1 FROM totals CROSS JOIN deliveries
  WHERE totals.state = 'pending' AND totals.value > 0 AND deliveries.state = 'pending'
    AND deliveries.touchpoint = totals.touchpoint AND deliveries.lane = 1 AND deliveries.due_at <= :now
  LIMIT :most
) AS waiting
"""
