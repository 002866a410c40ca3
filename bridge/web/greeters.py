"""Answers the handshakes of known systems: each is a line in the log, and nothing of it is stored."""

from bridge.core.greeting import Greeting, address_to_open, greet, recognise, shows_token
from bridge.core.manners import Handshake, Manners
from bridge.core.model import Inbound
from bridge.web.answers import JSON, Answer, retry_after
from bridge.web.reception import LiveSource, Reception
from bridge.web.refusal import Refusals

NOT_PROVEN = Answer.saying(401, "the signature was not accepted")


def not_proven(manners: Manners, reason: str) -> Answer:
    """Refuse what nobody proved, as the system wants to hear it."""
    if manners.not_proven is None:
        return Answer(401, NOT_PROVEN.body, JSON, reason=reason)
    return Answer(401, manners.not_proven.encode(), reason=reason)


def waiting(live: LiveSource, reception: Reception) -> Answer:
    """Ask for another try when the source has its secret."""
    wait = retry_after(reception.patience("secret"))
    reason = f"the source is not ready: {live.waiting}"
    return Answer.saying(503, "this source is not ready; send it again later", headers=wait, reason=reason)


class Greeters:
    """Both moments at which a request may be a handshake: before its source's proof, and after it."""

    __slots__ = ("_reception", "_refusals")

    def __init__(self, reception: Reception, refusals: Refusals) -> None:
        self._reception = reception
        self._refusals = refusals

    def before(self, inbound: Inbound, live: LiveSource | None) -> Answer | None:
        """Answer a handshake that proves nothing, or shows a token; None where the request is none."""
        if live is None:
            return None
        handshake = recognise(live.source.manners.handshakes, inbound, proven=False)
        if handshake is None:
            return None
        if handshake.proof == "token":
            tokens = (live.verify_token,) if live.verify_token else live.secrets
            if not tokens:
                return waiting(live, self._reception)
            if not shows_token(handshake, inbound, [token.text for token in tokens]):
                message = "the token was not accepted"
                return Answer.saying(handshake.refusal, message, reason=f"the token of {handshake.name} is wrong")
        return self._answered(handshake, inbound, live, "")

    def after(self, inbound: Inbound, live: LiveSource, index: int) -> Answer | None:
        """Answer a handshake that the secret of this index proved; None where the request is none."""
        handshake = recognise(live.source.manners.handshakes, inbound, proven=True)
        if handshake is None:
            return None
        secret = live.secrets[index].text if index < len(live.secrets) else ""
        return self._answered(handshake, inbound, live, secret)

    def _answered(self, handshake: Handshake, inbound: Inbound, live: LiveSource, secret: str) -> Answer:
        greeting = greet(handshake, inbound, secret)
        address = address_to_open(handshake, inbound)
        further = {"open_to_finish": address} if address else {}
        self._refusals.say(
            "handshake.answered", level="info", source=live.source.name, handshake=handshake.name, **further
        )
        return _written(greeting)


def _written(greeting: Greeting) -> Answer:
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in greeting.headers]
    return Answer(greeting.status, greeting.body, greeting.content_type, headers)
