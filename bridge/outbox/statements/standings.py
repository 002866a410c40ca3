"""SQL for how touchpoints and sources stand."""

# ruff: noqa: S608 - only literals of this file are put together

LAST_NUMBER = "SELECT COALESCE(MAX(number), 0) FROM answers WHERE touchpoint = :touchpoint"
NOTE_ANSWER = """
INSERT INTO answers (touchpoint, number, delivery_id, lease) VALUES (:touchpoint, :number, :delivery_id, :lease)
"""
FORGET_ANSWERS = "DELETE FROM answers WHERE touchpoint = :touchpoint AND number <= :upto"

_ANSWERS = """
SELECT answers.touchpoint, attempts.delivery_id, deliveries.event_id, attempts.number, attempts.started_at,
       attempts.ended_at, attempts.outcome, attempts.status, attempts.message, attempts.ruling, attempts.reason
FROM answers CROSS JOIN attempts CROSS JOIN deliveries
WHERE attempts.delivery_id = answers.delivery_id AND attempts.lease = answers.lease
  AND deliveries.id = answers.delivery_id AND {condition}
ORDER BY answers.touchpoint, answers.number DESC
"""
ANSWERS = _ANSWERS.format(condition="answers.touchpoint = :touchpoint") + " LIMIT :limit"
LATEST_ANSWERS = _ANSWERS.format(
    condition="answers.number = (SELECT MAX(number) FROM answers AS all_ WHERE all_.touchpoint = answers.touchpoint)"
)

EXPECT_PROOF = """
INSERT INTO proofs (touchpoint, secret, since) VALUES (:touchpoint, :secret, :since)
ON CONFLICT (touchpoint, secret) DO UPDATE SET since = excluded.since, proved_at = NULL, delivery_id = NULL
WHERE excluded.since > proofs.since
"""
UNPROVEN = "SELECT DISTINCT touchpoint FROM proofs WHERE proved_at IS NULL"
PROVE = """
UPDATE proofs SET proved_at = :ended_at, delivery_id = :delivery_id
WHERE touchpoint = :touchpoint AND proved_at IS NULL AND since <= :started_at
"""
PROOFS = "SELECT touchpoint, secret, since, proved_at, delivery_id FROM proofs ORDER BY touchpoint, secret"

_PENDING = "FROM deliveries WHERE state = 'pending' AND touchpoint = :touchpoint AND lane = :lane"
QUEUE = f"""
SELECT (SELECT COUNT(*) FROM (SELECT 1 {_PENDING} AND due_at <= :now LIMIT :most)),
       (SELECT due_at {_PENDING} ORDER BY due_at LIMIT 1),
       (SELECT due_at {_PENDING} AND due_at > :now ORDER BY due_at LIMIT 1)
"""
ARRIVALS = """
WITH names (source) AS (VALUES {values})
SELECT source,
       (SELECT received_at FROM events WHERE events.source = names.source ORDER BY id DESC LIMIT 1),
       (SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE events.source = names.source AND id >= :since LIMIT :most))
FROM names
"""
FIRST_EVENTS = """
SELECT id, received_at, headers FROM events WHERE source = :source AND id >= :since ORDER BY id LIMIT :limit
"""

# Of what waits for its next try, the one that waits the shortest; only the first of the queue are looked at.
HASTEN_CIRCUIT = "UPDATE circuits SET until = 0 WHERE touchpoint = :touchpoint"
HASTEN_DELIVERY = f"""
UPDATE deliveries SET due_at = :now
WHERE id = (SELECT id FROM (SELECT id, attempts, due_at {_PENDING} ORDER BY due_at LIMIT 100)
            WHERE attempts > 0 ORDER BY due_at LIMIT 1)
"""
