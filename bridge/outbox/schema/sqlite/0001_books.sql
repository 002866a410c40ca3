-- The books: what came in, what was decided of it, what goes out, and what became of it.
-- Ids are text in time order, times integer milliseconds, JSON is text, states are text with a CHECK; no column
-- type, function or key here is SQLite's own, so another database can hold the same tables. There are no
-- foreign keys: `bridge audit` proves what they would, and history can be dropped in pieces.

-- One thing that a source said happened. Wide columns come last: lists read a row's first page only.
-- `headers`, `query` and `body` become NULL when payloads are pruned; `marks` says which marks to drop with the event.
CREATE TABLE events (
  id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  topic TEXT NOT NULL,
  source_event_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  occurred_at INTEGER,
  dedupe_until INTEGER NOT NULL,
  config TEXT NOT NULL,
  size INTEGER NOT NULL,
  marks TEXT NOT NULL,
  query TEXT,
  headers TEXT,
  body BLOB
) STRICT;
CREATE INDEX events_by_source ON events (source, id);
CREATE INDEX events_with_payload ON events (received_at) WHERE body IS NOT NULL;

-- Which event a source's own id stands for, until when. `digest` tells a changed body.
CREATE TABLE dedupe (
  source TEXT NOT NULL,
  tenant TEXT NOT NULL,
  source_event_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (source, tenant, source_event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_by_expiry ON dedupe (expires_at);

-- What one mapping said of one event, or of one of its elements.
CREATE TABLE decisions (
  event_id TEXT NOT NULL,
  mapping TEXT NOT NULL,
  element INTEGER NOT NULL,
  verdict TEXT NOT NULL
    CHECK (verdict IN ('planned', 'skipped', 'suppressed', 'cancelling', 'failed', 'unmatched')),
  delivery_id TEXT,
  reason TEXT NOT NULL,
  PRIMARY KEY (event_id, mapping, element)
) STRICT, WITHOUT ROWID;
-- Planned decisions are found by their deliveries; terms joined by OR, so that the planner sees that one implies the index.
CREATE INDEX decisions_by_verdict ON decisions (verdict, event_id)
  WHERE verdict = 'skipped' OR verdict = 'suppressed' OR verdict = 'cancelling'
     OR verdict = 'failed' OR verdict = 'unmatched';

-- One enqueue request to be made. `lease` is the fencing number of its last claim; `state_at` is when the state began;
-- `age_from` is when giving up begins to count. `reason` says why it is where it is, `message` what the target answered.
CREATE TABLE deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  event_id TEXT NOT NULL,
  source TEXT NOT NULL,
  mapping TEXT NOT NULL,
  element INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  touchpoint TEXT NOT NULL,
  contact BLOB,
  key TEXT,
  config TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'held', 'delivered', 'cancelled', 'dead')),
  attempts INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  lease_until INTEGER,
  due_at INTEGER NOT NULL,
  age_from INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  state_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  replay_id TEXT,
  replay_of TEXT,
  body TEXT
) STRICT;
-- Hot rows are few and have indexes of their own, which do not grow with history.
CREATE INDEX deliveries_due ON deliveries (touchpoint, due_at, id, source, mapping) WHERE state = 'pending';
CREATE INDEX deliveries_by_state ON deliveries (state, id)
  WHERE state = 'pending' OR state = 'sending' OR state = 'held' OR state = 'cancelled' OR state = 'dead';
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_by_touchpoint ON deliveries (touchpoint, id);
CREATE INDEX deliveries_by_source ON deliveries (source, id);
CREATE INDEX deliveries_by_contact ON deliveries (contact, id) WHERE contact IS NOT NULL;
CREATE INDEX deliveries_by_origin ON deliveries (replay_of) WHERE replay_of IS NOT NULL;

-- One try at a delivery. `effective` is 0 where the lease was lost before the result came.
CREATE TABLE attempts (
  delivery_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('answered', 'not_sent', 'unknown', 'crashed')),
  status INTEGER,
  message TEXT NOT NULL,
  ruling TEXT NOT NULL CHECK (ruling IN ('delivered', 'retry', 'hold', 'pause', 'dead')),
  reason TEXT NOT NULL,
  effective INTEGER NOT NULL CHECK (effective IN (0, 1)),
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

-- Which event holds a once-key. It no longer blocks when all of that event's deliveries for it are dead or cancelled.
CREATE TABLE once (
  source TEXT NOT NULL,
  mapping TEXT NOT NULL,
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  event_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (source, mapping, tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_expiry ON once (expires_at);

-- What events can be found by, as keyed hashes.
CREATE TABLE marks (
  digest BLOB NOT NULL,
  event_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (digest, event_id, kind)
) STRICT, WITHOUT ROWID;

-- Requests that were not accepted, the newest of them.
CREATE TABLE refused (
  id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  status INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  reason TEXT NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX refused_by_age ON refused (id, size, source);

CREATE TABLE pauses (
  scope TEXT NOT NULL CHECK (scope IN ('all', 'touchpoint', 'mapping', 'source')),
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  paused_by TEXT NOT NULL CHECK (paused_by IN ('operator', 'target')),
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE replays (
  id TEXT NOT NULL PRIMARY KEY,
  mode TEXT NOT NULL CHECK (mode IN ('stored-body', 'current-mapping')),
  description TEXT NOT NULL,
  started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a replay made of one old delivery, or of one failed decision (then `replay_of` is empty).
CREATE TABLE replayed (
  replay_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  mapping TEXT NOT NULL,
  element INTEGER NOT NULL,
  replay_of TEXT NOT NULL,
  verdict TEXT NOT NULL
    CHECK (verdict IN ('planned', 'skipped', 'suppressed', 'cancelling', 'failed', 'unmatched')),
  delivery_id TEXT,
  replayed_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (event_id, mapping, element, replay_of, replay_id)
) STRICT, WITHOUT ROWID;

-- Kept from what the code intends, in the same transaction as the rows; `bridge audit` compares the two.
CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many deliveries of each touchpoint are in each state now.
CREATE TABLE totals (
  touchpoint TEXT NOT NULL,
  state TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (touchpoint, state)
) STRICT, WITHOUT ROWID;

-- Stored secrets, encrypted.
CREATE TABLE secrets (
  name TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL,
  sealed BLOB NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The versions of the mapping files that were in force, as a JSON object of file name and text.
CREATE TABLE configurations (
  fingerprint TEXT NOT NULL PRIMARY KEY,
  in_force_since INTEGER NOT NULL,
  files TEXT NOT NULL
) STRICT;
