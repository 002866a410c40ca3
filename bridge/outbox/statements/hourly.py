"""SQL for how the counters stood at each hour."""

KEEP = "INSERT INTO hourly (hour, counters) VALUES (:hour, :counters) ON CONFLICT (hour) DO NOTHING"
LET_GO = "DELETE FROM hourly WHERE hour <= :before"
HOURS = "SELECT hour, counters FROM hourly WHERE hour >= :since AND hour <= :until ORDER BY hour"
