"""SQL for who changed what."""

NOTE = "INSERT INTO actions (at, who, verb, about, detail) VALUES (:at, :who, :verb, :about, :detail)"
ACTIONS = """
SELECT at, who, verb, about, detail, number FROM actions WHERE {conditions} ORDER BY number DESC LIMIT :limit
"""
# Numbers are in the order of time: where the first one of a time is, the search ends.
CONDITIONS = {
    "before": "number < :before",
    "who": "who = :who",
    "verb": "verb = :verb",
    "since": "number >= (SELECT number FROM actions WHERE at >= :since ORDER BY at, number LIMIT 1)",
}

# Jumps from one value to the next by the index, so that the journal's length does not matter.
_VALUES = """
WITH RECURSIVE known (value) AS (
  SELECT MIN({column}) FROM actions
  UNION ALL
  SELECT (SELECT MIN({column}) FROM actions WHERE {column} > known.value) FROM known WHERE known.value IS NOT NULL
)
SELECT value FROM known WHERE value IS NOT NULL LIMIT 500
"""
PEOPLE = _VALUES.format(column="who")
VERBS = _VALUES.format(column="verb")
