"""From events that hold only ids to decided events: claim, ask the system, judge its answers, decide."""

from bridge.scout.needs import Desk, Fetcher, Live, Store
from bridge.scout.scout import Scout

__all__ = ["Desk", "Fetcher", "Live", "Scout", "Store"]
