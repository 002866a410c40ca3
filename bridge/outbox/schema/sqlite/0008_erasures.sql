-- Whose data was erased is kept nowhere: only when, who asked for it, and how much it was.

-- `event_id` is the event that asked, `` for a person at the command line. `erased`: the rows are gone, and the file is to
-- be rebuilt by whoever may, so that no stale copy stays in it; `done`: it was. `counts` is JSON: numbers by kind.
CREATE TABLE erasures (
  number INTEGER NOT NULL PRIMARY KEY,
  event_id TEXT NOT NULL,
  who TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('erased', 'done')),
  ended_at INTEGER,
  counts TEXT NOT NULL
) STRICT;
CREATE INDEX erasures_by_event ON erasures (event_id) WHERE event_id <> '';
CREATE INDEX erasures_open ON erasures (number) WHERE state = 'erased';
