"""SQL for the attributes that targets have accepted."""

NOTE = """
INSERT INTO attributes (touchpoint, name, type, first_seen, last_seen)
VALUES (:touchpoint, :name, :type, :now, :now)
ON CONFLICT (touchpoint, name, type) DO UPDATE
SET first_seen = MIN(first_seen, excluded.first_seen), last_seen = MAX(last_seen, excluded.last_seen)
"""
NOTED = """
SELECT touchpoint, name, type, first_seen, last_seen FROM attributes
WHERE :touchpoint IS NULL OR touchpoint = :touchpoint
ORDER BY touchpoint, name, type
"""
