"""What the page *Now* is made of: tiles, lines, and which touchpoints are shown."""

from zoneinfo import ZoneInfo

from bridge.app.glance import Glance, Touchpoint
from bridge.app.hours import Hour
from bridge.app.need import Need
from bridge.app.standing import OPEN, Standing
from bridge.console.views.now import lines, sums, table, tiles, touchpoints, worst
from bridge.outbox.books import Imbalance
from bridge.outbox.figures import Count
from tests.support.books import HOUR, NOW

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = (
    Hour(NOW - 2 * HOUR, received=1_200, delivered=10, dead=0, waiting=9, held=0),
    Hour(NOW - HOUR),
    Hour(NOW, received=34, delivered=5, dead=1, waiting=7, held=3),
)
COUNTERS = {
    "events.accepted": 5_000,
    "decisions": 3,
    "decisions.planned": 2,
    "decisions.failed": 1,
    "deliveries.planned": 2,
    "deliveries.replayed": 10,
    "deliveries.pending": 7,
    "deliveries.held": 5,
    "pruned.deliveries.held": 2,
}


def seen(**changes: object) -> Glance:
    columns: dict[str, object] = {
        "at": NOW,
        "verdict": "Nothing needs you.",
        "imbalances": (),
        "needs": (),
        "hours": HOURS,
        "counters": COUNTERS,
        "due": (Count(10_000, exact=False), *[Count(0, exact=True)] * 3),
        "oldest": None,
        "because": "",
        "touchpoints": (),
        "latest": (),
        "in_force": None,
    }
    return Glance(**columns | changes)  # type: ignore[arg-type] # the columns are named one by one


def test_what_happened_is_summed_over_the_day_and_drawn_as_bars() -> None:
    received = tiles(seen(), BERLIN)[0]
    assert (received.name, received.number, received.beside) == ("Received", 1_234, "34 this hour")
    assert received.label == "Received per hour, last 24 hours: most 1,200 from 07:00 to 08:00"
    assert received.bars == [("07:00 to 08:00", 1_200), ("08:00 to 09:00", None), ("09:00 to 10:00", 34)]


def test_what_there_is_is_a_line_that_ends_where_nothing_is_known() -> None:
    waiting, held = tiles(seen(), BERLIN)[2:4]
    assert (waiting.name, waiting.number, waiting.beside) == ("Waiting", 7, "more than 10,000 due now")
    assert waiting.label == "Waiting over the last 24 hours: between 7 and 9, now 7"
    assert (held.number, held.label) == (3, "Held over the last 24 hours: between 0 and 3, now 3")
    assert len(waiting.lines) == 2


def test_a_day_without_figures_says_so() -> None:
    nothing = seen(hours=(Hour(NOW),), counters={})
    assert tiles(nothing, BERLIN)[0].label == "Received per hour, last 24 hours: none"
    assert tiles(nothing, BERLIN)[3].label == "Held over the last 24 hours: no figures, now 0"


def test_a_line_begins_anew_after_a_gap_and_an_hour_alone_is_a_short_one() -> None:
    assert lines([0, 10, None, 5]) == ["0.0,42.0 80.0,4.0", "200.0,23.0 240.0,23.0"]
    assert lines([0, 0]) == ["0.0,42.0 240.0,42.0"]
    assert lines([7]) == ["0.0,4.0 120.0,4.0"]
    assert lines([None, None]) == []


def test_the_table_has_the_latest_hour_first() -> None:
    assert [when for when, _, _ in table(seen(), BERLIN)] == ["09:00 to 10:00", "08:00 to 09:00", "07:00 to 08:00"]


def test_an_hour_without_figures_says_why() -> None:
    late = seen(hours=(Hour(NOW - 3 * HOUR), *HOURS))
    found = {when: why for when, hour, why in table(late, BERLIN) if not hour.is_known}
    assert found == {"08:00 to 09:00": "the bridge was off", "06:00 to 07:00": "nothing was kept yet"}


def test_touchpoints_that_are_not_open_come_first_and_at_most_ten_are_shown() -> None:
    paused = Touchpoint("z", Standing("paused", "new texts", NOW, by="operator"), 0, None)
    others = tuple(Touchpoint(f"t{number:02}", OPEN, 0, None) for number in range(12))
    shown, more = touchpoints(seen(touchpoints=(*others, paused)))
    assert ([each.name for each in shown[:2]], len(shown), more) == (["z", "t00"], 10, 3)


def test_the_mark_is_that_of_the_worst() -> None:
    assert worst(seen()) == ("delivered", "delivered")
    assert worst(seen(needs=(Need("held", "steady", ""), Need("dead", "steady", "")))) == ("held", "held")
    assert worst(seen(needs=(Need("waiting", "9 sources", ""),))) == ("delivered", "delivered")
    assert worst(seen(needs=(Need("held", "a", ""),), imbalances=(Imbalance("1 = 2", 1, 2),))) == ("dead", "error")


def test_the_sums_of_the_books_are_those_that_the_audit_proves() -> None:
    decisions, made, deliveries = sums(seen())
    assert decisions[:2] == ("decisions", 3)
    assert decisions[2][:2] == [("planned", 2), ("skipped", 0)]
    assert made == ("deliveries made", 12, [("planned", 2), ("replayed", 10)])
    assert (deliveries[1], deliveries[2][0]) == (12, ("pending", 7))
