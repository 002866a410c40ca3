"""`audit`: the balance sheet by source and day, and imbalances with the rows at fault."""

from datetime import UTC, datetime

from bridge.app.clock import now
from tests.support.console import Console


def on_the_database(console: Console, statement: str) -> None:
    with console.store() as store:
        store.database.connection.execute(statement)


def today() -> str:
    return datetime.fromtimestamp(now() / 1000, UTC).strftime("%Y-%m-%d")


def test_the_balance_sheet_has_a_line_for_each_source_and_day(console: Console) -> None:
    console.receive("1", "2")
    console.receive("3", consent=False)
    console.send("delivered")
    said = console.run("audit", "--days")
    assert said.status == 0
    titles, line, sentence = said.lines
    assert titles == (
        "day source events waiting decisions planned skipped suppressed cancelling failed unmatched replayed "
        "pending sending held delivered cancelled dead"
    )
    assert line == f"{today()} till 3 3 2 1 1 1"
    assert sentence == "Balanced: 3 events, 2 deliveries planned and 0 replayed, 1 delivered."


def test_the_balance_sheet_as_json_has_the_counts_by_their_names(console: Console) -> None:
    console.receive("1")
    said = console.run("audit", "--json").json
    assert (said["balanced"], said["imbalances"]) == (True, [])
    assert said["days"] == [
        {
            "day": today(),
            "source": "till",
            "decisions": 1,
            "decisions.planned": 1,
            "deliveries.pending": 1,
            "deliveries.planned": 1,
            "events.accepted": 1,
            "events.decided": 1,
        }
    ]


def test_a_part_of_the_books_can_be_asked_for(console: Console) -> None:
    console.receive("1")
    assert console.run("audit", "--source", "till", "--since", "1d").out == (
        "Balanced: 1 events, 1 deliveries planned and 0 replayed, 0 delivered.\n"
    )
    said = console.run("audit", "--source", "shop", "--days")
    assert said.lines == [
        "Nothing was received.",
        "Balanced: 0 events, 0 deliveries planned and 0 replayed, 0 delivered.",
    ]
    said = console.run("audit", "--since", "yesterday")
    assert (said.status, said.out) == (2, "")
    assert "write 2026-11-22, 2026-11-22T18:00 or 12h" in said.err


def test_an_imbalance_names_the_day_the_source_and_the_rows(console: Console) -> None:
    console.receive("1")
    on_the_database(console, "UPDATE deliveries SET state = 'delivered'")
    with console.store() as store:
        delivery = store.database.connection.execute("SELECT id FROM deliveries").fetchone()[0]
    said = console.run("audit")
    assert said.status == 1
    counted = "delivered deliveries counted - pruned = stored: 0 against 1"
    assert said.lines == [
        "pending deliveries counted - pruned = stored: 1 against 0",
        counted,
        "delivered deliveries to steady counted = stored: 0 against 1",
        "pending deliveries to steady counted = stored: 1 against 0",
        f"{today()} till: pending deliveries counted - pruned = stored: 1 against 0: {delivery}",
        f"{today()} till: {counted}: {delivery}",
        f"delivered without an attempt = 0: 1 against 0: {delivery}",
    ]
    [found] = [each for each in console.run("audit", "--json").json["imbalances"] if each["source"] and each["right"]]
    assert found == {
        "equation": "delivered deliveries counted - pruned = stored",
        "left": 0,
        "right": 1,
        "rows": [delivery],
        "source": "till",
        "day": today(),
        "more": 0,
    }


def test_what_is_not_named_is_counted(console: Console) -> None:
    console.receive(*(str(number) for number in range(22)))
    on_the_database(console, "DELETE FROM decisions")
    [line] = [line for line in console.run("audit").lines if line.startswith("deliveries without")]
    assert line.endswith(" and 2 more")
    assert line.count("dlv_") == 20


def test_what_was_counted_before_days_were_is_shown_as_earlier(console: Console) -> None:
    console.receive("1")
    on_the_database(console, "UPDATE daily SET day = 0, source = ''")
    said = console.run("audit", "--days")
    assert said.lines[1] == "earlier 1 1 1 1"
    assert "earlier: events counted - pruned = events stored: 1 against 0" in said.lines
