"""SQL for claiming deliveries: what is due, what is known about it, and what becomes of it."""

# With all that judging needs, so that nothing is asked one by one. What is paused as a mapping or as a source is passed
# over within the index; `all` and touchpoints are not asked for.
DUE = """
SELECT deliveries.id, deliveries.event_id, deliveries.source, deliveries.mapping, deliveries.touchpoint,
       deliveries.body, deliveries.attempts, deliveries.lease + 1, deliveries.due_at, deliveries.age_from,
       deliveries.day, deliveries.asked_at, deliveries.contact,
       deliveries.expires_at, deliveries.hours, deliveries.replaces,
       suppressions.since, suppressions.reason, tombstones.topic, tombstones.cancelled_at, tombstones.event_id,
       (SELECT MAX(newer.event_id) FROM deliveries AS newer WHERE newer.replaces = deliveries.id)
FROM deliveries
LEFT JOIN suppressions ON suppressions.contact = deliveries.contact
LEFT JOIN tombstones ON tombstones.source = deliveries.source AND tombstones.mapping = deliveries.mapping
  AND tombstones.tenant = deliveries.tenant AND tombstones.key = deliveries.key AND tombstones.expires_at > :now
WHERE deliveries.state = 'pending' AND deliveries.touchpoint = :touchpoint AND deliveries.lane = :lane
  AND deliveries.due_at <= :now
  AND NOT EXISTS (SELECT 1 FROM pauses WHERE scope = 'source' AND name = deliveries.source)
  AND NOT EXISTS (SELECT 1 FROM pauses
                  WHERE scope = 'mapping' AND name = deliveries.source || '/' || deliveries.mapping)
ORDER BY deliveries.due_at, deliveries.id LIMIT :limit
"""

REPLACED = "SELECT id, touchpoint, source, day, state, asked_at FROM deliveries WHERE id = :id"

# Neither the delivery itself counts nor the one whose place it takes.
ASKED_ANYWHERE = """
SELECT COUNT(*) FROM deliveries
WHERE contact = :contact AND asked_at > :since AND id <> :id AND id <> :replaces
"""
# The function keeps the planner from walking through all of the touchpoint's history.
ASKED_AT_TOUCHPOINT = ASKED_ANYWHERE + " AND COALESCE(touchpoint, '') = :touchpoint"

SEND = """
UPDATE deliveries SET state = 'sending', lease = lease + 1, lease_until = :lease_until, state_at = :now, asked_at = :now
WHERE id IN ({ids})
"""
END = """
UPDATE deliveries SET state = :after, state_at = :now, reason = :reason WHERE id = :id AND state = :before
"""
# The time put off does not count towards giving up.
PUT_OFF = "UPDATE deliveries SET due_at = :due_at, age_from = age_from + :due_at - :now WHERE id = :id"
