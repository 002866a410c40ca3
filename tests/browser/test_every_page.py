"""What holds on every page: readable by screen readers, no sideways scrolling, light enough, nothing hostile runs."""

import gzip
import json
import urllib.request
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.browser import House, Operator, at_console

HOSTILE = (
    "<script>document.title='pwned'</script>",
    '"><img src=x onerror="document.title=\'pwned\'">',
    "'><svg/onload=document.title='pwned'>",
    "javascript:document.title='pwned'//",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "</textarea><script>document.title='pwned'</script>",
    "<a href=\"javascript:document.title='pwned'\">x</a>",
    "\u202egnp.exe \u0645\u0631\u062d\u0628\u0627 \u2764\ufe0f " + "n" * 300,
)
PAGES = (
    "/",
    "/why",
    "/why?q=1001",
    "/why?q=nobody@example.com",
    "/events",
    "/deliveries",
    "/deliveries?state=held",
    "/refused",
    "/replays",
    "/replays/new?state=dead",
    "/mappings",
    "/mappings/till.yaml",
    "/mappings/till.yaml/try",
    "/touchpoints",
    "/touchpoints/steady",
    "/sources",
    "/sources/till",
    "/sources/connect",
    "/secrets",
    "/suppression",
    "/audit",
    "/audit/journal",
    "/people",
    "/account",
)
WIDTHS = (375, 900, 1280, 2560)
LARGEST_PAGE = 150_000  # bytes, compressed


@pytest.fixture(scope="module")
def lived_in(home: House) -> House:
    """A bridge that has seen hostile orders, a refused request, a failure and a replay."""
    home.receive("1001", "1002")
    home.receive(*(f"x{number}" for number, _ in enumerate(HOSTILE)), state="delivered")
    for number, text in enumerate(HOSTILE):
        home.receive(f"9{number}{text}", guest=f"h{number}@example.com", note=text, **{text: text})
    home.serving.post(b'{"type": "closed"}', secret="wrong")
    return home


@pytest.fixture
def admin(browser: Browser, lived_in: House) -> Iterator[Operator]:
    with at_console(browser, lived_in, "admin") as operator:
        yield operator


def every_page(home: House) -> list[str]:
    """Give the pages, with those of the newest event and delivery, which are hostile ones."""
    event = json.loads(home.bridge.command("events", "list", "--limit", "1", "--json"))[0]["id"]
    delivery = json.loads(home.bridge.command("deliveries", "list", "--limit", "1", "--json"))[0]["id"]
    return [*PAGES, f"/events/{event}", f"/deliveries/{delivery}"]


def test_every_page_is_usable_with_a_screen_reader(admin: Operator, lived_in: House) -> None:
    found = {}
    for path in every_page(lived_in):
        admin.open(path)
        report = Axe().run(admin.page)
        if report.violations_count or admin.page.locator("h1").count() != 1:
            found[path] = report.generate_report()
    assert not found, "\n".join(f"{path}\n{report}" for path, report in found.items())


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(browser: Browser, lived_in: House, width: int) -> None:
    wide = {}
    with at_console(browser, lived_in, "viewer", width=width) as viewer:
        for path in every_page(lived_in):
            viewer.open(path)
            beyond = viewer.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if beyond > 0:
                wide[path] = beyond
    assert wide == {}


def test_nothing_that_came_in_runs_anywhere(admin: Operator, lived_in: House) -> None:
    for path in every_page(lived_in):
        admin.open(path)
        assert "pwned" not in admin.page.title(), path
        assert admin.page.locator("main script, main [onerror], main [onload], main a[href^='javascript']").count() == 0


def test_no_page_is_heavier_than_150_kb(lived_in: House) -> None:
    token = lived_in.sign_in("admin")
    heavy = {}
    for path in every_page(lived_in)[1:]:
        asked = urllib.request.Request(lived_in.serving.admin + path, headers={"Cookie": f"session={token}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            size = len(gzip.compress(answer.read()))
        if size > LARGEST_PAGE:
            heavy[path] = size
    assert heavy == {}
