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
INSERT INTO deliveries (id, event_id, source, mapping, element, tenant, day, touchpoint, lane, contact, key, config,
                        state, attempts, lease, lease_until, due_at, wanted_at, expires_at, asked_at, age_from,
                        created_at, state_at, reason, message, replay_id, replay_of, replaces, hours, body)
VALUES (:id, :event_id, :source, :mapping, :element, :tenant, :day, :touchpoint, :lane, :contact, :key, :config,
        'pending',
        0, 0, NULL, :due_at, :wanted_at, :expires_at, NULL, :due_at, :now, :now, '', '', :replay_id, :replay_of,
        :replaces, :hours, :body)
"""

HOLD_ONCE_KEY = """
INSERT INTO once (source, mapping, tenant, key, event_id, expires_at)
VALUES (:source, :mapping, :tenant, :key, :event_id, :expires_at)
ON CONFLICT (source, mapping, tenant, key) DO UPDATE
SET event_id = excluded.event_id, expires_at = excluded.expires_at
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
ADD_TO_DAY = """
INSERT INTO daily (day, source, name, value) VALUES (:day, :source, :name, :change)
ON CONFLICT (day, source, name) DO UPDATE SET value = daily.value + excluded.value
"""
ADD_TO_TOTAL = """
INSERT INTO totals (touchpoint, state, value) VALUES (:touchpoint, :state, :change)
ON CONFLICT (touchpoint, state) DO UPDATE SET value = totals.value + excluded.value
"""
