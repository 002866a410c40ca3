-- What is found by keyed hashes is kept apart by when it came: a hash says nothing of time, so each new one would else be
-- written somewhere in all of the history, on a page of its own.

-- A span begins with what follows `first` in the order of ids (without their kind), the one with `` with the first id of
-- all; `begun` is how many events and deliveries had been made by then, from which follows when it is full.
CREATE TABLE spans (
  number INTEGER NOT NULL PRIMARY KEY,
  first TEXT NOT NULL UNIQUE,
  begun INTEGER NOT NULL
) STRICT;
INSERT INTO spans (number, first, begun)
SELECT 1, '', COALESCE(SUM(value), 0) FROM counters
WHERE name = 'events.accepted' OR name = 'deliveries.planned' OR name = 'deliveries.replayed';
INSERT INTO spans (number, first, begun)
SELECT 1 + place / 25000, SUBSTR(id, 5), begun
FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place FROM events) CROSS JOIN (SELECT begun FROM spans) AS counted
WHERE place > 0 AND place % 25000 = 0;

-- What events and deliveries can be found by: an event by marks of some kinds, a delivery (whose kind is ``) by its contact.
CREATE TABLE marks_anew (
  span INTEGER NOT NULL,
  digest BLOB NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (span, digest, id, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO marks_anew (span, digest, id, kind)
SELECT (SELECT number FROM spans WHERE first <= SUBSTR(id, 5) ORDER BY first DESC LIMIT 1), digest, id, kind
FROM (SELECT digest, event_id AS id, kind FROM marks
      UNION ALL
      SELECT contact, id, '' FROM deliveries WHERE contact IS NOT NULL)
ORDER BY 1, 2, 3, 4;
DROP TABLE marks;
ALTER TABLE marks_anew RENAME TO marks;
DROP INDEX deliveries_by_contact;
