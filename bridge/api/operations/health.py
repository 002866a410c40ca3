"""How the bridge is, and what it has counted."""

import msgspec

from bridge.api.operation import Call, Nothing, Operation
from bridge.web.health import readiness


class Readiness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `/readyz` shows. `config` is stale where the mapping files as they are cannot be in force; `stale` says why.

    `configuration` is the fingerprint in force, `unapplied` says that files wait for `bridge apply`.
    """

    ready: bool
    message: str
    configuration: str
    config: str
    store: str
    disk: str
    stale: str = ""
    unapplied: str = ""


async def _health(call: Call[Nothing, Nothing]) -> Readiness:
    status, content = readiness(call.office.health)
    return msgspec.convert({"ready": status == 200, **content}, Readiness)


async def _counters(call: Call[Nothing, Nothing]) -> dict[str, int]:
    return await call.office.read(lambda store: store.ledger.counters())


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="show_health",
        method="GET",
        path="/health",
        role="viewer",
        tag="watching",
        summary="Whether the bridge can do its work, and by which configuration it does",
        run=_health,
        answer=Readiness,
    ),
    Operation(
        name="show_counters",
        method="GET",
        path="/counters",
        role="viewer",
        tag="watching",
        summary="What was counted since the beginning, also of what is pruned by now",
        run=_counters,
        answer=dict[str, int],
    ),
)
