"""Stand-ins for people's data: a payload that is as the original in everything but whom it is about."""

from bridge.core.standins.payload import stand_in

__all__ = ["stand_in"]
