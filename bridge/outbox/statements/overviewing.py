"""SQL for what a person is to see at a glance; every statement looks at no more rows than `limit` says."""

# ruff: noqa: S608 - only literals of this file are put together

_COUNTED = "COUNT(*), MIN(time), MAX(time), MAX(id)"
HELD = f"""
SELECT touchpoint, reason, is_unsure, 0, {_COUNTED} FROM (
  SELECT id, touchpoint, reason, asked_at IS NOT NULL AS is_unsure, state_at AS time FROM deliveries
  WHERE state = 'held' ORDER BY id DESC LIMIT :limit)
GROUP BY touchpoint, reason, is_unsure
"""
# The fourth column: what was sent again since needs nobody any more, but was looked at.
DEAD = f"""
SELECT touchpoint, reason, 0, is_mended, {_COUNTED} FROM (
  SELECT id, touchpoint, reason, state_at AS time,
         EXISTS (SELECT 1 FROM deliveries AS again WHERE again.replay_of = deliveries.id) AS is_mended
  FROM deliveries WHERE state = 'dead' AND state_at >= :since ORDER BY state_at DESC LIMIT :limit)
GROUP BY touchpoint, reason, is_mended
"""
FAILED = f"""
SELECT source || '/' || mapping, reason, 0, is_mended, {_COUNTED} FROM (
  SELECT event_id AS id, source, mapping, reason, received_at AS time, EXISTS (
           SELECT 1 FROM replayed WHERE replayed.event_id = decisions.event_id
             AND replayed.mapping = decisions.mapping AND replayed.verdict <> 'failed') AS is_mended
  FROM decisions CROSS JOIN events
  WHERE decisions.verdict = 'failed' AND decisions.event_id >= :events AND events.id = decisions.event_id
  ORDER BY decisions.event_id DESC LIMIT :limit)
GROUP BY source, mapping, reason, is_mended
"""
REFUSED = f"""
SELECT source, reason, 0, is_mended, {_COUNTED} FROM (
  SELECT id, source, reason, received_at AS time, retried_at IS NOT NULL AS is_mended FROM refused
  WHERE id >= :refused ORDER BY id DESC LIMIT :limit)
GROUP BY source, reason, is_mended
"""

# Each touchpoint's queue and lane apart, so that a long one costs no more than `limit`.
_QUEUES = """
totals CROSS JOIN (SELECT 0 AS lane UNION ALL SELECT 1) AS lanes
WHERE totals.state = 'pending' AND totals.value > 0
"""
DUE = f"""
SELECT (SELECT COUNT(*) FROM (
  SELECT 1 FROM deliveries WHERE state = 'pending' AND touchpoint = totals.touchpoint AND lane = lanes.lane
    AND due_at > :after AND due_at <= :until LIMIT :limit))
FROM {_QUEUES}
"""
OLDEST = f"""
SELECT id, source, mapping, touchpoint, key, due_at, reason FROM deliveries WHERE id = (
  SELECT first FROM (
    SELECT (SELECT due_at FROM deliveries WHERE state = 'pending' AND touchpoint = totals.touchpoint
              AND lane = lanes.lane ORDER BY due_at, id LIMIT 1) AS due,
           (SELECT id FROM deliveries WHERE state = 'pending' AND touchpoint = totals.touchpoint
              AND lane = lanes.lane ORDER BY due_at, id LIMIT 1) AS first
    FROM {_QUEUES})
  WHERE first IS NOT NULL ORDER BY due, first LIMIT 1)
"""
