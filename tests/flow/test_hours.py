"""What happened hour by hour, from how the counters stood."""

from bridge.app.hours import Hour, hourly
from bridge.outbox.figures import HourBegun
from tests.support.books import HOUR, NOW

MINUTE = 60_000


def standing(hour: int, received: int, **others: int) -> HourBegun:
    return HourBegun(NOW + hour * HOUR, counters(received, **others))


def counters(received: int, **others: int) -> dict[str, int]:
    return {"events.accepted": received} | {f"deliveries.{name}": value for name, value in others.items()}


def test_an_hour_has_what_was_added_until_the_next_and_the_current_one_what_was_added_until_now() -> None:
    kept = [standing(-2, 100), standing(-1, 130, delivered=20, dead=1, pending=9), standing(0, 150, delivered=25)]
    found = hourly(kept, counters(157, delivered=31, dead=3, pending=4, held=2), now=NOW + 20 * MINUTE, number=3)
    assert found == [
        Hour(NOW - 2 * HOUR, received=30, delivered=20, dead=1, waiting=9, held=0),
        Hour(NOW - HOUR, received=20, delivered=5, dead=0, waiting=0, held=0),
        Hour(NOW, received=7, delivered=6, dead=3, waiting=4, held=2),
    ]


def test_the_day_has_twenty_four_hours_of_which_the_last_is_not_over() -> None:
    found = hourly([], {}, now=NOW + 59 * MINUTE)
    assert [each.begins for each in found] == [NOW - hour * HOUR for hour in range(23, -1, -1)]
    assert not any(each.is_known for each in found)


def test_hours_in_which_the_bridge_was_off_are_not_known() -> None:
    kept = [standing(-4, 100, pending=5), standing(-1, 110, pending=3)]
    found = hourly(kept, counters(111, pending=2), now=NOW + MINUTE, number=5)
    assert [each.received for each in found] == [10, None, None, 1, None]
    assert [each.waiting for each in found] == [3, None, None, 2, None]


def test_what_was_pruned_does_not_wait_and_is_still_delivered() -> None:
    """Pruning leaves counters as they are and counts what is gone in counters of its own."""
    now = counters(10, delivered=10, held=4) | {"pruned.deliveries.delivered": 9, "pruned.deliveries.held": 3}
    [hour] = hourly([standing(0, 10, delivered=8, held=4)], now, now=NOW, number=1)
    assert (hour.delivered, hour.held) == (2, 1)


def test_counters_of_an_older_copy_of_the_database_give_no_negative_numbers() -> None:
    [hour] = hourly([standing(0, 100, delivered=50)], counters(20), now=NOW, number=1)
    assert (hour.received, hour.delivered, hour.dead) == (0, 0, 0)


def test_hours_after_a_clock_was_set_back_are_left_out() -> None:
    found = hourly([standing(0, 5), standing(3, 90)], counters(7), now=NOW, number=2)
    assert [each.received for each in found] == [None, 2]
