import os
import select
import threading
from collections.abc import Iterator

import pytest

from bridge.outbox.turn import Turn


@pytest.fixture
def turn() -> Iterator[Turn]:
    made = Turn.new(patience=30)
    yield made
    made.close()


def test_the_turn_is_had_by_one_at_a_time_and_goes_to_who_waited(turn: Turn) -> None:
    order: list[str] = []
    begun = threading.Event()

    def other() -> None:
        begun.set()
        with Turn(turn.descriptors, patience=30).taken() as came:
            order.append(f"other {came}")

    thread = threading.Thread(target=other)
    with turn.taken() as came:
        thread.start()
        begun.wait(10)
        while select.select([turn.descriptors[0]], [], [], 0)[0]:  # until the other one holds the place of the next
            os.sched_yield()
        order.append(f"first {came}")
    with turn.taken():
        order.append("first again")
    thread.join(10)
    assert order == ["first True", "other True", "first again"]


def test_who_waits_too_long_goes_on_without_and_the_turn_is_whole_again() -> None:
    turn = Turn.new(patience=0.01)
    holder = turn.taken()
    holder.__enter__()  # as one that was killed: it never gives it back
    with turn.taken() as came:
        assert came is False
    with turn.taken() as came:
        assert came is True
    turn.close()


def test_a_turn_too_many_is_dropped() -> None:
    turn = Turn.new(patience=0.01)
    with turn.taken(), turn.taken() as came:  # the second one waited in vain, and puts one back too
        assert came is False
    with turn.taken() as first, turn.taken() as second:
        assert (first, second) == (True, False)
    turn.close()


def test_another_process_that_has_the_descriptors_is_in_the_same_queue() -> None:
    turn = Turn.new(patience=0.01)
    same = Turn(turn.descriptors, patience=0.01)
    with turn.taken() as first, same.taken() as second:
        assert (first, second) == (True, False)
    turn.close()
