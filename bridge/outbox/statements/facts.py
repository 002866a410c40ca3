"""SQL for what a plan depends on."""

ANY_LISTED = "SELECT EXISTS (SELECT 1 FROM suppressions) OR EXISTS (SELECT 1 FROM tombstones)"
LISTED = """
SELECT suppressions.since, suppressions.reason, tombstones.topic, tombstones.cancelled_at, tombstones.event_id
FROM (SELECT 1) AS one
LEFT JOIN suppressions ON contact = :contact
LEFT JOIN tombstones ON source = :source AND mapping = :mapping AND tenant = :tenant AND key = :key
  AND expires_at > :now
"""

# The event that holds the key, unless it is this one, its time has run out, or nothing came of it.
ONCE_HOLDER = """
SELECT event_id FROM once
WHERE source = :source AND mapping = :mapping AND tenant = :tenant AND key = :key
  AND event_id <> :event_id AND expires_at > :now
  AND COALESCE((SELECT MAX(CASE WHEN state = 'dead' OR state = 'cancelled' THEN 0 ELSE 1 END) FROM deliveries
                WHERE deliveries.event_id = once.event_id AND deliveries.mapping = once.mapping
                  AND deliveries.key = once.key), 1) = 1
"""

# The event that holds the key, whatever came of it; it may be this one.
LAST_HOLDER = """
SELECT event_id FROM once
WHERE source = :source AND mapping = :mapping AND tenant = :tenant AND key = :key AND expires_at > :now
"""
# Its deliveries about the key, and those of the events in whose place they came, which may have been sent after all.
PREDECESSORS = """
WITH RECURSIVE line (id, replaces) AS (
  SELECT id, replaces FROM deliveries WHERE event_id = :holder AND mapping = :mapping AND key = :key
  UNION
  SELECT deliveries.id, deliveries.replaces FROM line CROSS JOIN deliveries AS replaced CROSS JOIN deliveries
  WHERE replaced.id = line.replaces AND deliveries.event_id = replaced.event_id
    AND deliveries.mapping = :mapping AND deliveries.key = :key
)
SELECT deliveries.id, deliveries.event_id, deliveries.element, deliveries.source, deliveries.day,
       deliveries.touchpoint, deliveries.contact, deliveries.state, deliveries.asked_at
FROM line CROSS JOIN deliveries WHERE deliveries.id = line.id AND deliveries.event_id <> :event_id
ORDER BY deliveries.id
"""

# `replay_of` is the delivery that is being replayed, which does not count against itself.
ASKED_ANYWHERE = """
SELECT COUNT(*) FROM deliveries WHERE contact = :contact AND asked_at > :since AND id <> :replay_of
"""
ASKED_AT_TOUCHPOINT = """
SELECT COUNT(*) FROM deliveries
WHERE contact = :contact AND asked_at > :since AND id <> :replay_of AND touchpoint = :touchpoint
"""
