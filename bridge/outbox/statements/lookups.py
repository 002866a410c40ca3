"""SQL for lookups: what waits for one, what was found, and who refuses."""

INSERT_LOOKUP = """
INSERT INTO lookups (event_id, source, state, attempts, lease, lease_until, due_at, age_from, state_at, reason, results)
VALUES (:event_id, :source, 'waiting', 0, 0, NULL, :now, :now, :now, '', NULL)
"""

# Patience begins with the first attempt: what waited for a secret or for the bridge did not try in vain.
CLAIM = """
UPDATE lookups SET state = 'calling', lease = lease + 1, lease_until = :lease_until, state_at = :now,
       age_from = CASE WHEN attempts = 0 THEN :now ELSE age_from END
WHERE event_id IN (
  SELECT event_id FROM lookups WHERE state = 'waiting' AND source = :source AND due_at <= :now
    AND NOT EXISTS (SELECT 1 FROM denials WHERE denials.source = lookups.source AND until > :now)
  ORDER BY due_at, event_id LIMIT :free
)
RETURNING event_id, attempts, lease, due_at, age_from
"""
AWAITED = """
SELECT event_id, replay_id, mapping, element, NULLIF(replay_of, '') FROM awaited WHERE event_id = :event_id
ORDER BY replay_id, mapping, element, replay_of
"""

FINISH = """
UPDATE lookups SET state = :state, attempts = attempts + 1, lease_until = NULL, state_at = :now, reason = :reason,
       results = :results
WHERE event_id = :event_id AND lease = :lease AND state = 'calling'
"""
POSTPONE = """
UPDATE lookups SET state = 'waiting', attempts = attempts + :counted, lease_until = NULL, due_at = :due_at,
       state_at = :now, reason = :reason
WHERE event_id = :event_id AND lease = :lease AND state = 'calling'
"""
ALL_LEASES = """
UPDATE lookups SET state = 'waiting', lease_until = NULL, due_at = :now, state_at = :now, reason = :reason
WHERE state = 'calling'
"""
EXPIRED_LEASES = ALL_LEASES + " AND lease_until <= :now"

IS_DECIDED = "SELECT 1 FROM decisions WHERE event_id = :event_id LIMIT 1"
SET_MARKS = "UPDATE events SET marks = :marks WHERE id = :event_id"
# An element that was decided otherwise than by failing is not a part of what failed.
DECIDED_WELL = """
SELECT mapping, element FROM decisions WHERE event_id = :event_id AND verdict <> 'failed'
"""
AWAIT = """
INSERT INTO awaited (event_id, replay_id, mapping, element, replay_of)
VALUES (:event_id, :replay_id, :mapping, :element, :replay_of)
ON CONFLICT (event_id, replay_id, mapping, element, replay_of) DO NOTHING
"""
AWAITED_LEAVES = "DELETE FROM awaited WHERE event_id = :event_id"
# What waits or is asked for already will answer these too.
LOOK_UP_AGAIN = """
INSERT INTO lookups (event_id, source, state, attempts, lease, lease_until, due_at, age_from, state_at, reason, results)
SELECT id, source, 'waiting', 0, 0, NULL, :now, :now, :now, '', NULL FROM events WHERE id = :event_id
ON CONFLICT (event_id) DO UPDATE
SET state = 'waiting', attempts = 0, due_at = excluded.due_at, age_from = excluded.age_from,
    state_at = excluded.state_at, reason = '', results = NULL
WHERE lookups.state = 'done' OR lookups.state = 'failed'
"""

DENY = """
INSERT INTO denials (source, reason, since, until) VALUES (:source, :reason, :now, :until)
ON CONFLICT (source) DO UPDATE SET reason = excluded.reason, until = excluded.until
"""
FORGIVE = "DELETE FROM denials WHERE source = :source RETURNING since"
# The time in which nothing could be asked does not count towards giving up.
REJUVENATE = """
UPDATE lookups SET age_from = CASE WHEN age_from > :since THEN :now ELSE age_from + :now - :since END
WHERE state = 'waiting' AND source = :source
"""

NEXT_DUE = """
SELECT COALESCE((SELECT until FROM denials WHERE source = :source AND until > :now),
                (SELECT due_at FROM lookups WHERE state = 'waiting' AND source = :source AND due_at > :now
                 ORDER BY due_at LIMIT 1))
"""

LOOKUP = """
SELECT event_id, state, attempts, due_at, age_from, state_at, reason, results FROM lookups WHERE event_id = :event_id
"""
QUEUES = """
SELECT source, COUNT(*) AS waiting, NULL AS reason, NULL AS since, NULL AS until FROM lookups
WHERE state = 'waiting' OR state = 'calling' GROUP BY source
UNION ALL
SELECT source, 0, reason, since, until FROM denials
"""
