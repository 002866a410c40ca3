"""The wiring: settings, store, vault, catalog and courier become a running bridge."""
