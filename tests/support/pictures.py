"""The pictures of the console in the README: `python -m tests.support.pictures` makes them anew, into docs/pictures.

A bridge of its own with three of the shipped mapping files, a sandbox target that fails in the ways that targets do,
and a day of invented customers; then the pages, as a real browser shows them.
"""

import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bridge.app.clock import now
from bridge.app.post import post_webhook, request_headers
from bridge.catalog import load_catalog
from bridge.demo.stage import start_sandbox
from bridge.outbox.driver import sqlite3
from bridge.sandbox import Fault
from tests.support.browser import House, chromium
from tests.support.processes import ROOT, eventually, installed

WHERE = ROOT / "docs" / "pictures"
_SOURCES = ("shopify", "stripe", "zendesk")
_HOUR = 3_600_000
_FIRST = (
    "Anna",
    "Jonas",
    "Clara",
    "Paul",
    "Marta",
    "Theo",
    "Lea",
    "Emil",
    "Sofia",
    "Max",
    "Ida",
    "Noah",
    "Greta",
    "Ben",
)
_LAST = ("Gruber", "Berg", "Winter", "Weber", "Nowak", "Stein", "Roth", "Lang", "Moor", "Vogt", "Haas", "Marti", "Kern")
_TOUCHPOINT = """\
  {name}:
    channel: mail
    api_key: ${{secret:pxp-api-key}}
    token: ${{secret:{name}}}
    base_url: {base}/v2
    timeout: 1s
    ambiguous: hold
    retry: {{first: 10m}}
"""
PICTURES = {
    "now": "/",
    "why": "/why?q=anna.gruber@example.com",
    "deliveries": "/deliveries",
    "delivery": "/deliveries/{dead}",
    "mapping": "/mappings/shopify.yaml/try?event={event}",
    "touchpoints": "/touchpoints",
}


class Day:
    """A day of webhooks of three systems."""

    def __init__(self, home: House) -> None:
        self._home = home
        self._dice = random.Random(7)
        self._catalog = load_catalog(home.bridge.mappings, home.bridge.environment).catalog
        self._number = 1000

    def post(self, source: str, example: str, topic: str | None, **change: Any) -> None:
        """Post an example of the shipped files, changed."""
        path = ROOT / "mappings" / "examples" / source / f"{example}.json"
        body = json.loads(path.read_text("utf-8")) | change
        configured = self._catalog.sources[source]
        headers = request_headers(configured, topic, {})
        done = post_webhook(
            configured,
            f"{source}-secret",
            json.dumps(body).encode(),
            base=self._home.serving.hooks,
            public_url="https://hooks.example.com",
            headers=headers,
        )
        assert done.status == 200, done

    def person(self) -> tuple[str, str, str]:
        first, last = self._dice.choice(_FIRST), self._dice.choice(_LAST)
        return first, last, f"{first}.{last}@example.com".lower()

    def order(self, first: str = "", last: str = "", **change: Any) -> None:
        self._number += 1
        somebody = (first, last, f"{first}.{last}@example.com".lower()) if first else self.person()
        who = {"first_name": somebody[0], "last_name": somebody[1]}
        number = {"id": 5_891_234_000_000 + self._number, "name": f"#{self._number}", "order_number": self._number}
        person = {"id": 70_000 + self._number, "email": somebody[2], **who}
        place = {**who, "company": None, "city": "Graz", "country_code": "AT"}
        given = {"email": somebody[2], "contact_email": somebody[2], "customer": person, "billing_address": place}
        self.post("shopify", "order-fulfilled", "orders/fulfilled", **number, **given, **change)

    def invoice(self) -> None:
        self._number += 1
        first, last, address = self.person()
        data = json.loads((ROOT / "mappings/examples/stripe/invoice-paid.json").read_text("utf-8"))["data"]["object"]
        paid = data | {
            "id": f"in_1PqR{self._number}",
            "number": f"NL-2026-{self._number}",
            "customer_email": address,
            "customer_name": f"{first} {last}",
        }
        self.post("stripe", "invoice-paid", None, id=f"evt_1PqR{self._number}", data={"object": paid})

    def ticket(self) -> None:
        self._number += 1
        first, last, address = self.person()
        given = {"ticket_id": str(self._number), "email": address, "first": first, "last": last}
        self.post("zendesk", "ticket-solved", None, **given)


