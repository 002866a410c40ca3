"""What the bridge says about itself: one event is one line, no secret passes, and labels stay few."""

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import pytest

from bridge.core.model import Delivery
from bridge.core.outcome import Answered, Delivered, NotSent, Pause, RetryAt, Settled, Unknown
from bridge.telemetry import Metrics, Redactor, Snapshot, configure_logging, log, log_attempt, stack_of
from bridge.telemetry.lines import Level

SECRET = "tok/ä+en=42 %&"
OTHER = "second-secret"
DELIVERY = Delivery("dlv_1", "evt_1", "shop", "ask", "post-purchase", '{"email": "anna@example.com"}', 2, 7, 0, 0)
BIDI = "".join(map(chr, (0x202E, 0x2066, 0x200F, 0x2028)))


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Put the process's loggers back as they were."""
    names = ["httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "watchfiles"]
    before = [(logger, logger.level, logger.propagate) for logger in map(logging.getLogger, ["", *names])]
    handlers = logging.getLogger().handlers[:]
    yield
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate
    logging.getLogger().handlers[:] = handlers


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def as_json(level: Level = "debug") -> io.StringIO:
    stream = io.StringIO()
    configure_logging("json", level, secrets=lambda: frozenset({SECRET, OTHER}), stream=stream)
    return stream


def as_text() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("text", "debug", secrets=lambda: frozenset({SECRET, OTHER}), stream=stream)
    return stream


# -- lines ----------------------------------------------------------------------------------------------------


def test_an_event_is_a_json_line_with_its_keys() -> None:
    stream = as_json()
    log("source.waiting", level="warning", source="shop", attempts=3, share=0.5, known=None, ready=False)
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "event": "source.waiting",
        "source": "shop",
        "attempts": 3,
        "share": 0.5,
        "known": None,
        "ready": False,
    }


def test_an_event_is_a_line_of_text_on_a_terminal() -> None:
    stream = as_text()
    log("source.waiting", source="shop", reason='no "secret" yet', status=None, empty="")
    time, _, rest = stream.getvalue().partition(" ")
    assert len(time) == len("2026-01-01T00:00:00.000Z")
    assert rest == 'info    source.waiting source=shop reason="no \\"secret\\" yet" status=null empty=""\n'


@pytest.mark.parametrize("hostile", ["a\r\nlevel=info", "\x1b[31mred\x07", BIDI, "\x00\x7f\x85", "\ud800", "\u2028x"])
def test_one_event_stays_one_line_whatever_a_value_holds(hostile: str) -> None:
    for configured in (as_text, as_json):
        stream = configured()
        log("request.refused", reason=hostile)
        logging.getLogger("other").warning("said %s", hostile)
        text = stream.getvalue()
        assert len(text.splitlines()) == text.count("\n") == 2
        assert all(character == "\n" or 32 <= ord(character) < 127 for character in text)


def test_a_long_value_is_cut() -> None:
    stream = as_json()
    log("request.refused", reason="x" * 5_000)
    assert len(json.loads(stream.getvalue())["reason"]) == 2_000


def test_a_key_cannot_replace_the_lines_own_keys() -> None:
    stream = as_json()
    log("request.refused", event="forged", time="never")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["event_"], line["time_"]) == ("request.refused", "forged", "never")


def test_lines_below_the_level_are_left_out() -> None:
    stream = as_json("info")
    log("a.detail", level="debug")
    assert stream.getvalue() == ""


def test_an_exception_is_part_of_its_line() -> None:
    stream = as_json()

    def fail() -> None:
        raise ValueError(f"the key {SECRET} is wrong\nsecond line")

    try:
        fail()
    except ValueError:
        logging.getLogger("asyncio").exception("a task failed")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["logger"], line["message"]) == ("log", "asyncio", "a task failed")
    assert line["exception"].endswith("ValueError: the key *** is wrong\nsecond line\n")


