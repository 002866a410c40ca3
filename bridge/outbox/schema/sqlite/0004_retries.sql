-- Refused requests can be searched by the topic that they claim, and remember that they were taken in after all. Made
-- anew, since wide columns come last; there are at most a thousand.
CREATE TABLE refused_anew (
  id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  status INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  topic TEXT NOT NULL,
  retried_at INTEGER,
  event_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
INSERT INTO refused_anew (id, source, status, received_at, size, topic, retried_at, event_id, reason, method, url,
                          headers, body)
SELECT id, source, status, received_at, size, '', NULL, '', reason, method, url, headers, body FROM refused;
DROP TABLE refused;
ALTER TABLE refused_anew RENAME TO refused;
CREATE INDEX refused_by_age ON refused (id, size, source);
