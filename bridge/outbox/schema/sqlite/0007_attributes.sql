-- The names and types of values that targets have accepted; kept when the deliveries are pruned. `last_seen` is written
-- once a day.
CREATE TABLE attributes (
  touchpoint TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('text', 'number', 'boolean')),
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (touchpoint, name, type)
) STRICT, WITHOUT ROWID;
INSERT INTO attributes (touchpoint, name, type, first_seen, last_seen)
SELECT touchpoint, attribute.key,
       CASE attribute.type WHEN 'text' THEN 'text' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' ELSE 'number' END,
       MIN(state_at), MAX(state_at)
FROM deliveries, json_each(CASE WHEN json_valid(body) THEN body ELSE '{}' END) AS attribute
WHERE state = 'delivered' AND attribute.type IN ('text', 'integer', 'real', 'true', 'false')
GROUP BY 1, 2, 3;
