-- Sending with judgement: when, to whom, and whether still. Deliveries are made anew, since wide columns come last.

-- `day` is that of the event's receipt, in days since 1970 (UTC). `lane` 1 is that of replays: live traffic goes first.
-- `wanted_at` is when it was to be sent by its mapping (`due_at` moves with every retry); `expires_at` when it is no
-- longer sent. `asked_at` is when it was last claimed, NULL when it is known that the target did not take it: these are
-- the requests that count towards a contact's cap. `hours` (JSON) says when in the contact's zone it may be sent.
-- `replaces` is the delivery whose place it takes, where that one was being sent when it came.
CREATE TABLE deliveries_anew (
  id TEXT NOT NULL PRIMARY KEY,
  event_id TEXT NOT NULL,
  source TEXT NOT NULL,
  mapping TEXT NOT NULL,
  element INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  day INTEGER NOT NULL,
  touchpoint TEXT NOT NULL,
  lane INTEGER NOT NULL CHECK (lane IN (0, 1)),
  contact BLOB,
  key TEXT,
  config TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'held', 'delivered', 'cancelled', 'dead')),
  attempts INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  lease_until INTEGER,
  due_at INTEGER NOT NULL,
  wanted_at INTEGER NOT NULL,
  expires_at INTEGER,
  asked_at INTEGER,
  age_from INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  state_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  replay_id TEXT,
  replay_of TEXT,
  replaces TEXT,
  hours TEXT,
  body TEXT
) STRICT;
INSERT INTO deliveries_anew (id, event_id, source, mapping, element, tenant, day, touchpoint, lane, contact, key, config,
                             state, attempts, lease, lease_until, due_at, wanted_at, expires_at, asked_at, age_from,
                             created_at, state_at, reason, message, replay_id, replay_of, replaces, hours, body)
SELECT id, event_id, source, mapping, element, tenant,
       COALESCE((SELECT received_at FROM events WHERE events.id = event_id), created_at) / 86400000, touchpoint, 0,
       contact, key, config, state, attempts, lease, lease_until, due_at, created_at, NULL,
       CASE WHEN state = 'delivered' OR state = 'sending' OR (state = 'held' AND attempts > 0) THEN state_at END,
       age_from, created_at, state_at, reason, message, replay_id, replay_of, NULL, NULL, body
FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_anew RENAME TO deliveries;
-- Hot rows are few and have indexes of their own, which do not grow with history.
CREATE INDEX deliveries_due ON deliveries (touchpoint, lane, due_at, id, source, mapping) WHERE state = 'pending';
CREATE INDEX deliveries_by_state ON deliveries (state, id)
  WHERE state = 'pending' OR state = 'sending' OR state = 'held' OR state = 'cancelled' OR state = 'dead';
CREATE INDEX deliveries_waiting_by_key ON deliveries (key, mapping, source, tenant)
  WHERE key IS NOT NULL AND (state = 'pending' OR state = 'held');
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_by_touchpoint ON deliveries (touchpoint, id);
CREATE INDEX deliveries_by_source ON deliveries (source, id);
CREATE INDEX deliveries_by_contact ON deliveries (contact, id) WHERE contact IS NOT NULL;
CREATE INDEX deliveries_asked ON deliveries (contact, asked_at) WHERE contact IS NOT NULL AND asked_at IS NOT NULL;
CREATE INDEX deliveries_by_origin ON deliveries (replay_of) WHERE replay_of IS NOT NULL;
CREATE INDEX deliveries_by_replay ON deliveries (replay_id, id) WHERE replay_id IS NOT NULL;
CREATE INDEX deliveries_by_replaced ON deliveries (replaces) WHERE replaces IS NOT NULL;

-- What a cancelling event left behind: whatever waits, or comes, for the mapping, tenant and key is not sent.
CREATE TABLE tombstones (
  source TEXT NOT NULL,
  mapping TEXT NOT NULL,
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  event_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  cancelled_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (source, mapping, tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_by_expiry ON tombstones (expires_at);

-- Who is never asked again, by keyed hash. `shown` is the address or number masked; `added_by` a person or an event.
CREATE TABLE suppressions (
  contact BLOB NOT NULL PRIMARY KEY,
  shown TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  added_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX suppressions_by_time ON suppressions (since, contact);

-- Touchpoints that are failing: nothing is sent to them until `until`, then one request tries.
CREATE TABLE circuits (
  touchpoint TEXT NOT NULL PRIMARY KEY,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The counters of the books once more by source and day of the event's receipt; kept when the rows are pruned.
CREATE TABLE daily (
  day INTEGER NOT NULL,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (day, source, name)
) STRICT, WITHOUT ROWID;
INSERT INTO daily (day, source, name, value)
SELECT received_at / 86400000, source, 'events.accepted', COUNT(*) FROM events GROUP BY 1, 2
UNION ALL
SELECT received_at / 86400000, source, 'events.decided', COUNT(*) FROM events
WHERE EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id) GROUP BY 1, 2
UNION ALL
SELECT received_at / 86400000, source, 'events.waiting', COUNT(*) FROM events
WHERE NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.event_id = events.id) GROUP BY 1, 2
UNION ALL
SELECT received_at / 86400000, source, 'decisions', COUNT(*) FROM decisions CROSS JOIN events
WHERE events.id = decisions.event_id GROUP BY 1, 2
UNION ALL
SELECT received_at / 86400000, source, 'decisions.' || verdict, COUNT(*) FROM decisions CROSS JOIN events
WHERE events.id = decisions.event_id GROUP BY 1, 2, 3
UNION ALL
SELECT day, source, 'deliveries.planned', COUNT(*) FROM deliveries WHERE replay_id IS NULL GROUP BY 1, 2
UNION ALL
SELECT day, source, 'deliveries.replayed', COUNT(*) FROM deliveries WHERE replay_id IS NOT NULL GROUP BY 1, 2
UNION ALL
SELECT day, source, 'deliveries.' || state, COUNT(*) FROM deliveries GROUP BY 1, 2, 3;
-- What was pruned before days were counted: no day and no source is known any more.
INSERT INTO daily (day, source, name, value)
SELECT 0, '', name, value - COALESCE((SELECT SUM(value) FROM daily WHERE daily.name = counters.name), 0) FROM counters
WHERE name <> 'attempts' AND name <> 'pruned.attempts' AND name <> 'refused' AND name <> 'pruned.refused'
  AND name <> 'duplicates'
  AND value <> COALESCE((SELECT SUM(value) FROM daily WHERE daily.name = counters.name), 0);

-- The audit reads an event's source and day from the index alone.
DROP INDEX events_by_source;
CREATE INDEX events_by_source ON events (source, id, received_at);
