"""SQL for erasing a person's data; each statement is about a few ids, or a range of them."""

# ruff: noqa: S608 - only literals of these files are put together

from bridge.outbox.statements.marking import FOUND_BY, SPAN_OF_ID

FOUND = f"""
SELECT marks.id AS event_id {FOUND_BY} = :mark AND marks.id > :id AND marks.kind <> ''
UNION
SELECT event_id FROM deliveries WHERE id IN (SELECT marks.id {FOUND_BY} = :mark AND marks.kind = '') AND event_id > :id
ORDER BY event_id LIMIT :limit
"""
IS_FOUND = f"""
SELECT 1 FROM marks WHERE span = {SPAN_OF_ID} AND digest = :mark AND id = :id
UNION ALL SELECT 1 FROM deliveries WHERE event_id = :id AND contact = :mark LIMIT 1
"""
EVENT = "SELECT source, tenant, topic, config, received_at, marks FROM events WHERE id = :id"
DELIVERIES_OF = """
SELECT id, source, mapping, tenant, element, day, touchpoint, contact, key, state FROM deliveries WHERE event_id = :id
"""
DELIVERY = """
SELECT id, event_id, source, mapping, tenant, element, day, touchpoint, contact, key, state FROM deliveries
WHERE id = :id
"""
CANCEL = "UPDATE deliveries SET state = 'cancelled', state_at = :now, reason = 'erased' WHERE id = :id"
EMPTY_DELIVERY = """
UPDATE deliveries SET body = NULL, message = '', contact = NULL, key = NULL,
       reason = CASE WHEN reason = '' THEN '' ELSE 'erased' END
WHERE id = :id
"""
EMPTY_ATTEMPTS = """
UPDATE attempts SET message = '', reason = CASE WHEN reason = '' THEN '' ELSE 'erased' END WHERE delivery_id = :id
"""
DELIVERED_ELSEWHERE = """
SELECT 1 FROM deliveries WHERE event_id = :event_id AND mapping = :mapping AND key = :key
  AND state <> 'cancelled' AND state <> 'dead' LIMIT 1
"""
EMPTY_EVENT = "UPDATE events SET query = NULL, headers = NULL, body = NULL, marks = :marks WHERE id = :id"
EMPTY_PAYLOAD = "UPDATE events SET query = NULL, headers = NULL, body = NULL WHERE id = :id"
ID_LEAVES = """
DELETE FROM dedupe WHERE source = :source AND tenant = :tenant AND source_event_id = :own AND event_id = :id
"""
EMPTY_ID = "UPDATE events SET source_event_id = 'erased' WHERE id = :id"
# What was sent, skipped or not matched says nothing of a person; the other reasons may quote a key or a masked address.
EMPTY_DECISIONS = """
UPDATE decisions SET reason = 'erased' WHERE event_id = :id AND reason <> ''
  AND (verdict = 'suppressed' OR verdict = 'cancelling' OR verdict = 'failed')
"""
EMPTY_REPLAYED = "UPDATE replayed SET reason = 'erased' WHERE event_id = :id AND reason <> ''"
DECISIONS_OF = "SELECT mapping, element, reason FROM decisions WHERE event_id = :id AND reason <> ''"
EMPTY_DECISION = """
UPDATE decisions SET reason = 'erased' WHERE event_id = :id AND mapping = :mapping AND element = :element
"""
LOOKUP_STATE = "SELECT state FROM lookups WHERE event_id = :id"
EMPTY_LOOKUP = """
UPDATE lookups SET results = NULL, reason = CASE WHEN reason = '' THEN '' ELSE 'erased' END WHERE event_id = :id
"""
END_LOOKUP = """
UPDATE lookups SET state = 'failed', results = NULL, reason = 'erased', state_at = :now
WHERE event_id = :id AND state = 'waiting'
"""
AWAITED_LEAVES = "DELETE FROM awaited WHERE event_id = :id"

SCAN_EVENTS = """
SELECT events.id, events.source, events.tenant, source_event_id, query, headers, body, results, lookups.reason
FROM events LEFT JOIN lookups ON lookups.event_id = events.id
WHERE events.id > :id ORDER BY events.id LIMIT :limit
"""
SCAN_DELIVERIES = "SELECT id, key, reason, message, body FROM deliveries WHERE id > :id ORDER BY id LIMIT :limit"
ATTEMPTS_OF = "SELECT message, reason FROM attempts WHERE delivery_id = :id AND (message <> '' OR reason <> '')"
SCAN_REFUSED = "SELECT id, topic, reason, url, headers, body FROM refused WHERE id > :id ORDER BY id LIMIT :limit"
REFUSED_LEAVES = "DELETE FROM refused WHERE id = :id"

TOMBSTONES = "SELECT source, mapping, tenant, key FROM tombstones"
TOMBSTONE_LEAVES = """
DELETE FROM tombstones WHERE source = :source AND mapping = :mapping AND tenant = :tenant AND key = :key
"""
EMPTY_SUPPRESSION = "UPDATE suppressions SET shown = 'erased' WHERE contact = :mark AND shown <> 'erased'"
REPLAYS = "SELECT id, why, description FROM replays"
EMPTY_REPLAY = "UPDATE replays SET why = 'erased', description = 'erased' WHERE id = :id"

RECORD = """
INSERT INTO erasures (event_id, who, asked_at, state, ended_at, counts)
VALUES (:event_id, :who, :asked_at, 'erased', NULL, :counts) RETURNING number
"""
OPEN = """
SELECT number, event_id, who, asked_at, state, ended_at, counts FROM erasures WHERE state = 'erased' ORDER BY number
"""
LATEST = """
SELECT number, event_id, who, asked_at, state, ended_at, counts FROM erasures
ORDER BY number DESC LIMIT :limit
"""
DONE = "UPDATE erasures SET state = 'done', ended_at = :now WHERE number <= :upto AND state = 'erased'"
# Requests about people's data whose payload is still there and that nobody has carried out.
REQUESTS = """
SELECT marks.id FROM spans CROSS JOIN marks CROSS JOIN events
WHERE marks.span = spans.number AND digest = :mark AND kind = :kind AND events.id = marks.id AND body IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.event_id = marks.id AND erasures.event_id <> '')
ORDER BY spans.number, marks.id LIMIT :limit
"""