def test_where_an_error_came_from_is_said_without_its_message() -> None:
    def inner() -> None:
        raise KeyError("anna@example.com")

    try:
        inner()
    except KeyError as error:
        place = stack_of(error)
    assert place.startswith("test_telemetry.py:")
    assert " inner < test_telemetry.py:" in place
    assert "anna" not in place


# -- other libraries ------------------------------------------------------------------------------------------


def test_the_http_client_never_prints_an_address() -> None:
    stream = as_json()
    logging.getLogger("httpx").info("HTTP Request: POST https://api.example.com/v2/channel/mail/t0ken/enqueue?apiKey=k")
    logging.getLogger("httpcore.http11").debug("send_request_headers.started")
    logging.getLogger("httpx").warning("failed: https://api.example.com/t0ken?apiKey=k (reset)")
    assert [json.loads(line)["message"] for line in lines(stream)] == ["failed: (address) (reset)"]


def test_the_server_prints_no_request_lines_but_its_warnings() -> None:
    stream = as_json("info")
    logging.getLogger("uvicorn.access").info("GET /hooks/shop?token=t")
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").warning("a warning")
    assert [json.loads(line)["message"] for line in lines(stream)] == ["a warning"]


def test_a_foreign_line_whose_arguments_do_not_fit_is_not_lost() -> None:
    stream = as_json()
    logging.getLogger("other").warning("%d of %d", *["one"])
    assert json.loads(stream.getvalue())["message"] == "%d of %d"


# -- secrets --------------------------------------------------------------------------------------------------

RAW = SECRET.encode()
SPELLINGS = {
    "plain": SECRET,
    "percent": quote(SECRET, safe=""),
    "percent, slashes kept": quote(SECRET),
    "form": quote_plus(SECRET),
    "percent, lower case": "tok%2f%c3%a4%2ben%3d42%20%25%26",
    "hex": RAW.hex(),
    "repr": repr(SECRET)[1:-1],
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.ERROR])
def test_a_known_secret_never_passes(spelling: str, level: int) -> None:
    for configured in (as_text, as_json):
        stream = configured()
        logging.getLogger("any.library").log(level, "sent <%s>", spelling)
        logging.getLogger("any.library").log(level, "sent <" + spelling + ">")  # noqa: G003  # as careless code does
        log("delivery.attempted", address=f"<{spelling}>", listed=[spelling])
        assert spelling not in stream.getvalue()
        assert json.dumps(spelling)[1:-1] not in stream.getvalue()
        assert stream.getvalue().count("<***") == 3


