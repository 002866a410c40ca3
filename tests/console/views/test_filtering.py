"""A list's filter in words."""

from bridge.api.choice import Choice
from bridge.console.views.filtering import at_least, found
from bridge.outbox.figures import Count

NAMED = Choice(topic="closed")


def test_how_many_match_is_exact_a_bound_or_not_known_yet() -> None:
    assert found(Count(1, exact=True), NAMED, "delivery", "deliveries") == "1 delivery"
    assert found(Count(2_000, exact=False), NAMED, "delivery", "deliveries") == "More than 2,000 deliveries"
    assert found(Count(0, exact=True), NAMED, "delivery", "deliveries") == "No delivery"
    assert found(Count(0, exact=False), NAMED, "delivery", "deliveries") == "No delivery found so far"


def test_what_is_shown_is_counted() -> None:
    assert at_least(Count(0, exact=False), 21) == Count(20, exact=False)
    assert at_least(Count(1_000, exact=False), 50) == Count(1_000, exact=False)
    assert at_least(Count(3, exact=True), 50) == Count(3, exact=True)
