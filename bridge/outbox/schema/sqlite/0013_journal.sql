-- The journal is read by who did something, by what was done, and from a time on; it grows by what people do.
CREATE INDEX actions_by_who ON actions (who, number);
CREATE INDEX actions_by_verb ON actions (verb, number);
CREATE INDEX actions_by_time ON actions (at, number);
