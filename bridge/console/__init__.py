"""The console: pages for those who operate the bridge, on the admin port."""

from bridge.console.app import console_app

__all__ = ["console_app"]
