-- What is looked up about events that hold only ids: asked of the system after the event was accepted, before it is decided.

-- One lookup per event. `lease` and `age_from` are as those of deliveries; `results` (JSON: the answers by the names of
-- the requests) are people's data and go with the event's payload. `reason` says why it is where it is.
CREATE TABLE lookups (
  event_id TEXT NOT NULL PRIMARY KEY,
  source TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'calling', 'done', 'failed')),
  attempts INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  lease_until INTEGER,
  due_at INTEGER NOT NULL,
  age_from INTEGER NOT NULL,
  state_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  results TEXT
) STRICT;
-- What waits is few, and has indexes of its own, which do not grow with history.
CREATE INDEX lookups_due ON lookups (source, due_at, event_id) WHERE state = 'waiting';
CREATE INDEX lookups_under_way ON lookups (state, event_id) WHERE state = 'waiting' OR state = 'calling';

-- Replays that wait for a lookup made again: of a failed decision, or of the delivery `replay_of` (else empty).
CREATE TABLE awaited (
  event_id TEXT NOT NULL,
  replay_id TEXT NOT NULL,
  mapping TEXT NOT NULL,
  element INTEGER NOT NULL,
  replay_of TEXT NOT NULL,
  PRIMARY KEY (event_id, replay_id, mapping, element, replay_of)
) STRICT, WITHOUT ROWID;

-- Systems that refused the secret: nothing is asked of them until `until`, or until a new secret is stored.
CREATE TABLE denials (
  source TEXT NOT NULL PRIMARY KEY,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
