"""Sending one delivery to its touchpoint, and telling exactly how far it got; the only importer of httpx."""

from bridge.touchpoint.request import ready
from bridge.touchpoint.sender import Sender

__all__ = ["Sender", "ready"]
