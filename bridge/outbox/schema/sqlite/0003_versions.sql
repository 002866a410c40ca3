-- When which version of the mapping files came into force, and how: what the clock says does not order them.

-- `number` counts from 1. `how` is `unknown` for versions from before this was kept.
CREATE TABLE enforced (
  number INTEGER NOT NULL PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  since INTEGER NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('start', 'reload', 'apply', 'restore', 'unknown'))
) STRICT;
INSERT INTO enforced (number, fingerprint, since, how)
SELECT ROW_NUMBER() OVER (ORDER BY in_force_since, fingerprint DESC), fingerprint, in_force_since, 'unknown'
FROM configurations;
