"""`new`: the beginning of a mapping file, from a preset or stored events; it checks clean and overwrites nothing."""

import pytest

from bridge.core.presets import PRESETS
from tests.support.console import Console


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_makes_a_file_that_checks_clean(console: Console, name: str) -> None:
    made = console.run("new", name)
    assert (made.status, made.err) == (0, "")
    assert made.out == f"mappings/{name}.yaml\nNext: bridge secrets set {name}, then bridge check.\n"
    assert console.run("check").out == "mappings is fine: 2 sources, 2 touchpoints.\n"


def test_a_source_of_another_name_takes_the_preset_that_is_named(console: Console) -> None:
    assert console.run("new", "my-shop", "--preset", "shopify", "--touchpoint", "eager").status == 0
    text = (console.folder / "mappings/my-shop.yaml").read_text()
    assert "source: my-shop\nverify:\n  preset: shopify\n" in text
    assert "    on: [orders/fulfilled]" in text
    assert "    touchpoint: eager\n" in text
    assert "      email: email || contact_email || customer.email\n" in text
    assert "Shopify admin: Settings, Notifications, Webhooks" in text


def test_stored_events_make_a_file_without_a_value_of_theirs(console: Console) -> None:
    console.receive("9001", "9002", first_name="Maria")
    text = (console.folder / "mappings/till.yaml").read_text()
    verify = text[text.index("verify:") : text.index("mappings:")]
    with console.store() as store:
        store.strongbox.keep_configuration("before", {"till.yaml": text}, now=1)
    (console.folder / "mappings/till.yaml").unlink()
    assert console.run("new", "till", "--from-events").status == 0
    made = (console.folder / "mappings/till.yaml").read_text()
    assert verify in made
    assert "#   closed: 2\n" in made
    assert "    on: [closed]\n" in made
    assert "      email: guest\n      firstname: first_name\n" in made
    assert "9001" not in made
    assert "Maria" not in made
    assert console.run("check").status == 0


def test_a_file_that_is_there_stays_as_it_is(console: Console) -> None:
    before = (console.folder / "mappings/till.yaml").read_text()
    said = console.run("new", "till", "--preset", "shopify")
    assert said.status == 2
    assert "mappings/till.yaml is there already; it stays as it is." in said.err
    assert (console.folder / "mappings/till.yaml").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shopfy",), "There is no preset 'shopfy' (did you mean 'shopify'?)"),
        (("Shop",), "write lower-case letters, digits and '-'"),
        (("shopify", "--touchpoint", "nowhere"), "there are: eager, steady"),
        (("shopify", "--preset", "shopify", "--from-events"), "exclude each other"),
    ],
)
def test_a_wrong_call_is_explained(console: Console, arguments: tuple[str, ...], message: str) -> None:
    said = console.run("new", *arguments)
    assert said.status == 2
    assert message in said.err


def test_a_folder_without_touchpoints_gets_one_to_begin_with(console: Console) -> None:
    made = console.run("new", "stripe", "--mappings", "fresh")
    assert made.lines == [
        "fresh/touchpoints.yaml",
        "fresh/stripe.yaml",
        "Next: bridge secrets set stripe, then bridge check.",
    ]
    assert console.run("check", "fresh").out == "fresh is fine: 1 sources, 1 touchpoints.\n"
