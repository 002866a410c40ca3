"""The benchmarks' harness: it measures what happened, and gives no figures where anything went wrong."""

import hmac
import json
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench.documenting import write_documents
from tests.bench.job import Job
from tests.bench.orders import SECRET, Orders
from tests.bench.posts import posted
from tests.bench.programme import chosen
from tests.bench.programs import Spoiled, bridge, load, program
from tests.bench.report import document, table
from tests.bench.scenarios import Extent, delivered, durable
from tests.bench.targets import TITLES, Target

TINY = Extent(seconds=10.0, most=50, warm_up=0.0)


def test_an_order_has_seven_kilobytes_its_own_id_and_a_valid_signature() -> None:
    first, second = (Orders("127.0.0.1:80").request(number) for number in (0, 1))
    head, _, body = first.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert b64decode(fields["X-Shopify-Hmac-SHA256"]) == hmac.digest(SECRET.encode(), body, "sha256")
    assert 6_800 < len(body) < 7_500
    assert json.loads(body)["id"] == 1_000_000_000
    assert fields["X-Shopify-Webhook-Id"] == "b54557e4-bdd9-4b37-8a5f-1000000000"
    assert b"1000000001" in second
    assert b"1000000000" not in second


def test_a_tiny_run_of_the_durable_answer_stores_every_order(tmp_path: Path) -> None:
    figures = durable(tmp_path, TINY)
    assert figures["ratio"] == figures["events_per_s"] / figures["baseline_per_s"]
    assert 0 < figures["commits_per_event"] <= 1
    assert figures["bytes_per_event"] > 7_000


def test_a_tiny_run_from_end_to_end_delivers_every_order(tmp_path: Path) -> None:
    figures = delivered(tmp_path, TINY)
    assert figures["events_per_s"] > 0
    assert figures["baseline_per_s"] > 0


def test_a_tiny_run_of_sending_alone_counts_what_the_target_took(tmp_path: Path) -> None:
    figures = posted(tmp_path, Extent(seconds=0.2))
    assert figures["ratio"] == figures["posts_per_cpu_s"] / figures["default_posts_per_cpu_s"]
    assert figures["cpu_us_per_post"] == 1e6 / figures["posts_per_cpu_s"]


def test_the_load_ends_at_its_bound() -> None:
    with program("baselines", "ack") as baseline:
        result = load(Job(port=baseline.port, connections=4, seconds=2.0, most=50))
    assert (result.sent, result.answered, result.errors) == (50, 50, {})


def test_an_answer_503_is_counted_where_orders_may_be_refused_and_gives_no_figures_elsewhere(tmp_path: Path) -> None:
    """Of a bridge that has no room left."""
    full = {"BRIDGE_MAX_STORE": "1KiB"}
    with bridge(tmp_path, "http://127.0.0.1:9", paused=True, settings=full) as serve:
        done = load(Job(port=serve.port, connections=2, seconds=2.0, most=5, rate=100.0, may_refuse=True))
        with pytest.raises(Spoiled, match=r"errors: \{'503': "):
            load(Job(port=serve.port, connections=2, seconds=2.0, most=50))
    assert (done.answered, done.refused, done.accepted) == (0, 5, [])
    assert min(done.trouble, done.ended, done.refused_p99) > 0


def test_an_order_that_is_a_duplicate_gives_no_figures(tmp_path: Path) -> None:
    with bridge(tmp_path, "http://127.0.0.1:9", paused=True) as serve:
        job = Job(port=serve.port, connections=2, seconds=2.0, most=5)
        assert load(job).answered == 5
        assert serve.metric("bridge_requests_total", source="shopify", status="200") == 5
        with pytest.raises(Spoiled, match=r"errors: \{'duplicate': "):
            load(job)


def test_a_server_that_is_not_there_gives_no_figures() -> None:
    with pytest.raises(Spoiled, match="the load generator ended with 1"):
        load(Job(port=9, connections=1, seconds=1.0, most=1))


def test_a_table_shows_median_and_spread_with_the_ratio_first() -> None:
    runs = [
        {"ratio": 0.5, "events_per_s": 900.0},
        {"ratio": 0.7, "events_per_s": 1500.0},
        {"ratio": 0.6, "events_per_s": 1.0},
    ]
    lines = table("S2", runs).splitlines()
    assert lines[3].split() == ["ratio", "to", "the", "baseline", "0.600", "0.500", "to", "0.700", ">=", "1"]
    assert lines[4].split() == ["bridge,", "orders/s", "900", "1.000", "to", "1,500"]
    assert json.loads(document({"cores": 2}, {"S2": runs}, {}))["median"]["S2"]["ratio"] == 0.6


# -- the documents ----------------------------------------------------------------------------------------------

RESULTS = {
    "machine": {
        "processor": "EPYC",
        "cores": 2,
        "system": "Linux",
        "file_system": "ext4",
        "python": "3.11",
        "sqlite": "3.53",
        "packages": {"httpx": "0.28"},
        "commit": "abc",
        "changed_files": 0,
    },
    "runs": {"S8": [{"ratio": 0.3, "help_s": 0.1, "serve_s": 2.0}, {"ratio": 0.5, "help_s": 0.3, "serve_s": 4.0}]},
}


def test_the_last_results_stand_between_the_marks_of_the_document_and_in_the_chart(tmp_path: Path) -> None:
    results, text, picture = tmp_path / "results.json", tmp_path / "speed.md", tmp_path / "speed.svg"
    results.write_text(json.dumps(RESULTS))
    text.write_text("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n")
    write_documents(results, document=text, picture=picture)
    write_documents(results, document=text, picture=picture)
    lines = text.read_text().splitlines()
    assert (lines[0], lines[-2:]) == ("before", ["<!-- /figures -->", "after"])
    assert "| S8 | bridge serve to the first webhook, s | 3.000 (2.000 to 4.000) | &lt; 1 | missed |" in lines
    assert "| bridge --help, s | 0.200 | 0.100 to 0.300 | &lt; 0.2 |" in lines
    assert "Commit abc, EPYC with 2 cores, Linux, ext4, Python 3.11, SQLite 3.53, httpx 0.28." in lines
    bars = ET.fromstring(picture.read_bytes()).findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["missed", "missed"]


def test_a_figure_at_its_bound_is_met_where_it_should_reach_it_and_missed_where_it_should_stay_below() -> None:
    assert Target("", 2.0).is_met(2.0)
    assert not Target("", 2.0, below=True).is_met(2.0)
    assert (Target("", 2.0).margin(8.0), Target("", 2.0, below=True).margin(8.0)) == (4.0, 0.25)
    assert Target("", 5.0, below=True).margin(0.0) == float("inf")


def test_every_scenario_can_be_chosen_and_cut_short() -> None:
    assert list(chosen([], quick=True, runs=None, seconds=None, count=None)) == list(TITLES)
    [scenario] = chosen(["S3"], quick=False, runs=2, seconds=0.5, count=7).values()
    assert (scenario.runs, scenario.extent.seconds, scenario.extent.count) == (2, 0.5, 7)
    assert chosen(["S1"], quick=False, runs=None, seconds=None, count=7)["S1"].extent.count == 0
