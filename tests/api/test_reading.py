"""What queries and bodies may say, and what is answered to those that say something else."""

from typing import Annotated, Any

import msgspec
import pytest

from bridge.api.errors import Declined
from bridge.api.operation import page_of
from bridge.api.reading import Moment, fields, moment
from tests.support.console import Console
from tests.support.office import browsing


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: tuple[str, ...] = ()
    many: Annotated[tuple[int, ...], msgspec.Meta(max_length=2)] | None = None
    source: str | None = None
    since: Moment | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50


def read(*items: tuple[str, str], of_form: bool = False) -> Any:
    try:
        return msgspec.to_builtins(fields(items, Wanted, of_form=of_form))
    except Declined as declined:
        return declined.status, declined.message


NOTHING = {"state": (), "many": None, "source": None, "since": None, "limit": 50}


def test_fields_become_what_they_are_declared_as() -> None:
    given = [("state", "held"), ("state", "dead"), ("many", "1"), ("source", "null"), ("since", "12h"), ("limit", "7")]
    assert read(*given) == {"state": ("held", "dead"), "many": (1,), "source": "null", "since": "12h", "limit": 7}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([("limit", "501")], "limit: Expected `int` <= 500"),
        ([("limit", "many")], "limit: Expected `int`, got `str`"),
        ([("limit", "null")], "limit: leave it out where there is none"),
        ([("limit", "")], "limit: Expected `int`, got `str`"),
        ([("limit", "1"), ("limit", "2")], "`limit` is given twice"),
        ([("colour", "red")], "Object contains unknown field `colour`"),
        ([("many", "1"), ("many", "2"), ("many", "3")], "many: Expected `array` of length <= 2"),
    ],
)
def test_fields_that_cannot_be_meant_are_declined(items: list[tuple[str, str]], message: str) -> None:
    assert read(*items) == (422, message)


def test_an_empty_field_of_a_form_is_absent_and_of_a_query_is_empty() -> None:
    assert read(("source", ""), ("limit", ""), of_form=True) == NOTHING
    assert read(("source", "")) == {**NOTHING, "source": ""}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-22", 1_795_305_600_000),
        ("2026-11-22T18:00", 1_795_370_400_000),
        ("2026-11-22 18:00:30.5+02:00", 1_795_363_230_500),
        ("12h", 1_800_000_000_000 - 43_200_000),
        ("999999999d", 0),
        ("1795305600000", 1_795_305_600_000),
    ],
)
def test_points_in_time_are_dates_times_spans_and_milliseconds(text: str, time: int) -> None:
    assert moment(text, now=1_800_000_000_000) == time


@pytest.mark.parametrize("text", ["yesterday", "2026-02-31", "22.11.2026", "12", "", "12h\n", "1e9", "\uff12026-11-22"])
def test_what_is_no_point_in_time_is_declined(text: str) -> None:
    with pytest.raises(Declined) as declined:
        moment(text, now=1_800_000_000_000, name="until")
    assert (declined.value.status, declined.value.message) == (
        422,
        "until: write 2026-11-22, 2026-11-22T18:00 or 12h",
    )


def test_no_point_in_time_is_none() -> None:
    assert moment(None, now=1) is None


@pytest.mark.parametrize(
    ("found", "items", "after"), [("abc", "ab", "b"), ("ab", "ab", None), ("", "", None), ("a", "a", None)]
)
def test_a_page_names_the_next_one_where_one_more_was_found(found: str, items: str, after: str | None) -> None:
    page = page_of(list(found), 2, str)
    assert (page.items, page.next) == (list(items), after)


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        (b"{", "application/json", 400, "the body is not JSON: Input data was truncated"),
        (b'{"scope":' * 50_000, "application/json", 422, None),
        (b"\xff", "application/json", 400, None),
        (b"scope=all", "application/x-www-form-urlencoded", 415, "send the body as application/json"),
        (b"{}", "application/json", 422, "Object missing required field `scope`"),
        (b"", "application/json", 422, "Object missing required field `scope`"),
        (b'{"scope": "all", "now": 1}', "application/json", 422, "Object contains unknown field `now`"),
        (b'{"scope": "some"}', "application/json; charset=utf-8", 422, "scope: Invalid enum value 'some'"),
        (b" " * (4 << 20) + b"{}", "application/json", 413, "the body is larger than 4 MiB"),
    ],
)
async def test_bodies_that_cannot_be_meant_are_declined(
    console: Console, body: bytes, kind: str, status: int, message: str | None
) -> None:
    console.receive("o1")
    async with browsing(console) as client:
        answer = await client.post("/api/pause", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert list(answer.json()) == ["message"]
    if message is not None:
        assert answer.json()["message"] == message
