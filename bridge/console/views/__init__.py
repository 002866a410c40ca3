"""What pages show, worked out from rows: pure functions, no request and no store."""
