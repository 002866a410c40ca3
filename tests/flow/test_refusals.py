"""Why a request was refused, in words that an operator can act on: as far as it says so itself, and within bounds."""

import gzip
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from bridge.core.language.expression import compile_expression
from bridge.core.manners import PLAIN, FormField, Manners
from bridge.web.hooks import hooks_app
from tests.support.events import a_reading
from tests.support.receptions import NOW, SECRET, Shop, live, signed, source, token_scheme
from tests.support.servers import Running, serving

MINUTE = 60_000
AT = "2023-11-14T22:04:19Z"  # nine minutes before NOW
TOPIC = {"X-Topic": "orders/paid"}
UNPROVEN = "the signature does not match secret secret-1"


def a_source(name: str, *, manners: Manners = PLAIN, each: tuple[str, ...] = ()) -> object:
    reading = a_reading(topic="header('x-topic') || type", time="header('x-at') || at", each=each)
    return live(replace(source(name, manners=manners), reading=reading))


@pytest.fixture
def shop() -> Shop:
    form = Manners(field=FormField("payload", is_whole=True))
    sources = {
        "shop": a_source("shop"),
        "form": a_source("form", manners=form),
        "batch": a_source("batch", each=("@",)),
    }
    token = replace(source("token", token_scheme()), reading=a_reading(topic="type"))
    costly = replace(source("costly"), reading=replace(a_reading(), topic=compile_expression("map(&map(&@, @), @)")))
    return Shop({**sources, "token": live(token, "open-sesame"), "costly": live(costly)})  # type: ignore[dict-item]  # they are


@pytest.fixture
async def server(shop: Shop) -> AsyncIterator[Running]:
    async with serving(hooks_app(shop.reception())) as running:
        yield running


async def reason(server: Running, shop: Shop, body: bytes, headers: Mapping[str, str], name: str = "shop") -> str:
    forged = {**signed(body, secret="another"), **headers}
    assert (await server.post(f"/hooks/{name}", body, headers=forged)).status == 401
    return shop.refused[-1].reason


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (b"{}", {**TOPIC, "X-At": AT}, "; unverified: the request is 9 minutes old, its topic was orders/paid"),
        (b'{"type": "t", "at": 1699999460}', {}, "; unverified: the request is 9 minutes old, its topic was t"),
        (b'{"type": "t"}', {}, "; unverified: its topic was t"),
        (b'{"at": "2023-11-04T22:04:20Z"}', {}, "; unverified: the request is 10 days old"),
        (b'{"at": "2033-11-04T22:04:20Z", "type": 5}', {}, "; unverified: its topic was 5"),
        (b"{", TOPIC, "; unverified: its topic was orders/paid"),
        (b"[" * 10_000, TOPIC, "; unverified: its topic was orders/paid"),
        (b'{"type": {}}', {}, ""),
        (b'{"type": "' + b"t" * 600 + b'"}', {}, "; unverified: its topic was " + "t" * 80),
        (b'{"type": "t"}' + b" " * 65_536, {}, ""),
        (gzip.compress(b'{"type": "t"}'), {"Content-Encoding": "gzip"}, "; unverified: its topic was t"),
        (gzip.compress(b"[" + b" " * 999_999 + b"]"), {"Content-Encoding": "gzip", **TOPIC}, "; unverified: its topic"),
    ],
)
async def test_the_reason_says_what_the_request_says_of_itself(
    body: bytes, headers: dict[str, str], said: str, server: Running, shop: Shop
) -> None:
    assert (await reason(server, shop, body, headers)).removeprefix(UNPROVEN).startswith(said)
    assert (await reason(server, shop, body, headers)).startswith(UNPROVEN)


async def test_forms_and_batches_are_looked_into_as_well(server: Running, shop: Shop) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "its topic was t" in await reason(server, shop, b"payload=%7B%22type%22%3A%22t%22%7D", form, "form")
    assert "its topic was u" in await reason(server, shop, b'[{"type": "u"}, {"type": "v"}]', {}, "batch")
    assert await reason(server, shop, b"[]", {}, "batch") == UNPROVEN


async def test_a_missing_signature_names_itself_and_the_topic(server: Running, shop: Shop) -> None:
    await server.post("/hooks/shop", b"{}", headers=TOPIC)
    said = "the header X-Shopify-Hmac-Sha256 is missing; unverified: its topic was orders/paid"
    assert (shop.refused[0].reason, shop.refused[0].topic) == (said, "orders/paid")


async def test_the_reason_names_all_secrets_that_were_tried(server: Running, shop: Shop) -> None:
    shop.sources["shop"] = live(source(), "old", "new")
    said = await reason(server, shop, b"{}", {})
    assert said == "the signature matches none of the 2 secrets (secret-1, secret-2)"


async def test_a_proven_body_that_cannot_be_read_has_its_topic_but_no_doubt(server: Running, shop: Shop) -> None:
    assert (await server.post("/hooks/shop", b"{", headers={**signed(b"{"), **TOPIC})).status == 400
    assert shop.refused[0].topic == "orders/paid"
    assert "unverified" not in shop.refused[0].reason


async def test_a_wrong_token_says_the_topic_too(server: Running, shop: Shop) -> None:
    await server.post("/hooks/token", b'{"type": "t"}', headers={"X-Shop-Pass": "no"})
    said = "the token in the header X-Shop-Pass is wrong; unverified: its topic was t"
    assert (shop.refused[0].reason, shop.refused[0].topic) == (said, "t")


async def test_under_attack_only_so_many_are_looked_into(server: Running, shop: Shop) -> None:
    for _ in range(30):
        await reason(server, shop, b"{}", TOPIC)
    assert [refused.topic for refused in shop.refused] == ["orders/paid"] * 20 + [""] * 10
    shop.now += 1_000
    assert "its topic was orders/paid" in await reason(server, shop, b"{}", TOPIC)


async def test_looking_into_it_costs_little_whatever_it_holds(server: Running, shop: Shop) -> None:
    body = b"[" + b",".join([b"[" + b",".join([b"1"] * 100) + b"]"] * 300) + b"]"
    began = time.perf_counter()
    assert await reason(server, shop, body, {}, "costly") == UNPROVEN
    assert time.perf_counter() - began < 1
    assert SECRET not in str(shop.refused)
    assert shop.refused[0].received_at == NOW
