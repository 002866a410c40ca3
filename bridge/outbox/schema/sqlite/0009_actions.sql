-- Who changed what: never changed, never pruned. `about` names a touchpoint, a replay, a delivery, never a person's data.
CREATE TABLE actions (
  number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  verb TEXT NOT NULL,
  about TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
