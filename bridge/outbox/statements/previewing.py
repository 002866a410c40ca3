"""SQL for what lists say beside their rows, and for what a change would take."""

_SUBJECT = """
SELECT deliveries.id, deliveries.event_id, deliveries.touchpoint, deliveries.key, events.topic, deliveries.body
FROM deliveries LEFT JOIN events ON events.id = deliveries.event_id
WHERE deliveries.id IN ({ids})
"""
SUBJECTS = _SUBJECT
FIRST_SUBJECTS = _SUBJECT.format(
    ids="SELECT MIN(id) FROM deliveries WHERE event_id IN ({ids}) GROUP BY event_id",
)

SHARES = """
SELECT touchpoint, state, COUNT(*), COUNT(CASE WHEN state = 'held' THEN asked_at END) FROM deliveries
WHERE {conditions} GROUP BY touchpoint, state
"""
LET_WAIT_AGAIN = """
UPDATE deliveries SET state = 'pending', reason = '', state_at = :now,
       age_from = CASE WHEN age_from > :now THEN age_from WHEN age_from > state_at THEN :now
                       ELSE age_from + :now - state_at END
WHERE state = 'held' AND state_at = :held_at AND reason = :old_reason
"""
HELD_THEN = """
SELECT touchpoint, source, day, COUNT(*) FROM deliveries
WHERE state = 'held' AND state_at = :held_at AND reason = :old_reason GROUP BY touchpoint, source, day
"""
