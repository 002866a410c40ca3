"""From due deliveries to settled attempts: claim, send, judge, settle."""

from bridge.courier.courier import Courier
from bridge.courier.needs import Carrier, Desk, Live, Store

__all__ = ["Carrier", "Courier", "Desk", "Live", "Store"]
