"""SQL for counting what a filter selects; every row is counted once, so it is ids that are found."""

EVENTS = "SELECT events.id FROM events WHERE {conditions}"
# CROSS JOIN keeps the order of the tables: the rare side leads.
EVENTS_BY_VERDICT = """
SELECT decisions.event_id FROM decisions CROSS JOIN events WHERE events.id = decisions.event_id AND {conditions}
"""
EVENTS_BY_STATE = """
SELECT deliveries.event_id FROM deliveries CROSS JOIN events WHERE events.id = deliveries.event_id AND {conditions}
"""
DELIVERIES = "SELECT id FROM deliveries WHERE {conditions}"
REFUSED = "SELECT id FROM refused WHERE {conditions}"

KEPT_EVENTS = """
SELECT COALESCE(SUM(CASE name WHEN 'events.accepted' THEN value ELSE -value END), 0) FROM counters
WHERE name = 'events.accepted' OR name = 'pruned.events'
"""
KEPT_DELIVERIES = "SELECT touchpoint, state, value FROM totals"
