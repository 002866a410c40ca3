"""SQL for settling what became of claimed deliveries."""

# `asked_at` stays as claiming set it.
SETTLE = """
UPDATE deliveries
SET state = :state, attempts = attempts + :counted, lease_until = NULL, due_at = :due_at, state_at = :now,
    reason = :reason, message = :message
WHERE id = :id AND lease = :lease AND state = 'sending'
"""
SETTLE_NOT_TAKEN = """
UPDATE deliveries
SET state = :state, attempts = attempts + :counted, lease_until = NULL, due_at = :due_at, asked_at = :asked_before,
    state_at = :now, reason = :reason, message = :message
WHERE id = :id AND lease = :lease AND state = 'sending'
"""
# The newest of those that took its place, whatever became of them.
REPLACED_BY = "SELECT MAX(event_id) FROM deliveries WHERE replaces = :id"

INSERT_ATTEMPT = """
INSERT INTO attempts (delivery_id, number, lease, started_at, ended_at, outcome, status, message, ruling, reason,
                      effective)
SELECT :delivery_id, COALESCE(MAX(number), 0) + 1, :lease, :started_at, :ended_at, :outcome, :status, :message,
       :ruling, :reason, :effective
FROM attempts WHERE delivery_id = :delivery_id
"""

ALL_LEASES = "SELECT id, touchpoint, source, day, lease, due_at, state_at FROM deliveries WHERE state = 'sending'"
EXPIRED_LEASES = ALL_LEASES + " AND lease_until <= :now"

PAUSE_IF_RUNNING = """
INSERT INTO pauses (scope, name, reason, since, paused_by) VALUES (:scope, :name, :reason, :since, :paused_by)
ON CONFLICT (scope, name) DO NOTHING
"""

OPEN_CIRCUIT = """
INSERT INTO circuits (touchpoint, reason, since, until) VALUES (:touchpoint, :reason, :since, :until)
ON CONFLICT (touchpoint) DO UPDATE SET reason = excluded.reason, until = excluded.until
"""
CLOSE_CIRCUIT = "DELETE FROM circuits WHERE touchpoint = :touchpoint"

TOUCHPOINTS_WITH = "SELECT touchpoint FROM totals WHERE state = :state AND value > 0"
PARK = """
UPDATE deliveries SET state = 'held', state_at = :now, reason = :reason
WHERE state = 'pending' AND touchpoint = :touchpoint
RETURNING source, day
"""
# The function keeps the planner from walking through all of the touchpoint's history. What was not due yet keeps its
# time; for the rest, the time held does not count towards giving up.
GIVE_BACK = """
UPDATE deliveries SET state = 'pending', reason = '', state_at = :now,
       due_at = CASE WHEN due_at > :now THEN due_at ELSE :now END,
       age_from = CASE WHEN age_from > :now THEN age_from WHEN age_from > state_at THEN :now
                       ELSE age_from + :now - state_at END
WHERE state = 'held' AND reason = :reason AND COALESCE(touchpoint, '') = :touchpoint
RETURNING source, day
"""

# Asks each touchpoint's queue and lane apart, so that a long one costs nothing.
NEXT_DUE = """
SELECT MIN((SELECT due_at FROM deliveries
            WHERE state = 'pending' AND touchpoint = totals.touchpoint AND lane = lanes.lane AND due_at > :now
            ORDER BY due_at LIMIT 1))
FROM totals CROSS JOIN (SELECT 0 AS lane UNION ALL SELECT 1) AS lanes WHERE totals.state = 'pending'
"""
