"""What a verb answers instead of doing what it was asked."""

from bridge.core.errors import BridgeError


class Declined(BridgeError):
    """The request cannot be granted; `message` is for the one who asked: what is wrong and what to do next."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_found(what: str, how: str = "") -> Declined:
    """Decline because there is no such thing; `how` says where to look."""
    return Declined(404, f"there is no {what}" + (f"; {how}" if how else ""))


def invalid(message: str) -> Declined:
    """Decline because what was given cannot be meant."""
    return Declined(422, message)
