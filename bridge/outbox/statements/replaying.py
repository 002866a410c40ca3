"""SQL for replays: what can be replayed, and what became of it."""

START_REPLAY = """
INSERT INTO replays (id, mode, description, started_at) VALUES (:id, :mode, :description, :started_at)
ON CONFLICT (id) DO NOTHING
"""
# What was replayed already is represented by its replay.
REPLAYABLE_DELIVERIES = """
SELECT id, event_id, source, mapping, element, tenant, touchpoint, contact, key, state, body FROM deliveries
WHERE NOT EXISTS (SELECT 1 FROM deliveries AS replay WHERE replay.replay_of = deliveries.id) AND {conditions}
ORDER BY id LIMIT :limit
"""
REPLAYABLE_DECISIONS = """
SELECT decisions.event_id, events.source, decisions.mapping, decisions.element, events.tenant, decisions.reason
FROM decisions CROSS JOIN events
WHERE events.id = decisions.event_id AND decisions.verdict = 'failed'
  AND (decisions.event_id, decisions.mapping, decisions.element) > (:after_event, :after_mapping, :after_element)
  AND NOT EXISTS (SELECT 1 FROM replayed WHERE replayed.event_id = decisions.event_id
                    AND replayed.mapping = decisions.mapping AND replayed.element = decisions.element
                    AND replayed.replay_of = '' AND replayed.verdict = 'planned')
  AND {conditions}
ORDER BY decisions.event_id, decisions.mapping, decisions.element LIMIT :limit
"""
REPLAY_ORIGIN = "SELECT source, tenant, config FROM events WHERE id = :event_id"
DELIVERY_STATE = "SELECT state, touchpoint FROM deliveries WHERE id = :id"
REPLAYED_BEFORE = """
SELECT 1 FROM replayed WHERE event_id = :event_id AND mapping = :mapping AND element = :element
  AND replay_of = :replay_of AND (replay_id = :replay_id OR verdict = 'planned')
"""
INSERT_REPLAYED = """
INSERT INTO replayed (replay_id, event_id, mapping, element, replay_of, verdict, delivery_id, replayed_at, reason)
VALUES (:replay_id, :event_id, :mapping, :element, :replay_of, :verdict, :delivery_id, :now, :reason)
"""
REPLACE_HELD = """
UPDATE deliveries SET state = 'cancelled', state_at = :now, reason = :reason WHERE id = :id AND state = 'held'
"""
