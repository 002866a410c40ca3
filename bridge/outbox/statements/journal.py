"""SQL for who changed what."""

NOTE = "INSERT INTO actions (at, who, verb, about, detail) VALUES (:at, :who, :verb, :about, :detail)"
ACTIONS = """
SELECT at, who, verb, about, detail, number FROM actions WHERE number < :before ORDER BY number DESC LIMIT :limit
"""
