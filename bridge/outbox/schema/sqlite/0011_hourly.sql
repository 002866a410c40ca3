-- How the counters of the books stood when each hour began (`hour` in hours since 1970), or when the bridge first looked
-- in it; kept for some weeks. `counters` (JSON) has all that are not 0. An hour without a row: the bridge was off.
CREATE TABLE hourly (
  hour INTEGER NOT NULL PRIMARY KEY,
  counters TEXT NOT NULL
) STRICT;

-- What was given up lately is found by when that was: its id says only when it was planned.
CREATE INDEX deliveries_dead ON deliveries (state, state_at) WHERE state = 'dead';