@pytest.mark.parametrize("before", [b"", b"u", b"us", b"use", b"user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_known_secret_never_passes_within_base64(before: bytes, encode: Callable[[bytes], bytes]) -> None:
    text = encode(before + RAW + b"zz").decode()
    kept = Redactor(lambda: frozenset({SECRET})).redact(text)
    shared = -(-len(before) * 4 // 3) + 1  # characters that depend on what stands before the secret
    assert kept.count("***") == 1
    assert kept[: kept.index("***")] in text[: shared + 1]
    assert len(kept) <= len("***") + shared + 5


def test_secrets_are_those_known_when_the_line_is_written() -> None:
    known: set[str] = set()
    redactor = Redactor(lambda: frozenset(known))
    assert redactor.redact("abc-token") == "abc-token"
    known.add("abc-token")
    assert redactor.redact("an abc-token here") == "an *** here"
    known.clear()
    assert redactor.redact("abc-token") == "abc-token"


def test_the_longer_of_two_secrets_is_replaced_whole() -> None:
    redactor = Redactor(lambda: frozenset({"secret", "secret-and-more", "abc"}))
    assert redactor.redact("secret-and-more secret abc") == "*** *** abc"


# -- attempts and metrics -------------------------------------------------------------------------------------


def test_an_attempt_is_one_wide_line_without_body_and_message() -> None:
    stream = as_json()
    answered = Answered(503, "anna@example.com is busy", "30")
    log_attempt(Settled(DELIVERY, answered, RetryAt(9_000, "anna"), started_at=1_000, ended_at=1_250))
    line = json.loads(stream.getvalue())
    del line["time"]
    assert line == {
        "level": "info",
        "event": "delivery.attempted",
        "delivery": "dlv_1",
        "event_id": "evt_1",
        "source": "shop",
        "mapping": "ask",
        "touchpoint": "post-purchase",
        "attempt": 3,
        "outcome": "answered",
        "status": 503,
        "ruling": "retry",
        "milliseconds": 250,
    }


@pytest.mark.parametrize(
    ("outcome", "name"), [(NotSent("refused"), "not_sent"), (Unknown("reset"), "unknown"), (Answered(200), "answered")]
)
def test_outcomes_have_names(outcome: NotSent | Unknown | Answered, name: str) -> None:
    stream = as_json()
    log_attempt(Settled(DELIVERY, outcome, Pause("x"), 0, 0))
    line = json.loads(stream.getvalue())
    assert (line["outcome"], line["ruling"]) == (name, "pause")


def test_metrics_count_by_configured_names_only() -> None:
    counters = {"decisions.planned": 2, "decisions.skipped": 1}
    metrics = Metrics(lambda: Snapshot(counters, commits=1, requests=3))
    metrics.answered("shop", 200)
    metrics.answered("shop", 200)
    metrics.answered("", 401)
    metrics.received("shop", accepted=2, duplicates=1)
    metrics.attempted(Settled(DELIVERY, Answered(200), Delivered(), 0, 0))
    text, content_type = metrics.render()
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert {line for line in text.decode().splitlines() if "_total" in line and line[0] != "#"} == {
        'bridge_requests_total{source="shop",status="200"} 2.0',
        'bridge_requests_total{source="other",status="401"} 1.0',
        'bridge_events_total{result="accepted",source="shop"} 2.0',
        'bridge_events_total{result="duplicate",source="shop"} 1.0',
        'bridge_decisions_total{verdict="planned"} 2.0',
        'bridge_decisions_total{verdict="skipped"} 1.0',
        'bridge_decisions_total{verdict="suppressed"} 0.0',
        'bridge_decisions_total{verdict="cancelling"} 0.0',
        'bridge_decisions_total{verdict="failed"} 0.0',
        'bridge_decisions_total{verdict="unmatched"} 0.0',
        'bridge_attempts_total{outcome="answered",ruling="delivered",touchpoint="post-purchase"} 1.0',
        "bridge_commits_total 1.0",
        "bridge_committed_requests_total 3.0",
    }


def test_gauges_are_asked_for_at_each_scrape() -> None:
    now = [Snapshot({"deliveries.pending": 4, "deliveries.dead": 1}, oldest_due=1_500, commit_wait=0.25)]
    metrics = Metrics(lambda: now[0])
    lines = metrics.render()[0].decode().splitlines()
    assert 'bridge_deliveries{state="pending"} 4.0' in lines
    assert 'bridge_deliveries{state="delivered"} 0.0' in lines
    assert {"bridge_oldest_due_seconds 1.5", "bridge_store_up 1.0", "bridge_config_stale 0.0"} <= set(lines)
    assert "bridge_commit_wait_seconds 0.25" in lines
    now[0] = Snapshot(config_stale=True, store_up=False, touchpoints={"thanks": False, "survey": True})
    lines = metrics.render()[0].decode().splitlines()
    assert {"bridge_oldest_due_seconds 0.0", "bridge_store_up 0.0", "bridge_config_stale 1.0"} <= set(lines)
    assert 'bridge_touchpoint_failing{touchpoint="thanks"} 0.0' in lines
    assert 'bridge_touchpoint_failing{touchpoint="survey"} 1.0' in lines
