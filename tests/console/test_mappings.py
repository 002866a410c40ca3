"""The pages of the mapping files: listed, shown with their problems, edited, planned, applied, restored."""

import asyncio
import html
import re
from pathlib import Path

import httpx
import pytest

from bridge.api.access import StoredAccess
from bridge.app.workshop import Workshop
from bridge.console import console_app
from tests.api.test_mappings import EXAMPLE
from tests.support.console import FILES, Console
from tests.support.office import browsing, client_of, office, signed_in

CHANGED = FILES["till.yaml"].replace("orderId: order", "orderId: id")
BROKEN = FILES["till.yaml"].replace("orderId: order", "orderId: odrer(id)")
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def ready(console: Console) -> Console:
    """A console whose folder is in force, with its secrets."""
    console.keep_secrets()
    assert console.run("apply").status == 0
    return console


def heading(answer: httpx.Response) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


def plain(text: str) -> str:
    """Give what a page says, in one line."""
    body = text[text.index("<main") :] if "<main" in text else text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


async def an_edit(client: httpx.AsyncClient, text: str, name: str = "till.yaml") -> dict[str, str]:
    """Open the editor, as who edits does, and give its form with another text."""
    page = (await client.get(f"/mappings/{name}/edit")).text
    opened = page.split('name="opened" value="')[1].split('"')[0]
    return {"text": text.replace("\n", "\r\n"), "opened": opened}


async def planned(client: httpx.AsyncClient, text: str) -> str:
    """Plan another text of the till's file; gives the plan's address."""
    answer = await client.post("/mappings/till.yaml/plan", data=await an_edit(client, text))
    assert answer.status_code == 303
    return answer.headers["location"]


# -- the list -------------------------------------------------------------------------------------------------------


