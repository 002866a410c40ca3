-- Replays are jobs, made anew since what was a remark is a state now. Whoever drives one holds its lease.

-- `selection` (JSON) is the filter; what is not older than the delivery id `newest` is left alone. `rate_count` in
-- `rate_period` ms, NULL without a limit; `wait` ms pass before a delivery is due. `after` is where the next page begins,
-- `next_at` when; `found`, `taken` and `made` count, `others` (JSON) counts by reason what was taken and not made.
-- `changed_by` is who paused, resumed or cancelled it last.
CREATE TABLE replays_anew (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('replay', 'backfill')),
  mode TEXT NOT NULL CHECK (mode IN ('stored-body', 'current-mapping')),
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done')),
  who TEXT NOT NULL,
  why TEXT NOT NULL,
  description TEXT NOT NULL,
  selection TEXT NOT NULL,
  include_delivered INTEGER NOT NULL CHECK (include_delivered IN (0, 1)),
  newest TEXT NOT NULL,
  rate_count INTEGER,
  rate_period INTEGER,
  wait INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  found INTEGER NOT NULL,
  after TEXT,
  next_at INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  made INTEGER NOT NULL,
  others TEXT NOT NULL,
  ended_at INTEGER,
  changed_by TEXT NOT NULL,
  driver TEXT NOT NULL,
  driven_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO replays_anew (id, kind, mode, state, who, why, description, selection, include_delivered, newest, rate_count,
                          rate_period, wait, started_at, found, after, next_at, taken, made, others, ended_at,
                          changed_by, driver, driven_until)
SELECT id, 'replay', mode, 'done', '', '', description, '{}', 0, '', NULL, NULL, 0, started_at,
       (SELECT COUNT(*) FROM replayed WHERE replay_id = replays.id), NULL, 0,
       (SELECT COUNT(*) FROM replayed WHERE replay_id = replays.id),
       (SELECT COUNT(*) FROM replayed WHERE replay_id = replays.id AND verdict = 'planned'), '{}', started_at, '', '', 0
FROM replays;
DROP TABLE replays;
ALTER TABLE replays_anew RENAME TO replays;
CREATE INDEX replays_by_end ON replays (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX replays_running ON replays (id) WHERE state = 'running';
