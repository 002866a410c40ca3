"""SQL for what an operator changes."""

RESUME = "DELETE FROM pauses WHERE scope = :scope AND name = :name RETURNING since"

# The time paused does not count towards giving up; what became due meanwhile begins now, what is due later then.
_REJUVENATE = """
UPDATE deliveries SET age_from = CASE WHEN age_from > :since THEN :now ELSE age_from + :now - :since END
WHERE state = 'pending' AND age_from <= :now
"""
REJUVENATE = {
    "all": _REJUVENATE,
    "touchpoint": _REJUVENATE + " AND touchpoint = :name",
    "source": _REJUVENATE + " AND source = :name",
    "mapping": _REJUVENATE + " AND source || '/' || mapping = :name",
}

AFFECTED = """
SELECT touchpoint, source, day, COUNT(*) FROM deliveries WHERE {conditions} GROUP BY touchpoint, source, day
"""
CANCEL = """
UPDATE deliveries SET state = 'cancelled', state_at = :now, reason = :new_reason WHERE {conditions}
"""
HOLD = "UPDATE deliveries SET state = 'held', state_at = :now, reason = :new_reason WHERE {conditions}"
RELEASE = """
UPDATE deliveries SET state = 'pending', reason = '', state_at = :now, due_at = :now,
       age_from = CASE WHEN age_from > state_at THEN :now ELSE age_from + :now - state_at END
WHERE {conditions}
"""