async def test_the_title_says_how_the_files_stand(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        assert heading(await client.get("/mappings")) == "2 mapping files are in force, no problems"
        ready.write("till.yaml", BROKEN)
        stale = await client.get("/mappings")
    assert heading(stale).startswith("till.yaml has 1 error, so the bridge keeps the version of ")
    assert "body.orderId: there is no function odrer" in plain(stale.text)
    assert 'href="/mappings/till.yaml#L16"' in stale.text


async def test_a_folder_that_waits_to_be_applied_can_be_planned_and_applied(ready: Console) -> None:
    ready.write("till.yaml", CHANGED)
    async with browsing(ready, "operator", apply="manual") as client:
        page = await client.get("/mappings")
        assert heading(page) == "1 file differs from what is in force"
        assert "differs from what is in force" in page.text
        assert "<ins>    body: {email: guest, orderId: id}</ins>" in (await client.get("/mappings/differences")).text
        begun = await client.post("/mappings/plan")
        address = begun.headers["location"]
        applied = await client.post(f"{address}/apply")
        assert (applied.status_code, applied.headers["location"]) == (303, "/mappings")
        assert heading(await client.get("/mappings")) == "2 mapping files are in force, no problems"


async def test_a_file_is_found_by_a_part_of_its_name_from_twenty_on(ready: Console) -> None:
    for number in range(20):
        text = FILES["till.yaml"].replace("source: till", f"source: shop-{number}")
        ready.write(f"shop-{number}.yaml", text)
    async with browsing(ready) as client:
        page = await client.get("/mappings?name=shop-1")
        nothing = await client.get("/mappings?name=" + HOSTILE)
    assert page.text.count('class="go clip"') == 11
    assert 'type="search" name="name" value="shop-1"' in page.text
    assert "No file is called so" in nothing.text
    assert HOSTILE not in nothing.text


# -- a file ---------------------------------------------------------------------------------------------------------


async def test_problems_stand_at_their_lines_with_carets_and_what_to_write(ready: Console) -> None:
    ready.write("till.yaml", BROKEN)
    async with browsing(ready, "viewer") as client:
        page = await client.get("/mappings/till.yaml")
    assert heading(page) == "till.yaml has 1 error"
    line = page.text.split('<li id="L16" class="hit is-error">')[1]
    assert line.startswith('<a class="no" href="#L16">16</a>')
    assert '<span class="carets">' + " " * 34 + "^" * 5 + "</span>" in line
    assert "Error. body.orderId: there is no function odrer: did you mean lower?" in plain(line)
    assert '<span class="k">source</span>: till' in page.text


async def test_what_stands_in_a_file_never_becomes_markup(ready: Console) -> None:
    ready.write("till.yaml", f"# {HOSTILE}\nsource: till\n{HOSTILE}: 1\nverify: {{kind: none}}\n")
    async with browsing(ready) as client:
        for path in ("/mappings", "/mappings/till.yaml", "/mappings/till.yaml/edit", "/mappings/differences"):
            assert HOSTILE not in (await client.get(path)).text
        checked = await client.post("/mappings/till.yaml/edit", data={"text": f"a: {HOSTILE}", "opened": HOSTILE})
    assert HOSTILE not in checked.text
    assert "&lt;script&gt;" in checked.text


async def test_a_long_file_is_plain_text_with_the_lines_that_are_wrong_above_it(ready: Console) -> None:
    ready.write("till.yaml", BROKEN + "# more\n" * 1_200)
    async with browsing(ready) as client:
        page = await client.get("/mappings/till.yaml")
    assert '<pre class="code plain"' in page.text
    assert page.text.count('<li id="L') == 1
    assert '<li id="L16" class="hit is-error">' in page.text


async def test_what_traffic_uses_of_a_file_is_counted_by_mapping(ready: Console) -> None:
    ready.receive("1001", "1002")
    ready.receive("1003", consent=False)
    ready.receive("1004", type="opened")
    async with browsing(ready, "viewer") as client:
        page = await client.get("/mappings/till.yaml/use")
        part = await client.get("/mappings/till.yaml/use", headers={"hx-request": "true"})
        missing = await client.get("/mappings/vienna.yaml/use")
    said = plain(page.text)
    assert "Every mapping took some of the last 4 events" in said
    assert "visit 3 2 planned , 1 skipped" in said
    assert "Topics that no mapping takes: opened 1" in said
    assert part.text.startswith('<section class="panel" id="use"')
    assert missing.status_code == 404


async def test_an_address_that_is_no_file_is_not_found(ready: Console) -> None:
    async with browsing(ready) as client:
        answers = [await client.get(f"/mappings/{name}") for name in ("vienna.yaml", "..%2F..%2Fetc%2Fpasswd")]
    assert [answer.status_code for answer in answers] == [404, 404]


# -- the editor -----------------------------------------------------------------------------------------------------


async def test_checking_without_script_gives_the_page_with_the_text_and_its_problems(ready: Console) -> None:
    async with browsing(ready, "viewer") as client:
        page = await client.post("/mappings/till.yaml/edit", data=await an_edit(client, BROKEN))
    assert (page.status_code, 'aria-invalid="true"' in page.text) == (200, True)
    assert html.unescape(page.text.split('<textarea id="text"')[1].split(">\n")[1].split("</textarea>")[0]) == BROKEN
    assert 'href="#text" data-line="16" data-column="35">line 16</a>' in page.text
    assert "/plan" not in page.text.split("<form class=")[1].split("</form>")[0]  # a viewer does not plan


async def test_checking_with_script_gives_the_problems_alone(ready: Console) -> None:
    async with browsing(ready) as client:
        edit = await an_edit(client, BROKEN)
        part = await client.post("/mappings/till.yaml/edit", data=edit, headers={"hx-request": "true"})
    assert part.text.startswith('<section class="panel" id="findings"')
    assert plain(part.text) == (
        "1 error Planning waits until the errors are mended"
        " body.orderId: there is no function odrer (did you mean lower?) line 16"
    )


async def test_a_text_with_errors_is_not_planned_and_not_lost(ready: Console) -> None:
    async with browsing(ready, "operator") as client:
        page = await client.post("/mappings/till.yaml/plan", data=await an_edit(client, BROKEN))
    assert page.status_code == 422
    assert "odrer(id)" in page.text.split("<textarea")[1]


async def test_who_edits_what_others_changed_sees_how_it_differs_and_keeps_the_text(ready: Console) -> None:
    async with browsing(ready, "operator") as client:
        edit = await an_edit(client, CHANGED)
        ready.write("till.yaml", FILES["till.yaml"] + "# theirs\n")
        page = await client.post("/mappings/till.yaml/plan", data=edit)
        again = await client.post("/mappings/till.yaml/plan", data=await an_edit(client, CHANGED))
    assert page.status_code == 409
    assert "<ins># theirs</ins>" in page.text
    assert "orderId: id" in page.text.split("<textarea")[1]
    assert again.status_code == 303


async def test_lines_that_may_hold_a_secret_are_hidden_and_kept_when_others_are_edited(ready: Console) -> None:
    ready.change("touchpoints.yaml", "token: ${secret:eager}", "token: pxp-live-0815")
    async with browsing(ready, "operator") as client:
        page = (await client.get("/mappings/touchpoints.yaml/edit")).text
        shown = html.unescape(page.split('<textarea id="text"')[1].split(">\n")[1].split("</textarea>")[0])
        assert "0815" not in page
        edit = await an_edit(client, shown.replace("# as well", "# too"), "touchpoints.yaml")
        answer = await client.post("/mappings/touchpoints.yaml/plan", data=edit)
    assert answer.status_code == 422  # it is still a literal where a secret belongs
    assert "0815" not in answer.text


# -- plan and apply -------------------------------------------------------------------------------------------------


async def test_a_plan_shows_what_would_change_and_is_applied_with_one_more_step(ready: Console) -> None:
    ready.receive("1001", "1002", consent=False)
    [event] = ready.receive("1003")
    async with browsing(ready, "operator") as client:
        address = await planned(client, CHANGED.replace("consent != `false`", "consent == `false`"))
        page = await client.get(address)
        assert heading(page) == "2 newly sent, 1 no longer sent over 3 events"
        said = plain(page.text)
        assert "2 newly sent 1 no longer sent 0 sent, other values 0 newly failing 0 as before" in said
        assert "skipped: when is false to steady: email=1…@example.com, orderId=id-1002" in said
        assert f'title="{event}"' in page.text
        assert f'<form method="post" action="{address}/apply">' in page.text
        done = await client.post(f"{address}/apply")
        assert (done.status_code, done.headers["location"]) == (303, "/mappings/till.yaml")
        after = await client.get("/mappings/till.yaml")
    assert "till.yaml is in force: version " in after.text
    assert '<button class="btn text">Undo</button>' in after.text
    assert (ready.folder / "mappings/till.yaml").read_text().count("orderId: id") == 1


async def test_a_plan_under_way_says_how_far_it_is_and_looks_again_by_itself(ready: Console) -> None:
    async def never(_: object) -> None:
        await asyncio.Event().wait()

    async with office(ready) as opened:
        opened.workshop = Workshop(opened.settings, {}, read=opened.read, study=never)
        access = StoredAccess(opened)
        async with client_of(console_app(opened, access)) as client:
            client.cookies.set("session", await opened.write(lambda store: signed_in(store, "operator")))
            page = await client.get(await planned(client, CHANGED))
    assert heading(page) == "Comparing with what is in force"
    assert page.headers["refresh"] == "1"
    assert '<progress aria-label="Events compared" max="1000" value="0">' in page.text


async def test_values_that_differ_are_shown_before_and_after(ready: Console) -> None:
    ready.receive("1001")
    async with browsing(ready, "operator") as client:
        address = await planned(client, CHANGED)
        page = await client.get(address)
        whole = await client.get(re.findall(rf'href="({address}/events/evt_[^"]+)"', page.text)[0])
        missing = await client.get(f"{address}/events/evt_none")
        assert (await client.get("/mappings/plans/0123456789ab")).status_code == 404
    assert (
        "visit sent to steady visit, attribute by attribute Attribute Before and after orderId 1001 id-1001"
        in plain(whole.text)
    )
    assert "1 equal value email 1001@example.com" in plain(whole.text)
    assert missing.status_code == 404
    assert "<del>1001</del><ins>id-1001</ins>" in page.text
    assert "<del>    body: {email: guest, orderId: order}</del>" in page.text


async def test_a_plan_that_makes_something_fail_is_applied_only_after_a_question(ready: Console) -> None:
    ready.receive("1001")
    async with browsing(ready, "operator") as client:
        address = await planned(client, FILES["till.yaml"].replace("email: guest", "email: mail"))
        page, question = await client.get(address), await client.get(f"{address}/apply")
    assert heading(page) == "1 newly failing over 1 event"
    assert f'href="{address}/apply" data-dialog>Apply…</a>' in page.text
    assert "1 decision would newly fail" in question.text


async def test_examples_that_become_something_else_are_accepted_by_a_tick(ready: Console) -> None:
    for name, text in EXAMPLE.items():
        ready.write(name, text)
    async with browsing(ready, "operator") as client:
        edit = await an_edit(client, CHANGED)
        checked = await client.post("/mappings/till.yaml/edit", data=edit)
        refused = await client.post("/mappings/till.yaml/plan", data=edit)
        begun = await client.post("/mappings/till.yaml/plan", data=edit | {"accept": "true"})
        plan = await client.get(begun.headers["location"])
        await client.post(f"{begun.headers['location']}/apply")
        assert heading(await client.get("/mappings")) == "2 mapping files are in force, no problems"
    assert "That is meant: write down what this example becomes now" in plain(checked.text)
    assert refused.status_code == 422
    assert "examples/till/visit.expect.yaml what it becomes, against what it says now" in plain(plan.text)


async def test_a_plan_says_when_it_is_older_than_what_it_is_about(ready: Console) -> None:
    async with browsing(ready, "operator") as client:
        address = await planned(client, CHANGED)
        ready.write("till.yaml", FILES["till.yaml"] + "# theirs\n")
        page, applied = await client.get(address), await client.post(f"{address}/apply")
        ready.write("till.yaml", FILES["till.yaml"])
        ready.write("vienna.yaml", FILES["till.yaml"].replace("source: till", "source: vienna"))
        other = await client.get(address)
    assert "Till.yaml changed in the folder since this plan: plan again before you apply." in plain(page.text)
    assert applied.status_code == 409
    assert "The folder changed since this plan" in plain(other.text)


async def test_where_files_come_from_elsewhere_there_is_a_diff_to_commit(ready: Console) -> None:
    path = ready.folder / "mappings/till.yaml"
    hidden = ready.folder / "mappings/..data"
    hidden.mkdir()
    path.rename(hidden / "till.yaml")
    path.symlink_to(Path("..data/till.yaml"))
    async with browsing(ready, "operator") as client:
        address = await planned(client, CHANGED)
        page, patch = await client.get(address), await client.get(f"{address}/patch")
        assert (await client.post(f"{address}/apply")).status_code == 409
        ready.run("apply")
        [version] = {row["configuration"] for row in ready.run("mappings", "history", "--json").json}
        (hidden / "till.yaml").write_text(CHANGED)
        restore, commit = [await client.get(f"/mappings/history/{version}/{part}") for part in ("restore", "patch")]
        assert (await client.post(f"/mappings/history/{version}/restore")).status_code == 409
    assert heading(restore) == f"Restore {version} where the files come from"
    assert commit.text.endswith("-    body: {email: guest, orderId: id}\n+    body: {email: guest, orderId: order}\n")
    assert "Apply" not in page.text.split('<div class="acts">')[1].split("</div>")[0]
    assert "is a link: the folder is filled from elsewhere" in page.text
    assert patch.headers["content-disposition"].startswith('attachment; filename="')
    assert patch.text.startswith("--- a/mappings/till.yaml\n+++ b/mappings/till.yaml\n@@ ")


# -- history --------------------------------------------------------------------------------------------------------


async def test_an_earlier_version_is_one_question_away(ready: Console) -> None:
    async with browsing(ready, "operator") as client:
        await client.post(f"{await planned(client, CHANGED)}/apply")
        history = await client.get("/mappings/history")
        assert heading(history) == "2 versions came into force"
        address = re.findall(r'href="(/mappings/history/[0-9a-f]{12}/restore)"', history.text)[0]
        version = await client.get(address.removesuffix("/restore"))
        question = await client.get(address)
        done = await client.post(address)
    assert "applied by operator" in plain(history.text)
    assert "<ins>    body: {email: guest, orderId: order}</ins>" in version.text
    assert heading(question) == f"Put version {address.split('/')[3]} back in force?"
    assert "1 file of the folder is written anew: till.yaml" in plain(question.text)
    assert (done.status_code, done.headers["location"]) == (303, "/mappings")
    assert (ready.folder / "mappings/till.yaml").read_text() == FILES["till.yaml"]


async def test_before_anything_changed_there_is_one_version_and_nothing_to_restore(ready: Console) -> None:
    async with browsing(ready, "operator") as client:
        page = await client.get("/mappings/history")
        missing = await client.get("/mappings/history/zzzz")
    assert heading(page) == "1 version came into force"
    assert "Restore" not in page.text
    assert missing.status_code == 404
