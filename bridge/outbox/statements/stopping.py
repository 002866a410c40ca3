"""SQL for stopping what waits for a key."""

# Of several events that cancel the same, the one that holds the longest is remembered.
REMEMBER = """
INSERT INTO tombstones (source, mapping, tenant, key, event_id, topic, cancelled_at, expires_at)
VALUES (:source, :mapping, :tenant, :key, :event_id, :topic, :cancelled_at, :expires_at)
ON CONFLICT (source, mapping, tenant, key) DO UPDATE
SET event_id = excluded.event_id, topic = excluded.topic, cancelled_at = excluded.cancelled_at,
    expires_at = excluded.expires_at
WHERE excluded.expires_at >= tombstones.expires_at
"""
# Not ordered: an order by id would draw the planner into the source's history.
WAITING_FOR_KEY = """
SELECT id, touchpoint, state, source, day FROM deliveries
WHERE source = :source AND mapping = :mapping AND tenant = :tenant AND key = :key
  AND (state = 'pending' OR state = 'held')
"""
# What the target may have taken at an earlier attempt goes on counting towards the contact's cap.
STOP = """
UPDATE deliveries SET state = 'cancelled', state_at = :now, reason = :reason
WHERE id = :id AND (state = 'pending' OR state = 'held')
"""
# Where another takes its place, only that one counts.
GIVE_WAY = """
UPDATE deliveries SET state = 'cancelled', state_at = :now, asked_at = NULL, reason = :reason
WHERE id = :id AND (state = 'pending' OR state = 'held')
"""
