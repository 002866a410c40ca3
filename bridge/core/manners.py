"""How a system wants to be spoken with, as values: handshakes, replies, and what is odd about its bodies."""

from dataclasses import dataclass
from typing import Literal

from bridge.core.verification.scheme import Place

Proof = Literal["nothing", "signature", "token"]

TEXT, JSON, XML = "text/plain", "application/json", "text/xml"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a request must have to be a handshake: this text at the place, or any text that is not empty.

    `is_empty_list`: an empty list stands there.
    """

    place: Place
    text: str | None = None
    is_empty_list: bool = False


@dataclass(frozen=True, slots=True)
class Echo:
    """A part of an answer: the text at the place, or its HMAC-SHA256 in hex under the request's secret."""

    place: Place
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class Handshake:
    """How a system asks whether an address is willing, and what it must hear. Nothing of it is stored.

    `methods` and all of `conditions` recognise the request; `is_empty`: its body must be empty. `proof` comes before
    the answer: the source's own signature or token, or the text at `token` equal to a secret, else `refusal` is the
    status. The answer is `echo` as text, or `members` as a JSON object, or empty; `headers` are added to it.
    `deadline` is in seconds, None where nobody says; `unconfirmed` facts are from memory.
    """

    name: str
    methods: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    is_empty: bool = False
    proof: Proof = "nothing"
    token: Place | None = None
    refusal: int = 401
    echo: Echo | None = None
    members: tuple[tuple[str, Echo], ...] = ()
    headers: tuple[tuple[str, Echo], ...] = ()
    confirm: Place | None = None  # an address that a person must open to finish
    deadline: int | None = None
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system wants to hear when its event was taken. Without a body of its own: the ids of the events."""

    status: int = 200
    body: str | None = None
    content_type: str = JSON


_USUAL = Reply()


@dataclass(frozen=True, slots=True)
class FormField:
    """The field of a form that holds JSON text: read where it stands, or, if `is_whole`, in place of the form."""

    name: str
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Manners:
    """All of it for one system.

    `reply` is for events that were taken, `not_proven` the body of a 401, `blocks` says that one refused request holds
    up all later ones, so that a body nobody can read is taken as well. `privacy` are the topics by which a person, or
    a shop, asks to be forgotten or told; `erases` those that ask to erase a person, with the places of address and
    number in the payload. `sends` is the content type of its requests.
    """

    handshakes: tuple[Handshake, ...] = ()
    reply: Reply = _USUAL
    not_proven: str | None = None
    blocks: bool = False
    field: FormField | None = None
    privacy: frozenset[str] = frozenset()
    erases: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    sends: str = JSON


PLAIN = Manners()
