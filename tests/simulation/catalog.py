"""The mapping files of the simulation, made into a catalog once, and by hand what they promise about each mapping."""

from dataclasses import dataclass
from functools import cache

from bridge.catalog.loading import load_texts
from bridge.core.configuration import Catalog

DAY = 86_400_000
HOUR = 3_600_000
MINUTE = 60_000

_TOUCHPOINTS = """\
touchpoints:
  post:
    channel: mail
    api_key: ${secret:key}
    token: ${secret:post}
    base_url: https://api.example.com/v2
    concurrency: 2
    timeout: 20s
    rate: 30/s
    retry: {first: 30s, factor: 4, longest: 6h, give_up_after: 3d}
    contact: {at_most: 2, per: 20d, across: touchpoint}
  hook:
    channel: http
    url: https://crm.example.com/feedback
    headers: {X-Key: "${secret:hook}"}
    concurrency: 3
    rate: 20/m
    timeout: 10s
    retry: {first: 10s, factor: 3, longest: 2h, give_up_after: 1d}
"""
_SHOP = """\
source: shop
verify: {kind: token, token: {from: header, name: X-Token}, secrets: "${secret:shop}"}
event: {topic: type, id: id}
suppress_on: {on: left, contact: email}
mappings:
  - name: thanks
    on: [fulfilled]
    touchpoint: post
    key: order
    repeat: once
    cancel_on:
      - {on: cancelled, key: order}
      - {source: desk, on: complaint, key: order}
    send: {after: 2d, between: "09:00-19:00", days: [mon, tue, wed, thu, fri], zone: {expr: zone, default: UTC},
           expires: 5d}
    body: {email: email, orderId: order}
  - name: survey
    on: [fulfilled, changed]
    touchpoint: post
    key: order
    repeat: replace
    cancel_on: {on: [cancelled, refunded], key: order}
    send: {after: 5h, between: "20:00-02:30", zone: {expr: zone, default: UTC}, sample: 0.7}
    body: {email: email, orderId: order, note: id}
  - name: items
    on: [fulfilled]
    touchpoint: hook
    for_each: lines
    key: join('/', [payload().order, sku])
    repeat: once
    body: {email: payload().email, sku: sku}
"""
_DESK = """\
source: desk
verify: {kind: token, token: {from: header, name: X-Token}, secrets: "${secret:desk}"}
event: {topic: type, id: id}
mappings:
  - name: closed
    on: [closed]
    touchpoint: hook
    key: ticket
    repeat: replace
    cancel_on: {on: reopened, key: ticket}
    body: {email: email, ticket: ticket, note: id}
  - name: note
    on: [closed, complaint]
    touchpoint: post
    key: ticket
    repeat: send
    send: {between: "08:00-12:00", zone: Europe/Berlin, expires: 1d}
    body: {email: email, ticket: ticket}
"""


@cache
def catalog() -> Catalog:
    """Give the catalog of these files."""
    return load_texts({"touchpoints.yaml": _TOUCHPOINTS, "shop.yaml": _SHOP, "desk.yaml": _DESK}, {}).catalog


@dataclass(frozen=True, slots=True)
class Promise:
    """What a mapping promises, said by hand. Hours are minutes of the day; `days` are weekdays, Monday is 0."""

    touchpoint: str
    about: str
    repeat: str
    after_days: int = 0
    after_ms: int = 0
    hours: tuple[int, int] | None = None
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    zone: str = ""
    expires_days: int | None = None
    cancelled_by: tuple[tuple[str, str], ...] = ()


PROMISES = {
    "shop/thanks": Promise(
        touchpoint="post",
        about="order",
        repeat="once",
        after_days=2,
        hours=(540, 1140),
        days=(0, 1, 2, 3, 4),
        expires_days=5,
        cancelled_by=(("shop", "cancelled"), ("desk", "complaint")),
    ),
    "shop/survey": Promise(
        touchpoint="post",
        about="order",
        repeat="replace",
        after_ms=5 * HOUR,
        hours=(1200, 150),
        cancelled_by=(("shop", "cancelled"), ("shop", "refunded")),
    ),
    "shop/items": Promise(touchpoint="hook", about="sku", repeat="once"),
    "desk/closed": Promise(touchpoint="hook", about="ticket", repeat="replace", cancelled_by=(("desk", "reopened"),)),
    "desk/note": Promise(
        touchpoint="post", about="ticket", repeat="send", hours=(480, 720), zone="Europe/Berlin", expires_days=1
    ),
}
CAP, CAP_PERIOD = 2, 20 * DAY  # at `post`
