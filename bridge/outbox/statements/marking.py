"""SQL for what events and deliveries are found by: keyed hashes, in spans of ids; the newest span takes most."""

# ruff: noqa: S608 - only literals of this file are put together

# Things are events and deliveries.
_THINGS = """
(SELECT COALESCE(SUM(value), 0) FROM counters
 WHERE name = 'events.accepted' OR name = 'deliveries.planned' OR name = 'deliveries.replayed')
"""
NEWEST_SPAN = f"SELECT number, first, {_THINGS} - begun FROM spans ORDER BY number DESC LIMIT 1"
# It begins after all that is there, so that nothing changes its span; where an id is ahead of its time, not yet.
BEGIN_SPAN = f"""
INSERT INTO spans (number, first, begun)
SELECT number + 1, after, {_THINGS}
FROM (SELECT number, first FROM spans ORDER BY number DESC LIMIT 1)
CROSS JOIN (SELECT MAX(COALESCE((SELECT SUBSTR(MAX(id), 5) FROM events), ''),
                       COALESCE((SELECT SUBSTR(MAX(id), 5) FROM deliveries), '')) || '0' AS after)
WHERE after > first
"""

_SPAN_OF = "(SELECT number FROM spans WHERE first <= SUBSTR({id}, 5) ORDER BY first DESC LIMIT 1)"
SPAN_OF_ID = _SPAN_OF.format(id=":id")
# `:span` is NULL where it is not the newest one.
INSERT_MARK = f"""
INSERT INTO marks (span, digest, id, kind) VALUES (COALESCE(:span, {SPAN_OF_ID}), :digest, :id, :kind)
"""
ADD_MARK = f"""
INSERT INTO marks (span, digest, id, kind) VALUES ({SPAN_OF_ID}, :digest, :id, :kind)
ON CONFLICT (span, digest, id, kind) DO NOTHING
"""
MARK_LEAVES = f"DELETE FROM marks WHERE span = {SPAN_OF_ID} AND digest = :digest AND id = :id AND kind = :kind"
CONTACTS_LEAVE = f"""
DELETE FROM marks WHERE (span, digest, id, kind) IN (
  SELECT {_SPAN_OF.format(id="deliveries.id")}, contact, id, '' FROM deliveries
  WHERE event_id IN ({{ids}}) AND contact IS NOT NULL
)
"""
EMPTY_SPANS_LEAVE = """
DELETE FROM spans WHERE first <> '' AND number < (SELECT MAX(number) FROM spans)
  AND NOT EXISTS (SELECT 1 FROM marks WHERE marks.span = spans.number)
"""

# CROSS JOIN keeps the order of the tables: the few spans lead, and each is asked by the key.
FOUND_BY = "FROM spans CROSS JOIN marks WHERE marks.span = spans.number AND marks.digest"
EVENTS_FOUND = f"SELECT marks.id {FOUND_BY} = :contact AND marks.kind <> ''"
DELIVERIES_FOUND = f"SELECT marks.id {FOUND_BY} = :contact AND marks.kind = ''"
