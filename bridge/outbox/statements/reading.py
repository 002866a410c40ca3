"""SQL for looking at the books; the lists take their conditions from `filters`."""

# ruff: noqa: S608 - only literals of this file are put together

from bridge.outbox.statements.marking import FOUND_BY

_EVENT_COLUMNS = """events.id, events.source, events.topic, events.source_event_id, events.tenant, events.received_at,
       events.occurred_at, events.config, events.size"""

EVENTS = f"SELECT {_EVENT_COLUMNS} FROM events WHERE {{conditions}} ORDER BY events.id DESC LIMIT :limit"
# CROSS JOIN keeps the order of the tables: the rare side leads, and the page ends the search.
EVENTS_BY_VERDICT = f"""
SELECT DISTINCT {_EVENT_COLUMNS} FROM decisions CROSS JOIN events
WHERE events.id = decisions.event_id AND {{conditions}} ORDER BY decisions.event_id DESC LIMIT :limit
"""
VERDICTS_OF = """
SELECT event_id, verdict, COUNT(*) AS number FROM decisions WHERE event_id IN ({ids}) GROUP BY event_id, verdict
"""
STATES_OF = (
    "SELECT event_id, state, COUNT(*) AS number FROM deliveries WHERE event_id IN ({ids}) GROUP BY event_id, state"
)

EVENT = f"""
SELECT {_EVENT_COLUMNS}, dedupe_until, marks, query, headers, body FROM events WHERE id = :id
"""
# The oldest payload ends the search, which would else go through all the history whose payloads are pruned.
OLDEST_PAYLOAD = "SELECT MIN(received_at) FROM events WHERE body IS NOT NULL"
STORED = f"""
SELECT {_EVENT_COLUMNS}, dedupe_until, marks, query, headers, body FROM events
WHERE body IS NOT NULL AND {{conditions}} ORDER BY id DESC LIMIT :limit
"""
FIND = """
SELECT events.id, events.source, events.topic, events.tenant, events.received_at, events.occurred_at, marks.kind
FROM spans CROSS JOIN marks CROSS JOIN events
WHERE marks.span = spans.number AND marks.digest = :digest AND marks.kind <> '' AND events.id = marks.id
ORDER BY spans.number DESC, marks.id DESC, marks.kind LIMIT :limit
"""
KNOWN = f"SELECT marks.digest {FOUND_BY} IN ({{ids}}) ORDER BY spans.number DESC"
DECISIONS = """
SELECT event_id, mapping, element, verdict, reason, delivery_id, NULL AS replay_id, NULL AS replay_of
FROM decisions WHERE event_id = :event_id
UNION ALL
SELECT event_id, mapping, element, verdict, reason, delivery_id, replay_id, NULLIF(replay_of, '')
FROM replayed WHERE event_id = :event_id
ORDER BY 2, 3, 7
"""

_DELIVERY_COLUMNS = """id, event_id, source, mapping, element, tenant, touchpoint, contact, key, config, state,
       attempts, due_at, wanted_at, expires_at, asked_at, age_from, created_at, state_at, reason, message, replay_id,
       replay_of, replaces, hours"""
DELIVERIES = f"SELECT {_DELIVERY_COLUMNS} FROM deliveries WHERE {{conditions}} ORDER BY id DESC LIMIT :limit"
DELIVERY = f"SELECT {_DELIVERY_COLUMNS}, body FROM deliveries WHERE id = :id"
ATTEMPTS = """
SELECT delivery_id, number, started_at, ended_at, outcome, status, message, ruling, reason, effective
FROM attempts WHERE delivery_id = :delivery_id ORDER BY number
"""

REFUSED = """
SELECT id, source, status, topic, reason, method, url, received_at, size, retried_at, event_id FROM refused
WHERE {conditions} ORDER BY id DESC LIMIT :limit
"""
STILL_REFUSED = "SELECT COUNT(*) FROM refused WHERE retried_at IS NULL"
REFUSAL = """
SELECT id, source, status, reason, method, url, headers, body, received_at, topic, retried_at, event_id FROM refused
WHERE id = :id
"""

ENDS = {
    "events": "SELECT (SELECT MIN(id) FROM events), (SELECT MAX(id) FROM events)",
    "deliveries": "SELECT (SELECT MIN(id) FROM deliveries), (SELECT MAX(id) FROM deliveries)",
    "refused": "SELECT (SELECT MIN(id) FROM refused), (SELECT MAX(id) FROM refused)",
}
COUNTERS = "SELECT name, value FROM counters ORDER BY name"
TOTALS = "SELECT touchpoint, state, value FROM totals WHERE value <> 0 ORDER BY touchpoint, state"
CIRCUITS = "SELECT touchpoint, reason, since, until FROM circuits ORDER BY touchpoint"
PAUSES = "SELECT scope, name, reason, since, paused_by FROM pauses ORDER BY scope, name"
