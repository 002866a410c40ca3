"""What an outsider, or a page in an operator's browser, sends to the admin port: nothing changes, nothing breaks."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from starlette.routing import Route

from bridge.api.guard import policy_of
from bridge.api.person import ROLES, Role
from bridge.console.app import console_routes
from bridge.outbox.driver import sqlite3
from tests.support.console import Console
from tests.support.every_route import furnish, reading_routes
from tests.support.office import browsing

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
BRIEF = 2.0  # seconds within which any request is answered, on a busy machine


@contextmanager
def untouched(console: Console) -> Iterator[None]:
    """See that nothing is written to the store, nor into the folder of mapping files."""
    with closing(sqlite3.connect(console.database)) as store:
        before = _version(store), _files(console)
        yield
        assert (_version(store), _files(console)) == before


def _version(store: sqlite3.Connection) -> int:
    """Give what changes with every commit of somebody else."""
    store.execute("SELECT count(*) FROM sqlite_master").fetchone()  # before its first look it counts nothing
    version: int = store.execute("PRAGMA data_version").fetchone()[0]
    return version


def _files(console: Console) -> dict[str, bytes]:
    folder = console.folder / "mappings"
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


# -- reading changes nothing ---------------------------------------------------------------------------------------


async def test_no_address_that_is_read_changes_anything(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console) as admin:
        things = await furnish(console, admin)
        await admin.get("/")  # that somebody is here is written once a minute
        found = {}
        with untouched(console):
            for route in reading_routes():
                found[route.path] = (await admin.get(things.address(route))).status_code
                await admin.head(things.address(route))
        assert {path: status for path, status in found.items() if status not in {200, 303}} == {}
        with pytest.raises(AssertionError), untouched(console):
            assert (await admin.post("/touchpoints/eager/pause")).headers["location"] == "/touchpoints/eager"


def _writing() -> Iterator[tuple[str, Route]]:
    return ((each, route) for route in console_routes() for each in route.methods or () if each not in {"GET", "HEAD"})


async def test_another_sites_page_changes_nothing_however_it_asks(console: Console) -> None:
    """By a form, by fetch in mode no-cors with what needs no leave, by a link that says that it is another method."""
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain", "")
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    old_browser = {"sec-fetch-site": "", "origin": "null"}
    console.keep_secrets()
    async with browsing(console) as admin:
        things = await furnish(console, admin)
        await admin.get("/")
        wrong = []
        with untouched(console):
            for method, route in _writing():
                address = things.address(route)
                for sender in (foreign, old_browser):
                    for kind in kinds:
                        answer = await admin.request(
                            method, address, content=b"{}", headers={**sender, "content-type": kind}
                        )
                        if answer.status_code != 403:
                            wrong.append((method, address, kind, answer.status_code))
                override = {"x-http-method-override": method, "x-method-override": method}
                for overridden in (f"{address}?_method={method}", f"{address}?method={method}"):
                    answer = await admin.get(overridden, headers={**foreign, **override})
                    if answer.status_code >= 500:
                        wrong.append(("GET", overridden, method, answer.status_code))
        assert wrong == []


async def test_json_is_taken_only_as_what_a_page_must_ask_leave_to_send(console: Console) -> None:
    console.receive("o1")
    async with browsing(console) as admin:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""):
            answer = await admin.post("/api/pause", content=b'{"scope": "all"}', headers={"content-type": kind})
            assert answer.status_code == 415


async def test_no_answer_lets_another_site_read_it_or_frame_it(console: Console) -> None:
    console.keep_secrets()
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    async with browsing(console) as admin:
        things = await furnish(console, admin)
        for route in reading_routes():
            answer = await admin.get(things.address(route), headers=asked)
            assert not [name for name in answer.headers if name.startswith("access-control-")], route.path
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], route.path
            assert answer.headers["x-content-type-options"] == "nosniff", route.path
            assert answer.headers["cross-origin-resource-policy"] == "same-origin", route.path
            assert answer.headers["x-robots-tag"] == "noindex, nofollow", route.path
            kept = "public, max-age=31536000, immutable" if route.name == "static" else "no-store"
            assert answer.headers["cache-control"] == kept, route.path
            leave = await admin.options(things.address(route), headers=asked)
            assert leave.status_code == 405, route.path
            assert not [name for name in leave.headers if name.startswith("access-control-")], route.path


# -- addresses -----------------------------------------------------------------------------------------------------

ODD = (
    *("..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "..%5c..%5cwindows", "....//....//x", "%00", "till.yaml%00.txt"),
    *("%ff%fe", "%0d%0aset-cookie:x=1", "till.yaml%0a", ".yaml", "-", "CON", "x" * 3_000, "%f0%9f%92%a9", "';--"),
    *("%3cscript%3ealert(1)%3c%2fscript%3e", "%25s%25n", "{{7*7}}", "\u202e", "9" * 400, "-1", "1e9", "0x10"),
)


async def test_no_name_in_an_address_leads_out_of_the_bridge_or_breaks_it(console: Console) -> None:
    console.keep_secrets()
    (console.folder / "outside.yaml").write_text("canary-outside")
    async with browsing(console) as admin:
        await furnish(console, admin)
        await admin.get("/")
        with untouched(console):
            for path in {route.path for route in reading_routes() if "{" in route.path}:
                before, _, after = path.partition("{")
                for odd in (*ODD, "..%2foutside.yaml", "..%2Fdata%2Fkey"):
                    address = f"{before}{odd}{after.partition('}')[2]}".replace("{", "").replace("}", "")
                    answer = await admin.get(address)
                    assert answer.status_code < 500, address
                    assert "canary-outside" not in answer.text, address
                    assert "root:" not in answer.text, address
                    assert "set-cookie" not in answer.headers or "x=1" not in answer.headers["set-cookie"], address
                    assert "<script>alert" not in answer.text, address


@pytest.mark.parametrize(
    "name",
    ["../outside.yaml", "/etc/passwd", "a/b.yaml", "a.yaml\n", "x.yml", ".yaml", "a\u0000.yaml", "examples/x.yaml"],
)
async def test_no_file_is_written_outside_the_folder(console: Console, name: str) -> None:
    console.receive("o1")
    async with browsing(console, "operator") as operator:
        with untouched(console):
            await operator.get("/")
        before = _files(console)
        for verb in ("plan", "apply", "check"):
            answer = await operator.post(f"/api/mappings/{verb}", json={"files": [{"name": name, "text": "source: x"}]})
            assert answer.status_code == 422, (verb, answer.text)
        assert _files(console) == before
        assert not (console.folder / "outside.yaml").exists()


@pytest.mark.parametrize("host", ["evil.example", "[evil", "a]b", "x/y?z", "a b", "user@x", "x#y", "\u00e9", "x" * 500])
async def test_whatever_host_is_asked_for_is_believed_in_nothing(console: Console, host: str) -> None:
    console.receive("o1")
    async with browsing(console) as admin:
        for address in ("/people", "/nowhere", "/api/nowhere", "/api/keys", "/people/", "/account?x=1"):
            answer = await admin.get(address, headers=[(b"host", host.encode())])
            assert answer.status_code in {200, 404, 422}, address
            assert host not in answer.text + str(answer.headers), address


# -- bodies --------------------------------------------------------------------------------------------------------

DEEP = b"[" * 200_000 + b"]" * 200_000
BODIES = {
    "deep": b'{"scope": ' + DEEP + b"}",
    "deep value": b'{"scope": "all", "name": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "a number without end": b'{"scope": "all", "since": ' + b"9" * 1_000_000 + b"}",
    "not UTF-8": b'{"scope": "\xff\xfe"}',
    "half a surrogate": b'{"scope": "all", "name": "\\ud800"}',
    "a null byte": b'{"scope": "all", "name": "a\\u0000b"}\x00',
    "nothing but blanks": b" " * 1_000_000,
    "a byte order mark": b'\xef\xbb\xbf{"scope": "all"}',
    "a list": b"[]",
    "null": b"null",
    "a field that is not there": b'{"scope": "all", "__proto__": {"role": "admin"}}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_cannot_be_meant_is_declined_at_once(console: Console, name: str) -> None:
    console.receive("o1")
    async with browsing(console) as admin:
        await admin.get("/")
        with untouched(console):
            began = time.monotonic()
            answer = await admin.post("/api/pause", content=BODIES[name], headers=JSON)
            assert answer.status_code in {400, 404, 422}, answer.text
            assert list(answer.json()) == ["message"]
            assert len(answer.content) < 1_000
            assert time.monotonic() - began < BRIEF


async def test_of_a_key_that_stands_twice_no_reader_takes_another_value(console: Console) -> None:
    """What one reader checks and another takes are the same here: there is only one."""
    console.receive("o1")
    async with browsing(console) as admin:
        body = b'{"scope": "touchpoint", "name": "nobody", "scope": "all", "name": ""}'
        assert (await admin.post("/api/pause", content=body, headers=JSON)).is_success
        rows = (await admin.get("/api/pauses")).json()["items"]
        assert [row["scope"] for row in rows] == ["all"]


FORMS = {
    "10,000 fields": (b"&".join(b"f%d=x" % number for number in range(10_000)), FORM, 400),
    "millions of empty fields": (b"a&" * 1_900_000, FORM, 400),
    "one huge field": (b"name=" + b"x" * 3_900_000, FORM, 400),
    "a huge name": (b"x" * 3_900_000, FORM, 400),
    "escapes only": (b"name=" + b"%41" * 300_000, FORM, 422),
    "not UTF-8": (b"name=%ff%fe&password=%c3%28&next=%00", FORM, 403),
    "half an escape": (b"name=%&password=%4&next=%u0041", FORM, 403),
    "a file": (
        b'--b\r\ncontent-disposition: form-data; name="name"; filename="x"\r\n\r\nx\r\n--b--',
        {"content-type": "multipart/form-data; boundary=b"},
        400,
    ),
    "parts without end": (b"--b\r\n\r\n" * 400_000, {"content-type": "multipart/form-data; boundary=b"}, 400),
    "no boundary": (b"--b\r\n", {"content-type": "multipart/form-data"}, 400),
    "a boundary of 4 MB": (b"x" * 3_900_000, {"content-type": "multipart/form-data; boundary=" + "b" * 9_000}, 400),
    "a name given twice": (b"name=anna&name=bert&password=x", FORM, 422),
    "JSON": (b'{"name": "anna"}', JSON, 403),
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_of_an_outsider_is_bounded(console: Console, name: str) -> None:
    body, headers, status = FORMS[name]
    console.receive("o1")
    async with browsing(console, None) as outsider:
        began = time.monotonic()
        answer = await outsider.post("/sign-in", content=body, headers=headers)
        assert answer.status_code == status, answer.text[-300:]
        assert time.monotonic() - began < BRIEF
        assert len(answer.content) < 20_000


async def test_a_query_as_long_as_a_head_may_be_is_bounded(console: Console) -> None:
    console.receive("o1")
    long = "&".join(f"id=dlv_{number}" for number in range(600))
    async with browsing(console) as admin:
        for path in ("/deliveries", "/api/deliveries", "/why", "/replays/new", "/deliveries/cancel"):
            for query in (long, "a&" * 3_000, "q=" + "%F0" * 2_000, "since=" + "9" * 5_000, "q=" + "(a+)+" * 500):
                began = time.monotonic()
                answer = await admin.get(f"{path}?{query}")
                assert answer.status_code < 500, (path, query[:20])
                assert time.monotonic() - began < BRIEF


# -- who may know what ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [None, *ROLES[:-1]])
async def test_who_may_not_see_a_thing_does_not_learn_whether_it_is_there(console: Console, role: Role | None) -> None:
    console.keep_secrets()
    async with browsing(console, "admin") as admin:
        things = await furnish(console, admin)
    allowed = set(ROLES[: ROLES.index(role) + 1] if role else ()) | {"public"}
    async with browsing(console, role) as client:
        for route in console_routes():
            if "{" in route.path and policy_of(route) not in allowed:
                method = next(iter((route.methods or set()) - {"HEAD"}))
                there, elsewhere = things.address(route).partition("?")[0], things.elsewhere(route)
                is_there, is_not = [await client.request(method, each) for each in (there, elsewhere)]
                assert is_there.status_code == is_not.status_code, there
                assert is_there.text.replace(there, elsewhere) == is_not.text, there
