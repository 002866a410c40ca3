"""The outbox: events, decisions, deliveries and attempts on disk, and the books about them."""
