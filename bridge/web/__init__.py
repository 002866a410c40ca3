"""The HTTP side: the hooks that sources call, health and metrics, and the guarded server protocol."""
