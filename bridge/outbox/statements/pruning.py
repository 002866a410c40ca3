"""SQL for letting go of what is old; every statement handles at most `:limit` rows or the ids given."""

# ruff: noqa: S608 - only literals of this file are put together

_AT_REST = """
NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event_id = events.id
          AND (state = 'pending' OR state = 'sending' OR state = 'held'))
AND NOT EXISTS (SELECT 1 FROM lookups WHERE lookups.event_id = events.id AND (state = 'waiting' OR state = 'calling'))
"""
# How many rows an event brings along: its decisions, most of which have a delivery, and itself.
_WEIGHT = "1 + (SELECT COUNT(*) FROM decisions WHERE decisions.event_id = events.id)"

# What still waits is looked at, too, once: where the next chunk goes on is behind it.
OLD_PAYLOADS = f"""
SELECT id, received_at, {_WEIGHT}, size, {_AT_REST} FROM events
WHERE body IS NOT NULL AND received_at >= :time AND received_at < :before AND (received_at > :time OR id > :id)
ORDER BY received_at, id LIMIT :limit
"""
COUNT_PAYLOADS = f"SELECT COUNT(*) FROM events WHERE body IS NOT NULL AND received_at < :before AND {_AT_REST}"
EMPTY_EVENT = "UPDATE events SET query = NULL, headers = NULL, body = NULL WHERE id = :id"
EMPTY_LOOKUP = "UPDATE lookups SET results = NULL WHERE event_id = :id"
EMPTY_DELIVERIES = "UPDATE deliveries SET body = NULL WHERE event_id = :id"

OLD_EVENTS = f"""
SELECT id, marks, {_WEIGHT}, CASE WHEN body IS NULL THEN 0 ELSE size END, {_AT_REST} FROM events
WHERE id > :id AND id < :before ORDER BY id LIMIT :limit
"""
COUNT_EVENTS = f"SELECT COUNT(*) FROM events WHERE id < :before AND {_AT_REST}"
EVENTS_LEAVING = "SELECT source, received_at / 86400000, COUNT(*) FROM events WHERE id IN ({ids}) GROUP BY 1, 2"
VERDICTS_LEAVING = """
SELECT source, received_at / 86400000, verdict, COUNT(*) FROM decisions CROSS JOIN events
WHERE events.id = decisions.event_id AND decisions.event_id IN ({ids}) GROUP BY 1, 2, 3
"""
DELIVERIES_LEAVING = """
SELECT source, day, touchpoint, state, COUNT(*), COUNT(replay_id) FROM deliveries WHERE event_id IN ({ids})
GROUP BY source, day, touchpoint, state
"""
ATTEMPTS_LEAVE = "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id IN ({ids}))"
# A key whose deliveries all came to nothing must not begin to block when they are gone.
LAPSED_KEYS = """
SELECT source, mapping, tenant, key, event_id FROM deliveries WHERE event_id IN ({ids}) AND key IS NOT NULL
GROUP BY source, mapping, tenant, key, event_id HAVING MAX(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END) = 0
"""
LAPSED_KEY_LEAVES = """
DELETE FROM once
WHERE source = :source AND mapping = :mapping AND tenant = :tenant AND key = :key AND event_id = :event_id
"""
DELIVERIES_LEAVE = "DELETE FROM deliveries WHERE event_id IN ({ids})"
DECISIONS_LEAVE = "DELETE FROM decisions WHERE event_id IN ({ids})"
REPLAYED_LEAVE = "DELETE FROM replayed WHERE event_id IN ({ids})"
LOOKUPS_LEAVE = "DELETE FROM lookups WHERE event_id IN ({ids})"
EVENTS_LEAVE = "DELETE FROM events WHERE id IN ({ids})"

OLD_REFUSED = "SELECT id, size FROM refused WHERE id < :before ORDER BY id LIMIT :limit"
COUNT_REFUSED = "SELECT COUNT(*) FROM refused WHERE id < :before"
REFUSED_LEAVE = "DELETE FROM refused WHERE id IN ({ids})"

EXPIRED_IDS_LEAVE = """
DELETE FROM dedupe WHERE (source, tenant, source_event_id) IN (
  SELECT source, tenant, source_event_id FROM dedupe WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)
"""
COUNT_IDS = "SELECT COUNT(*) FROM dedupe WHERE expires_at <= :now"
EXPIRED_KEYS_LEAVE = """
DELETE FROM once WHERE (source, mapping, tenant, key) IN (
  SELECT source, mapping, tenant, key FROM once WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)
"""
COUNT_KEYS = "SELECT COUNT(*) FROM once WHERE expires_at <= :now"
EXPIRED_TOMBSTONES_LEAVE = """
DELETE FROM tombstones WHERE (source, mapping, tenant, key) IN (
  SELECT source, mapping, tenant, key FROM tombstones WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)
"""
OLD_REPLAYS_LEAVE = """
DELETE FROM replays WHERE id IN (
  SELECT id FROM replays WHERE ended_at < :before ORDER BY ended_at LIMIT :limit
)
"""
COUNT_REPLAYS = "SELECT COUNT(*) FROM replays WHERE ended_at < :before"
COUNT_TOMBSTONES = "SELECT COUNT(*) FROM tombstones WHERE expires_at <= :now"
