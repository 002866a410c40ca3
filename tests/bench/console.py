"""How long the server takes for each page over a long history: `python -m tests.bench.console FILE COUNT [--pages]`.

FILE is a database that is made, with mapping files in `mappings` beside its folder, unless it is there already; COUNT
is how many deliveries it is to have. `--pages` then asks for every page, several times each, in this process.
"""

# ruff: noqa: T201 - it prints its figures

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from bridge.api.access import StoredAccess
from bridge.api.office import Office
from bridge.app.clock import now
from bridge.app.current import Current
from bridge.app.prepare import create_store, open_vault, prepare
from bridge.catalog import load_catalog
from bridge.console import console_app
from bridge.outbox.desk import desk_on
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Filter
from bridge.settings import read_settings
from tests.bench.history import ROUTES, History
from tests.support.office import client_of, signed_in, well

_ROUNDS = 40
_PATIENCE = 20_000  # ms for one page
_BUDGET = 50  # ms, p95
_SOURCE = """\
source: {source}
verify:
  kind: hmac
  algorithm: sha256
  encoding: hex
  signature: {{sources: [{{from: header, name: X-Signature}}]}}
  template: [body]
  secrets: ["${{secret:{source}}}"]
event: {{topic: type, id: id, contact: email}}
mappings:
  - {{name: {mapping}, on: ["{topic}"], touchpoint: {touchpoint}, key: id, body: {{email: email, orderId: id}}}}
"""
_TOUCHPOINT = "  {name}: {{channel: mail, api_key: '${{secret:pxp-api-key}}', token: '${{secret:{name}}}'}}\n"


def fill(database: Path, count: int) -> None:
    """Make the database with so many deliveries, and the mapping files that they were made by."""
    settings = read_settings(os.environ)
    mappings = settings.mappings
    mappings.mkdir(parents=True)  # not into a folder that is there: it may be somebody's
    touchpoints = "".join(_TOUCHPOINT.format(name=route[3]) for route in ROUTES)
    (mappings / "touchpoints.yaml").write_text(f"touchpoints:\n{touchpoints}", encoding="utf-8")
    for source, topic, mapping, touchpoint, _ in ROUTES:
        text = _SOURCE.format(source=source, topic=topic, mapping=mapping, touchpoint=touchpoint)
        (mappings / f"{source}.yaml").write_text(text, encoding="utf-8")
    store = create_store(settings, checkpoints=True)
    vault = open_vault(store, settings)
    for name in ("pxp-api-key", *(route[0] for route in ROUTES), *(route[3] for route in ROUTES)):
        vault.put(name, f"the secret {name}", now=now())
    fingerprint = load_catalog(mappings, {}).catalog.fingerprint
    history = History(count, index_key=vault.index_key(now=now()), config=fingerprint, now=now())
    history.write(store)
    print(f"{database}: {count:,} deliveries, {database.stat().st_size / 1e9:.2f} GB")
    store.close()


def addresses(store: Store) -> list[str]:
    """Give what is asked for: every page, lists with the filters that operators use, details of rows there are."""
    ledger = store.ledger
    newest, held = ledger.deliveries(Filter(), limit=1)[0], ledger.deliveries(Filter(states=("held",)), limit=1)[0]
    old = ledger.deliveries(Filter(until=now() - 40 * 86_400_000), limit=1)[0]
    dead = ledger.deliveries(Filter(states=("dead",)), limit=1)[0]
    refused = ledger.refused(Filter(), limit=1)[0]
    return [
        "/",
        "/now/happening",
        "/api/now",
        "/events",
        "/events?source=woocommerce",
        "/events?verdict=failed",
        "/events?verdict=skipped&source=hubspot",
        "/events?touchpoint=warehouse",
        f"/events/{newest['event_id']}",
        f"/events/{old['event_id']}",
        "/deliveries",
        f"/deliveries?before={old['id']}",
        "/deliveries?state=pending",
        "/deliveries?state=held",
        "/deliveries?state=dead",
        "/deliveries?state=delivered&touchpoint=warehouse",
        "/deliveries?state=pending&source=woocommerce",
        "/deliveries?state=pending&touchpoint=warehouse",
        "/deliveries?state=dead&touchpoint=post-purchase&since=24h",
        "/deliveries?contact=customer-17@example.com",
        "/deliveries?topic=order.completed",
        "/deliveries?mapping=warehouse",
        *(f"/deliveries/{row['id']}" for row in (newest, held, old, dead)),
        "/why?q=customer-17@example.com",
        f"/why?q={newest['key']}",
        "/why?q=nobody@example.com",
        "/refused",
        f"/refused/{refused['id']}",
        "/replays",
        "/mappings",
        "/touchpoints",
        "/touchpoints/post-purchase",
        "/sources",
        "/sources/shopify",
        "/secrets",
        "/suppression",
        "/audit",
        "/people",
        "/api/events",
        "/api/deliveries",
        "/api/refused",
    ]


async def measure() -> int:
    """Ask for every page and print a table; gives 1 where one was not answered 200."""
    settings = read_settings(os.environ)
    prepared = prepare(settings, os.environ)
    current = Current(settings, os.environ, prepared, on_change=lambda: None, on_drift=lambda *_: None)
    async with desk_on(settings.database_path, create=False, on_broken=lambda _: None) as desk:
        office = Office(
            desk, current, settings=settings, environment=os.environ, wake=lambda: None, health=well(current)
        )
        async with client_of(console_app(office, StoredAccess(office))) as client:
            client.cookies.set("session", await office.write(lambda store: signed_in(store, "admin")))
            found = await office.read(addresses)
            statuses = [await _measured(client, address) for address in found]
    return int(any(status != 200 for status in statuses))


async def _measured(client: httpx.AsyncClient, address: str) -> int:
    """Print how long it took, and how much of that the processor worked; a first request, not counted, warms up."""
    times, worked, size = [], [], 0
    for _ in range(_ROUNDS + 1):
        began, used = time.perf_counter(), time.process_time()
        answer = await client.get(address, follow_redirects=True)
        times.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - used) * 1000)
        size = len(answer.content)
        if sum(times) > _PATIENCE:
            break
    times, worked = times[1:] or times, worked[1:] or worked
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    figures = f"{statistics.median(times):8.1f} {p95:8.1f} {statistics.median(worked):8.1f} {size / 1000:7.1f}"
    flag = f" <-- over {_BUDGET} ms" if p95 > _BUDGET else ""
    print(f"{address[:72]:72} {answer.status_code} {figures}{flag}")
    return answer.status_code


def main(arguments: Sequence[str]) -> int:
    """Make the database if it is not there, then measure if that is wanted."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.console", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--pages", action="store_true", help="ask for every page")
    chosen = parser.parse_args(arguments)
    database = chosen.file.absolute()
    os.environ["BRIDGE_DATA"] = str(database.parent)
    os.environ["BRIDGE_DATABASE"] = f"sqlite:///{database}"
    os.environ["BRIDGE_MAPPINGS"] = str(database.parent.parent / "mappings")
    if not database.exists():
        fill(database, chosen.count)
    if not chosen.pages:
        return 0
    print(f"{'address':72} {'':3} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8} {'KB':>7}")
    return asyncio.run(measure())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
