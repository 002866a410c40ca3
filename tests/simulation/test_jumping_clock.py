"""A clock that jumps past the leases says nothing about requests that are on their way."""

from asyncio import create_task, sleep
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery
from bridge.core.outcome import Answered, Outcome
from bridge.courier import Courier
from tests.simulation.virtual import Clock, VirtualLoop
from tests.support.deliveries import SECRETS, delivery, touchpoint
from tests.support.pending import InForce, PendingDesk

BEGINS = 1_800_000_000_000
HOUR = 3_600_000


@dataclass
class SlowHands:
    """A sender whose request takes longer than it takes to look for leases that ran out; the clock jumps meanwhile."""

    clock: Clock
    sent: list[str] = field(default_factory=list)

    def ready(self, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the courier's Protocol
        return None

    async def send(self, delivery: Delivery, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Outcome:  # noqa: ARG002 - the courier's Protocol
        self.sent.append(delivery.id)
        self.clock.put_forward(BEGINS + HOUR)
        await sleep(12.0)
        return Answered(200, "ok")

    def cut_off(self) -> None:
        """Nothing is ever cut off here."""


async def deliver(clock: Clock, hands: SlowHands, desk: PendingDesk) -> None:
    live = InForce({"post-purchase": touchpoint(ambiguous="retry")}, SECRETS)
    courier = Courier(desk, hands, live=lambda: live, clock=clock, jitter=lambda: 0.0, observe=lambda _: None)
    task = create_task(courier.run())
    await sleep(30.0)
    await courier.drain(1.0)
    await task


def test_what_is_being_sent_is_not_sent_again_when_the_clock_jumps() -> None:
    loop = VirtualLoop()
    clock = Clock(loop, BEGINS)
    hands, desk = SlowHands(clock), PendingDesk()
    desk.outbox.add([delivery(due_at=BEGINS)])
    loop.run_until_complete(deliver(clock, hands, desk))
    loop.close()
    assert (hands.sent, desk.outbox.states) == (["dlv_1"], {"dlv_1": "delivered"})
