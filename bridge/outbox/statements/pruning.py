"""SQL for letting go of what is old; every statement handles at most `:limit` rows or the ids given."""

# ruff: noqa: S608 - only literals of this file are put together

_AT_REST = """
NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event_id = events.id
          AND (state = 'pending' OR state = 'sending' OR state = 'held'))
AND NOT EXISTS (SELECT 1 FROM lookups WHERE lookups.event_id = events.id AND (state = 'waiting' OR state = 'calling'))
"""
OLD_PAYLOADS = f"""
SELECT id FROM events WHERE body IS NOT NULL AND received_at < :before AND {_AT_REST}
ORDER BY received_at LIMIT :limit
"""
EMPTY_EVENT = "UPDATE events SET query = NULL, headers = NULL, body = NULL WHERE id = :id"
EMPTY_LOOKUP = "UPDATE lookups SET results = NULL WHERE event_id = :id"
EMPTY_DELIVERIES = "UPDATE deliveries SET body = NULL WHERE event_id = :id"

OLD_EVENTS = f"""
SELECT id, marks FROM events WHERE id < :before AND {_AT_REST} ORDER BY id LIMIT :limit
"""
VERDICTS_LEAVING = "SELECT verdict, COUNT(*) FROM decisions WHERE event_id IN ({ids}) GROUP BY verdict"
DELIVERIES_LEAVING = """
SELECT touchpoint, state, COUNT(*), COUNT(replay_id) FROM deliveries WHERE event_id IN ({ids})
GROUP BY touchpoint, state
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
MARK_LEAVES = "DELETE FROM marks WHERE digest = :digest AND event_id = :event_id AND kind = :kind"

OLD_REFUSED_LEAVE = """
DELETE FROM refused WHERE id IN (SELECT id FROM refused WHERE id < :before ORDER BY id LIMIT :limit)
"""
EXPIRED_IDS_LEAVE = """
DELETE FROM dedupe WHERE (source, tenant, source_event_id) IN (
  SELECT source, tenant, source_event_id FROM dedupe WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)
"""
EXPIRED_KEYS_LEAVE = """
DELETE FROM once WHERE (source, mapping, tenant, key) IN (
  SELECT source, mapping, tenant, key FROM once WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
)
"""
