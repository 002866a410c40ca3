"""`coverage`: what stored traffic used of the mapping files; and `check` against what was received."""

from tests.support.console import Console


def test_mappings_fields_and_topics_are_counted(console: Console) -> None:
    console.change("till.yaml", "orderId: order}", "orderId: order, note: remark}")
    console.receive("1", "2", "3", remark="fine")
    console.receive("4")
    console.receive("5", consent=False)
    console.receive("6", "7", type="opened")
    report = console.run("coverage", "--json").json
    assert (report["events"], report["not_worked_out"], report["changes"]) == (7, 0, [])
    [use] = report["mappings"]
    last = use.pop("last_used_at")
    assert last > 1_700_000_000_000
    assert use == {
        "source": "till",
        "mapping": "visit",
        "touchpoint": "steady",
        "events": 5,
        "verdicts": {"planned": 4, "skipped": 1},
        "fields": {
            "email": {"null": 0, "of": 4},
            "orderId": {"null": 0, "of": 4},
            "note": {"null": 1, "of": 4},
        },
    }
    assert report["unmatched"] == [{"source": "till", "topic": "opened", "events": 2}]


def test_people_read_it_as_sentences(console: Console) -> None:
    console.change("till.yaml", "orderId: order}", "orderId: order, note: remark}")
    console.receive("1", "2", remark="")
    console.receive("3", type="opened")
    console.change(
        "till.yaml",
        "  - name: visit",
        "  - {name: stay, on: [left], touchpoint: eager, body: {email: guest}}\n  - name: visit",
    )
    lines = console.run("coverage").lines
    assert lines[0] == "3 events."
    assert "Never used: till/stay." in lines
    assert "till/visit note is null in 100 % (2 of 2)" in lines
    assert "till opened 1" in lines


def test_it_can_be_bounded(console: Console) -> None:
    console.receive("1", "2", "3")
    assert console.run("coverage", "--json", "--last", "2").json["events"] == 2
    assert console.run("coverage", "--json", "--since", "2999-01-01").json["events"] == 0


def test_an_event_of_a_source_without_a_file_is_counted_apart(console: Console) -> None:
    console.receive("1")
    (console.folder / "mappings/till.yaml").unlink()
    assert console.run("coverage", "--json").json["without_a_mapping_file"] == {"till": 1}


def test_check_compares_paths_with_stored_events_if_asked(console: Console) -> None:
    console.receive("1", consent=True)
    console.change("till.yaml", "email: guest,", "email: geust,")
    assert console.run("check").out == "mappings is fine: 1 sources, 2 touchpoints.\n"
    said = console.run("check", "--against-events")
    assert said.status == 0
    assert said.out.startswith(
        "mappings/till.yaml:16:19: warning: no payload of these topics ever had geust (did you mean guest?)\n"
    )
