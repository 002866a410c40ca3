"""SQL for taking events in and planning deliveries."""

# No row changes when the id is held by an earlier event whose time has not run out.
CLAIM_SOURCE_EVENT_ID = """
INSERT INTO dedupe (source, tenant, source_event_id, event_id, digest, expires_at)
VALUES (:source, :tenant, :source_event_id, :event_id, :digest, :expires_at)
ON CONFLICT (source, tenant, source_event_id) DO UPDATE
SET event_id = excluded.event_id, digest = excluded.digest, expires_at = excluded.expires_at
WHERE dedupe.expires_at <= :received_at
"""

FIRST_EVENT = """
SELECT event_id, digest FROM dedupe
WHERE source = :source AND tenant = :tenant AND source_event_id = :source_event_id
"""

INSERT_EVENT = """
INSERT INTO events (id, source, topic, source_event_id, tenant, received_at, occurred_at, dedupe_until, config, size,
                    marks, query, headers, body)
VALUES (:id, :source, :topic, :source_event_id, :tenant, :received_at, :occurred_at, :dedupe_until, :config, :size,
        :marks, :query, :headers, :body)
"""

INSERT_DECISION = """
INSERT INTO decisions (event_id, mapping, element, verdict, delivery_id, reason)
VALUES (:event_id, :mapping, :element, :verdict, :delivery_id, :reason)
"""

INSERT_DELIVERY = """
INSERT INTO deliveries (id, event_id, source, mapping, element, tenant, touchpoint, contact, key, config, state,
                        attempts, lease, lease_until, due_at, age_from, created_at, state_at, reason, message,
                        replay_id, replay_of, body)
VALUES (:id, :event_id, :source, :mapping, :element, :tenant, :touchpoint, :contact, :key, :config, 'pending',
        0, 0, NULL, :now, :now, :now, :now, '', '', :replay_id, :replay_of, :body)
"""

INSERT_MARK = "INSERT INTO marks (digest, event_id, kind) VALUES (:digest, :event_id, :kind)"

# The event that holds the key, unless it is this one, its time has run out, or nothing came of it.
ONCE_HOLDER = """
SELECT event_id FROM once
WHERE source = :source AND mapping = :mapping AND tenant = :tenant AND key = :key
  AND event_id <> :event_id AND expires_at > :now
  AND COALESCE((SELECT MAX(CASE WHEN state = 'dead' OR state = 'cancelled' THEN 0 ELSE 1 END) FROM deliveries
                WHERE deliveries.event_id = once.event_id AND deliveries.mapping = once.mapping
                  AND deliveries.key = once.key), 1) = 1
"""

HOLD_ONCE_KEY = """
INSERT INTO once (source, mapping, tenant, key, event_id, expires_at)
VALUES (:source, :mapping, :tenant, :key, :event_id, :expires_at)
ON CONFLICT (source, mapping, tenant, key) DO UPDATE
SET event_id = excluded.event_id, expires_at = excluded.expires_at
"""

# `replay_of` is the delivery that is being replaced, which does not count against itself.
ASKED_AT_TOUCHPOINT = """
SELECT COUNT(*) FROM deliveries
WHERE contact = :contact AND touchpoint = :touchpoint AND created_at > :since AND id <> :replay_of
  AND state <> 'dead' AND state <> 'cancelled'
"""
ASKED_ANYWHERE = """
SELECT COUNT(*) FROM deliveries
WHERE contact = :contact AND created_at > :since AND id <> :replay_of
  AND state <> 'dead' AND state <> 'cancelled'
"""

INSERT_REFUSED = """
INSERT INTO refused (id, source, status, received_at, size, topic, retried_at, event_id, reason, method, url, headers,
                     body)
VALUES (:id, :source, :status, :received_at, :size, :topic, :retried_at, :event_id, :reason, :method, :url, :headers,
        :body)
"""

RETRIED = "UPDATE refused SET retried_at = :now, event_id = :event_id WHERE id = :id"

# Drops the oldest beyond a number of requests and a number of bytes.
TRIM_REFUSED = """
DELETE FROM refused WHERE id IN (
  SELECT id FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) AS place, SUM(size) OVER (ORDER BY id DESC) AS bytes FROM refused
  ) AS kept WHERE place > :most OR (bytes > :most_bytes AND place > 1)
)
"""

ADD_TO_COUNTER = """
INSERT INTO counters (name, value) VALUES (:name, :change)
ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value
"""
ADD_TO_TOTAL = """
INSERT INTO totals (touchpoint, state, value) VALUES (:touchpoint, :state, :change)
ON CONFLICT (touchpoint, state) DO UPDATE SET value = totals.value + excluded.value
"""
