"""What a bystander knows: who said what, what was really sent, what operators did. Nothing here asks the bridge."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulation.catalog import CAP, CAP_PERIOD, DAY, PROMISES, Promise

TOMBSTONE = 30 * DAY
HALF_AN_HOUR = 1_800_000
SLACK = 100  # ms between the moment that the courier reads its clock and the one at which the store is asked
SETTLING = 2_000  # ms after which an answer must be on record
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Broken(AssertionError):
    """A promise was broken."""


@dataclass(slots=True)
class Said:
    """An event that was acknowledged."""

    source: str
    topic: str
    payload: dict[str, Any]
    at: int


@dataclass(slots=True)
class Request:
    """One request as the target saw it. `taken` is what really happened, `answer` what the bridge may have heard."""

    delivery: str
    touchpoint: str
    lease: int
    claimed_at: int
    taken: bool = False
    answer: str = ""
    answered_at: int | None = None
    is_lost: bool = False  # the bridge died before the answer was on record


@dataclass(slots=True)
class Wish:
    """What one delivery is about, by its event and its body."""

    event_id: str
    rule: str
    promise: Promise
    contact: str
    key: str
    zone: str
    base: int


@dataclass(slots=True)
class Witness:
    """Everything that happened, from outside."""

    log: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    said: dict[str, Said] = field(default_factory=dict)
    wishes: dict[str, Wish] = field(default_factory=dict)
    requests: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    by_contact: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    claimed: dict[str, int] = field(default_factory=dict)  # deliveries on their way, and since when
    cancelled: dict[tuple[str, str], int] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    ever_suppressed: set[str] = field(default_factory=set)
    paused: set[tuple[str, str]] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)  # touchpoints whose key was refused, and since when
    asked_to_wait: dict[str, tuple[int, int]] = field(default_factory=dict)  # by touchpoint: since when, until when
    excused: set[str] = field(default_factory=set)  # deliveries whose fate an operator took into his own hands
    hurried: set[str] = field(default_factory=set)  # released or replayed: they do not wait for their first time
    replays: set[str] = field(default_factory=set)  # of stored bodies: they have no time by which they expire

    # -- what happens ----------------------------------------------------------------------------------------

    def note(self, at: int, text: str) -> None:
        self.log.append(f"{at} {text}")

    def saw(self, what: str) -> None:
        self.seen[what] += 1

    def acknowledged(self, event_id: str, said: Said) -> None:
        """Take in an event that is not a duplicate, once the store has it."""
        self.said[event_id] = said
        if said.topic == "left" and "@" in said.payload["email"]:
            self.suppress(said.payload["email"])
        for rule, promise in PROMISES.items():
            if (said.source, said.topic) in promise.cancelled_by:
                self._cancel(rule, said.payload[promise.about], said.at)

    def suppress(self, contact: str) -> None:
        self.suppressed.add(contact)
        self.ever_suppressed.add(contact)
        self.gave_up(name for name, wish in self.wishes.items() if wish.contact == contact)

    def _cancel(self, rule: str, key: str, at: int) -> None:
        self.cancelled[rule, key] = at
        known = self.by_key[rule, key]
        self.gave_up(known)
        if not known:
            self.saw("cancelled before it came")
        if any(each in self.claimed for each in known):
            self.saw("cancelled while it was sent")

    def began(self, request: Request, contact: str) -> None:
        """Take in that the target is being asked."""
        self.requests[request.delivery].append(request)
        self.by_contact[contact].append(request)

    def asks_to_wait(self, touchpoint: str, now: int, until: int) -> None:
        since, before = self.asked_to_wait.get(touchpoint, (now, 0))
        if until > before:
            self.asked_to_wait[touchpoint] = (max(since, now), until)

    def crashed(self, lost: Iterable[Request], now: int) -> None:
        """The bridge has died: of these requests it will never know how they ended."""
        for request in lost:
            request.is_lost = True
        self.refused = {name: since for name, since in self.refused.items() if now - since > SETTLING}
        self.asked_to_wait.clear()
        self.claimed.clear()

    def gave_up(self, deliveries: Iterable[str]) -> None:
        """Somebody who may decided, on record, that these are done with, whatever the target made of them."""
        self.excused.update(deliveries)

    # -- what is judged --------------------------------------------------------------------------------------

    def wish(self, delivery: Any, body: dict[str, Any]) -> Wish:
        """Say what a delivery is about; its event must have been acknowledged."""
        if delivery.id not in self.wishes:
            said = self.said.get(delivery.event_id)
            if said is None:
                raise Broken(f"{delivery.id} is of no event that anybody sent")
            rule = f"{delivery.source}/{delivery.mapping}"
            promise = PROMISES[rule]
            about = body.get("sku") if promise.about == "sku" else said.payload[promise.about]
            key = f"{said.payload['order']}/{about}" if promise.about == "sku" else str(about)
            zone = promise.zone or said.payload.get("zone") or "UTC"
            self.wishes[delivery.id] = Wish(delivery.event_id, rule, promise, str(body["email"]), key, zone, said.at)
            self.by_key[rule, key].add(delivery.id)
        return self.wishes[delivery.id]

    def judge_claim(self, delivery: Any, wish: Wish, now: int) -> None:
        """Say whether a delivery may be sent at `now`: it was just claimed."""
        if delivery.id in self.claimed:
            raise Broken(f"{delivery.id} is sent twice at once")
        self._judge_stops(delivery, wish, now)
        self._judge_time(delivery, wish, now)
        self._judge_earlier(delivery, wish)
        self._judge_key(delivery, wish)
        self._judge_cap(delivery, wish, now)
        self._judge_patience(delivery, now)

    def _judge_stops(self, delivery: Any, wish: Wish, now: int) -> None:
        cancelled_at = self.cancelled.get((wish.rule, wish.key))
        if cancelled_at is not None and now < cancelled_at + TOMBSTONE:
            raise Broken(f"{delivery.id} is sent though {wish.rule} {wish.key} was cancelled at {cancelled_at}")
        if wish.contact in self.suppressed:
            raise Broken(f"{delivery.id} is sent to {wish.contact}, who is not to be asked")
        scopes = {("all", ""), ("touchpoint", wish.promise.touchpoint), ("mapping", wish.rule)}
        if stopped := (scopes | {("source", delivery.source)}) & self.paused:
            raise Broken(f"{delivery.id} is sent though {sorted(stopped)} is paused")
        refused_at = self.refused.get(wish.promise.touchpoint)
        if refused_at is not None and now > refused_at + SETTLING:
            raise Broken(f"{delivery.id} is sent though the target refused the key at {refused_at}")

    def _judge_time(self, delivery: Any, wish: Wish, now: int) -> None:
        if now < first_time(wish) - SLACK and delivery.id not in self.hurried | self.replays:
            raise Broken(f"{delivery.id} is sent before its time {first_time(wish)}")
        if wish.promise.hours and _is_clock_day(now, wish.zone):
            self.saw("sent on a day when clocks are set")
        if not any(within_hours(wish, at) for at in (now, now - SLACK)):
            raise Broken(f"{delivery.id} is sent outside the hours of {wish.zone}")
        expires = wish.promise.expires_days is not None and delivery.id not in self.replays
        if expires and now > last_time(wish) + SLACK:
            raise Broken(f"{delivery.id} is sent after it expired at {last_time(wish)}")

    def _judge_earlier(self, delivery: Any, wish: Wish) -> None:
        earlier = self.requests[delivery.id]
        if any(each.answer == "200" and not each.is_lost for each in earlier):
            raise Broken(f"{delivery.id} is sent again, though it was delivered")
        if any(each.is_lost or each.answer == "unknown" for each in earlier):
            if wish.promise.touchpoint == "post" and delivery.id not in self.hurried:  # ambiguous: hold
                raise Broken(f"{delivery.id} is sent again, though it may have been taken and nobody released it")
            self.saw("sent after a target was unsure")
        if any(not each.answer and not each.is_lost for each in earlier):
            raise Broken(f"{delivery.id} is sent again without anything that went wrong")

    def _judge_key(self, delivery: Any, wish: Wish) -> None:
        if delivery.id in self.replays:
            self._judge_replay(delivery, wish)
        if wish.promise.repeat == "send":
            return
        for other in sorted(self.by_key[wish.rule, wish.key] - {delivery.id}):
            taken = [each for each in self.requests[other] if each.taken]
            if other in self.claimed:
                raise Broken(f"{delivery.id} is sent while {other} about the same key is")
            if any(each.answer == "200" and not each.is_lost for each in taken):
                raise Broken(f"{delivery.id} is sent though {other} about {wish.rule} {wish.key} was delivered")
            may_repeat = wish.promise.repeat == "replace" and wish.promise.touchpoint == "hook"  # ambiguous: retry
            if taken and other not in self.excused and not may_repeat:
                raise Broken(f"{delivery.id} is sent though {other} was taken and nobody gave it up")

    def _judge_replay(self, delivery: Any, wish: Wish) -> None:
        for other in sorted(self.by_key[wish.rule, wish.key] - {delivery.id}):
            arrived = any(each.answer == "200" and not each.is_lost for each in self.requests[other])
            if arrived and self.wishes[other].event_id == wish.event_id:
                raise Broken(f"{delivery.id} replays {other}, which had arrived")

    def _judge_cap(self, delivery: Any, wish: Wish, now: int) -> None:
        if wish.promise.touchpoint != "post":
            return
        same = self.by_key[wish.rule, wish.key] if wish.promise.repeat == "replace" else {delivery.id}
        asked = {
            each.delivery
            for each in self.by_contact[wish.contact]
            if each.touchpoint == "post"
            and each.delivery not in same
            and now - CAP_PERIOD + SLACK < each.claimed_at
            and each.taken
        }
        if len(asked) >= CAP:
            raise Broken(f"{delivery.id} is one too many for {wish.contact}: {sorted(asked)} were taken before")

    def _judge_patience(self, delivery: Any, now: int) -> None:
        since, until = self.asked_to_wait.get(delivery.touchpoint, (now, 0))
        if now < until - SLACK and now > since + SLACK:
            raise Broken(f"{delivery.id} is sent though {delivery.touchpoint} asked to wait until {until}")


# -- clocks, computed without the bridge ---------------------------------------------------------------------


def _local(at: int, zone: str) -> datetime:
    return (_BEGINNING + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))


def _is_clock_day(at: int, zone: str) -> bool:
    return _local(at - DAY // 2, zone).utcoffset() != _local(at + DAY // 2, zone).utcoffset()


def within_hours(wish: Wish, at: int) -> bool:
    """Say whether the contact's clock shows a time within the hours."""
    if wish.promise.hours is None:
        return True
    begins, ends = wish.promise.hours
    clock = _local(at, wish.zone)
    minute, day = clock.hour * 60 + clock.minute, clock.weekday()
    if begins < ends:
        return begins <= minute < ends and day in wish.promise.days
    return (minute >= begins and day in wish.promise.days) or (minute < ends and (day - 1) % 7 in wish.promise.days)


def first_time(wish: Wish) -> int:
    """Give the earliest time (ms) at which it may be sent, not looking at hours."""
    return _days_later(wish.base, wish.promise.after_days, wish.zone) + wish.promise.after_ms


def opening(wish: Wish, at: int) -> int:
    """Give the first time (ms) not before `at` within the hours, which begin at full and half hours: by trying."""
    while not within_hours(wish, at):
        at = (at // HALF_AN_HOUR + 1) * HALF_AN_HOUR
    return at


def last_time(wish: Wish) -> int:
    """Give when it expires (ms)."""
    return _days_later(opening(wish, first_time(wish)), wish.promise.expires_days or 0, wish.zone)


def _days_later(base: int, days: int, zone: str) -> int:
    clock = _local(base, zone).replace(tzinfo=None) + timedelta(days=days)
    return int((clock.replace(tzinfo=ZoneInfo(zone)) - _BEGINNING) / timedelta(milliseconds=1)) if days else base
