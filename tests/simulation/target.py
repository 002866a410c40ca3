"""The targets of the simulation: instead of sockets, moods. A request's fate depends on the seed and itself alone."""

import asyncio
from collections.abc import Callable, Mapping
from random import Random

from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery
from bridge.core.outcome import Answered, NotSent, Outcome, Unknown
from tests.simulation.virtual import Clock
from tests.simulation.witness import Request, Witness

MOODS: dict[str, dict[str, int]] = {  # what a target does, and how often
    "healthy": {"200": 1},
    "moody": {"200": 10, "503": 2, "429": 2, "none": 1, "unknown": 3, "400": 1},
    "busy": {"429": 3, "503 wait": 2, "200": 2},
    "down": {"none": 3, "503": 2, "unknown": 1},
    "strict": {"400": 2, "200": 1},
    "vague": {"unknown": 4, "200": 1},
}


class Targets:
    """A carrier that knows the truth. `on_flight` is told of a delivery that will be on its way for a while."""

    def __init__(
        self, seed: int, clock: Clock, witness: Witness, *, on_flight: Callable[[Delivery, Random], None]
    ) -> None:
        self._seed = seed
        self._clock = clock
        self._witness = witness
        self._on_flight = on_flight
        self._cut = asyncio.Event()
        self.moods = {"post": "healthy", "hook": "healthy"}
        self.valid = {"post": 1, "hook": 1}  # the generation of each touchpoint's secret that the target accepts

    def ready(self, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> str | None:
        return None if touchpoint.secret_names <= secrets.keys() else "it has no secret"

    def cut_off(self) -> None:
        self._cut.set()

    def start_anew(self) -> None:
        """Another process asks from now on."""
        self._cut.clear()

    async def send(self, delivery: Delivery, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Outcome:  # noqa: ARG002 - the courier's Protocol
        witness, name = self._witness, delivery.touchpoint
        number = len(witness.requests[delivery.id])
        draw = Random(f"{self._seed} {delivery.id} {number}")
        request = Request(delivery.id, name, delivery.lease, witness.claimed.get(delivery.id, self._clock()))
        fate, delay = self._fate(name, draw, secrets)
        request.taken = fate == "200" or (fate == "unknown" and draw.random() < 0.5)
        witness.began(request, witness.wishes[delivery.id].contact)
        if delay > 1:
            self._on_flight(delivery, draw)
        cut = await self._wait(delay)
        request.answer = "unknown" if cut else fate
        request.answered_at = self._clock()
        witness.note(self._clock(), f"{name} {delivery.id} {request.answer} taken={request.taken}")
        return Unknown("cut off") if cut else self._outcome(name, fate, draw)

    async def _wait(self, delay: float) -> bool:
        """Let the target take its time; True if the request is cut off meanwhile."""
        try:
            async with asyncio.timeout(delay):
                await self._cut.wait()
        except TimeoutError:
            return False
        return True

    def _fate(self, name: str, draw: Random, secrets: Mapping[str, str]) -> tuple[str, float]:
        if secrets[name] != f"{name}-{self.valid[name]}":
            return "401", draw.uniform(0.05, 3)
        odds = MOODS[self.moods[name]]
        fate = draw.choices(list(odds), list(odds.values()))[0]
        is_slow = draw.random() < 0.25
        return fate, draw.uniform(2, 9.5) if is_slow or fate == "unknown" else draw.uniform(0.01, 0.4)

    def _outcome(self, name: str, fate: str, draw: Random) -> Outcome:
        self._witness.saw(fate)
        match fate:
            case "none":
                return NotSent("connection refused")
            case "unknown":
                return Unknown("no answer")
            case "429" | "503 wait":
                seconds = draw.choice([5, 60, 1_800, 7_000])
                now = self._clock()
                self._witness.asks_to_wait(name, now, now + seconds * 1_000)
                return Answered(int(fate[:3]), retry_after=str(seconds))
            case _:
                return Answered(int(fate))
