"""The console: pages for those who operate the bridge, on the admin port."""

from bridge.console.app import console_app
from bridge.console.surface import surface

__all__ = ["console_app", "surface"]
