"""SQL for claiming deliveries and settling what became of them."""

# What is paused as a mapping or as a source is passed over within the index; `all` and touchpoints are not asked for.
CLAIM = """
UPDATE deliveries SET state = 'sending', lease = lease + 1, lease_until = :lease_until, state_at = :now
WHERE id IN (
  SELECT id FROM deliveries WHERE state = 'pending' AND touchpoint = :touchpoint AND due_at <= :now
    AND NOT EXISTS (SELECT 1 FROM pauses WHERE (scope = 'source' AND name = source)
                                            OR (scope = 'mapping' AND name = source || '/' || mapping))
  ORDER BY due_at, id LIMIT :free
)
RETURNING id, event_id, source, mapping, touchpoint, body, attempts, lease, due_at, age_from
"""

SETTLE = """
UPDATE deliveries
SET state = :state, attempts = attempts + :counted, lease_until = NULL, due_at = :due_at, state_at = :now,
    reason = :reason, message = :message
WHERE id = :id AND lease = :lease AND state = 'sending'
"""

INSERT_ATTEMPT = """
INSERT INTO attempts (delivery_id, number, lease, started_at, ended_at, outcome, status, message, ruling, reason,
                      effective)
SELECT :delivery_id, COALESCE(MAX(number), 0) + 1, :lease, :started_at, :ended_at, :outcome, :status, :message,
       :ruling, :reason, :effective
FROM attempts WHERE delivery_id = :delivery_id
"""

ALL_LEASES = "SELECT id, touchpoint, lease, due_at, state_at FROM deliveries WHERE state = 'sending'"
EXPIRED_LEASES = ALL_LEASES + " AND lease_until <= :now"

PAUSE_IF_RUNNING = """
INSERT INTO pauses (scope, name, reason, since, paused_by) VALUES (:scope, :name, :reason, :since, :paused_by)
ON CONFLICT (scope, name) DO NOTHING
"""

TOUCHPOINTS_WITH = "SELECT touchpoint FROM totals WHERE state = :state AND value > 0"
PARK = """
UPDATE deliveries SET state = 'held', state_at = :now, reason = :reason
WHERE state = 'pending' AND touchpoint = :touchpoint
"""
# The function keeps the planner from walking through all of the touchpoint's history.
GIVE_BACK = """
UPDATE deliveries SET state = 'pending', reason = '', state_at = :now, due_at = :now,
       age_from = CASE WHEN age_from > state_at THEN :now ELSE age_from + :now - state_at END
WHERE state = 'held' AND reason = :reason AND COALESCE(touchpoint, '') = :touchpoint
"""

# Asks each touchpoint's queue apart, so that a long one costs nothing.
NEXT_DUE = """
SELECT MIN((SELECT due_at FROM deliveries
            WHERE state = 'pending' AND touchpoint = totals.touchpoint AND due_at > :now ORDER BY due_at LIMIT 1))
FROM totals WHERE totals.state = 'pending'
"""
