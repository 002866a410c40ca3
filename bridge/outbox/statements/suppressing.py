"""SQL for who is never asked again."""

SUPPRESS = """
INSERT INTO suppressions (contact, shown, reason, since, added_by)
VALUES (:contact, :shown, :reason, :since, :added_by)
ON CONFLICT (contact) DO NOTHING
"""
UNSUPPRESS = "DELETE FROM suppressions WHERE contact = :contact"
SUPPRESSION = "SELECT contact, shown, reason, since, added_by FROM suppressions WHERE contact = :contact"
SUPPRESSIONS = """
SELECT contact, shown, reason, since, added_by FROM suppressions WHERE (since, contact) < (:since, :contact)
ORDER BY since DESC, contact DESC LIMIT :limit
"""
