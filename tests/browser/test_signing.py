"""Coming in with a browser: by a link, by a password, on plain HTTP in a house network, and from other sites' pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import CHROMIUM, House, Operator, at_console

PASSWORD = "a horse and three batteries"


@pytest.fixture
def stranger(browser: Browser, home: House) -> Iterator[Operator]:
    """Somebody who has not signed in."""
    context = browser.new_context(timezone_id="Europe/Vienna")
    yield Operator(context.new_page(), home.serving.admin)
    context.close()


def join(stranger: Operator, link: str, name: str) -> None:
    """Use a link as a person does."""
    stranger.page.goto(link)
    stranger.write("Name", name)
    stranger.write("Password, at least 15 characters", PASSWORD)
    stranger.write("The same password again", PASSWORD)
    stranger.press("Begin")
    stranger.page.wait_for_url(stranger.base + "/")


def test_a_link_made_by_an_admin_brings_somebody_in_with_their_zone(
    browser: Browser, home: House, stranger: Operator
) -> None:
    with at_console(browser, home, "admin") as admin:
        admin.open("/people")
        admin.press("Make a link")
        link = admin.page.locator("a[data-whole]").inner_text()
        assert admin.steps == 1
    assert link.startswith(home.serving.admin + "/join/")
    join(stranger, link, "dora")
    stranger.page.goto(stranger.base + "/account")
    stranger.sees("dora, operator")
    assert stranger.page.locator("#zone").input_value() == "Europe/Vienna"
    assert stranger.complaints == []


def test_who_signs_in_comes_to_where_they_wanted_to_go_and_is_gone_after_signing_out(
    home: House, stranger: Operator
) -> None:
    home.bridge.command("users", "add", "emil", "--role", "viewer", given=PASSWORD)
    stranger.open("/deliveries?state=dead")
    stranger.write("Name", "emil")
    stranger.write("Password", "not the right one")
    stranger.press("Sign in")
    stranger.sees("Name and password do not fit together. 4 more tries, then a pause.")
    stranger.write("Password", PASSWORD)
    stranger.press("Sign in")
    stranger.page.wait_for_url(stranger.base + "/deliveries?state=dead")
    stranger.press("Sign out", within="header")
    stranger.page.wait_for_url(stranger.base + "/sign-in")
    stranger.page.go_back()
    stranger.sees("Sign in")
    assert "emil" not in stranger.page.content()


def test_a_person_is_removed_after_a_question_without_script(browser: Browser, home: House) -> None:
    home.bridge.command("users", "add", "frieda", "--role", "viewer", given=PASSWORD)
    with at_console(browser, home, "admin", script=False) as admin:
        admin.open("/people")
        admin.press("Remove frieda…")
        admin.press("Remove frieda")
        admin.sees("frieda was removed, and is signed out.")
        assert admin.steps == 2


@pytest.fixture
def abroad(browser: Browser, home: House) -> Iterator[Page]:
    """A browser, signed in, to which this machine is http://bridge.lan: not localhost, so without Fetch Metadata."""
    rules = "--host-resolver-rules=MAP *.lan 127.0.0.1"
    other = browser.browser_type.launch(executable_path=CHROMIUM, args=["--no-sandbox", rules])
    context = other.new_context()
    context.add_cookies([{"name": "session", "value": home.sign_in("admin"), "url": at_lan(home, "bridge")}])
    yield context.new_page()
    other.close()


def at_lan(home: House, name: str) -> str:
    return home.serving.admin.replace("127.0.0.1", f"{name}.lan")


def test_forms_work_on_plain_http_in_a_house_network(abroad: Page, home: House) -> None:
    with abroad.expect_request("**/people/invite") as asked:
        abroad.goto(at_lan(home, "bridge") + "/people")
        abroad.get_by_role("button", name="Make a link").click()
    assert "sec-fetch-site" not in asked.value.all_headers()
    assert asked.value.headers["origin"] == at_lan(home, "bridge")
    assert abroad.locator("h1").inner_text() == "A link for a new operator"


def test_a_form_on_another_page_of_the_house_network_is_refused(abroad: Page, home: House) -> None:
    form = f'<form method="post" action="{at_lan(home, "bridge")}/people/invite"><input name="role"><button>go</button>'
    abroad.route("http://evil.lan/*", lambda route: route.fulfill(body=form, content_type="text/html"))
    abroad.goto("http://evil.lan/page")
    abroad.get_by_role("button", name="go").click()
    abroad.wait_for_url("**/people/invite")
    assert "another site's page asked for this" in abroad.locator("main").inner_text()