@contextmanager
def lived_in(folder: Path) -> Iterator[House]:
    """Start a bridge and let the day happen."""
    sandbox, base = start_sandbox(0)
    with installed(folder, BRIDGE_PUBLIC_URL="https://hooks.example.com") as bridge:
        names = ("post-purchase", "after-payment", "support-case", "membership")
        bridge.write(
            "touchpoints.yaml", "touchpoints:\n" + "".join(_TOUCHPOINT.format(name=n, base=base) for n in names)
        )
        for source in _SOURCES:
            shutil.copy(ROOT / "mappings" / f"{source}.yaml", bridge.mappings / f"{source}.yaml")
            shutil.copytree(ROOT / "mappings" / "examples" / source, bridge.mappings / "examples" / source)
        for name in (*names, "pxp-api-key", "shopify-admin", "stripe-api", *_SOURCES):
            bridge.command("secrets", "set", name, given=f"{name}-secret" if name in _SOURCES else f"token-of-{name}")
        home = House(bridge, bridge.serve(), sandbox)
        _let_happen(home, Day(home))
        yield home


def _let_happen(home: House, day: Day) -> None:
    """Let most go well, and each thing go wrong that a person is needed for."""
    day.order("Anna", "Gruber")
    for _ in range(34):
        day.order()
    for _ in range(11):
        day.ticket()
    for _ in range(9):
        day.invoice()
    _settled(home)
    home.sandbox.fail(
        Fault(touchpoint="token-of-post-purchase", status=422, times=2, message="unknown attribute orderID")
    )
    day.order()
    day.order()
    _settled(home)
    home.sandbox.fail(Fault(touchpoint="token-of-support-case", close=True, times=3))
    for _ in range(3):
        day.ticket()
    _settled(home)
    home.sandbox.fail(Fault(touchpoint="token-of-after-payment", status=401, message="the token is not valid any more"))
    for _ in range(12):
        day.invoice()
    day.order(test=True)
    eventually(lambda: "paused" in home.bridge.command("touchpoints"), "the refused token has paused its touchpoint")
    time.sleep(1)
    _past(home)


def _settled(home: House) -> None:
    eventually(
        lambda: not any(state in {"pending", "sending"} for state in home.bridge.states().values()), "all is settled"
    )


def _past(home: House) -> None:
    """Let the charts have a day behind them, which nobody here can wait for."""
    connection = sqlite3.connect(home.bridge.data / "bridge.db", isolation_level=None)
    counters = dict(connection.execute("SELECT name, value FROM counters"))
    dice, shape = random.Random(3), [9, 7, 6, 5, 3, 2, 1, 1, 1, 1, 2, 3, 5, 8, 9, 9, 8, 8, 9, 10, 11, 10, 9]
    for back, hour in enumerate(range(now() // _HOUR, now() // _HOUR - 23, -1)):
        for name in ("events.accepted", "deliveries.delivered"):
            counters[name] = counters.get(name, 0) - shape[back] * dice.randrange(14, 22)
        counters["deliveries.pending"] = max(0, 12 - back)
        counters["deliveries.held"] = 3 if back < 7 else 0
        counters["deliveries.dead"] = 2 if back < 3 else 0
        connection.execute("INSERT OR REPLACE INTO hourly (hour, counters) VALUES (?, ?)", (hour, json.dumps(counters)))
    connection.close()


def take(browser: Browser, home: House, where: Path) -> None:
    """Take every picture, and the first one in the dark as well."""
    newest = json.loads(home.bridge.command("deliveries", "list", "--state", "dead", "--limit", "1", "--json"))[0]
    listed = json.loads(home.bridge.command("events", "list", "--source", "shopify", "--limit", "5", "--json"))
    places = {"dead": newest["id"], "event": listed[-1]["id"]}
    token = home.sign_in("operator", "mira")
    where.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        context = browser.new_context(
            viewport={"width": 1280, "height": 860},
            color_scheme=scheme,
            timezone_id="Europe/Vienna",
        )
        context.add_cookies([{"name": "session", "value": token, "url": home.serving.admin}])
        page = context.new_page()
        for name, path in PICTURES.items():
            if scheme == "light" or name == "now":
                page.goto(home.serving.admin + path.format(**places))
                page.wait_for_timeout(400)
                page.screenshot(path=where / f"{name}{'-dark' if scheme == 'dark' else ''}.png")
        context.close()


def main() -> None:
    """Make the pictures."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, lived_in(Path(folder)) as home:
        take(browser, home, WHERE)
    for path in sorted(WHERE.glob("*.png")):
        sys.stdout.write(f"{path.relative_to(ROOT)} {path.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    main()
