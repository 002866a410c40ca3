"""What senders, targets and operators wrote runs nowhere: every page and question is opened over a hostile past."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from bridge.demo.stage import start_sandbox
from tests.support.browser import House, Operator, at_console
from tests.support.processes import TOUCHPOINTS, eventually, installed, receipt, request, signed

RUN = "console.error('pwned')"  # what is logged as an error fails the test, as does what the policy of contents stops
HOSTILE = (
    f"<script data-pwned>{RUN}</script>",
    f'"><img data-pwned src=x onerror="{RUN}">',
    f"'><svg data-pwned/onload={RUN}>",
    f"javascript:{RUN}//",
    f"</textarea></pre></title></style></script><script data-pwned>{RUN}</script>",
    f'<a data-pwned href="javascript:{RUN}">x</a>',
    "<div data-pwned hx-get=/people hx-trigger=load hx-on:load=x></div>",
    '" autofocus data-pwned="" onfocus="x" x="',
    "' data-pwned onmouseover='x' style='x:x' x='",
    "<base data-pwned href=//evil.example><meta data-pwned http-equiv=refresh content='0;url=//evil.example'>",
    "<form data-pwned action=//evil.example><button formaction=//evil.example>",
    "--><b data-pwned>]]>{{7*7}}{% raw %}${7*7}<%= 7*7 %>",
    "&lt;script data-pwned&gt;&#60;b data-pwned&#62;&quot;&apos;",
    "\\u003cscript\\u003e \\x3cb data-pwned\\x3e %3Cb data-pwned%3E",
    "\u202e\u2066\u0000\u0007\u001b[31m\u2028<b data-pwned>\ufeff",
    "//evil.example/\\evil.example",
)
MAPPED = """\
source: till
verify:
  kind: hmac
  algorithm: sha256
  encoding: hex
  signature: {sources: [{from: header, name: X-Till-Signature}]}
  template: [body]
  secrets: ["${secret:till}"]
event: {topic: type, id: id, tenant: shop, contact: guest}
mappings:
  - name: visit
    on: [closed]
    touchpoint: steady
    key: order
    body: {email: guest, orderId: order, firstname: note, lastname: note}
  - name: eager
    on: [closed]
    touchpoint: eager
    key: order
    body: {email: guest, orderId: order, firstname: note}
"""
# What no page may have in it; scripts and styles are files, and no page frames or leads anything elsewhere.
NOTHING_OF = (
    "[data-pwned], script:not([src]), style, iframe, object, embed, base, meta[http-equiv], [style], [srcdoc],"
    " [onload], [onerror], [onclick], [onfocus], [onmouseover], [href^='javascript' i], [action^='javascript' i],"
    " [href^='//'], [action^='//'], [formaction^='//'], [formaction^='javascript' i], [src^='//'], [hx-on\\\\:load]"
)
STARTS = (
    *("/", "/why", "/events", "/deliveries", "/refused", "/replays", "/replays/new?state=dead", "/mappings"),
    *("/mappings/till.yaml", "/mappings/till.yaml/try", "/touchpoints", "/sources", "/sources/connect", "/secrets"),
    *("/suppression", "/suppression/erase", "/audit", "/audit/journal", "/people", "/account", "/deliveries?all=true"),
    *(
        f"/deliveries/{verb}?state={state}"
        for verb, state in (("cancel", "held"), ("hold", "dead"), ("release", "held"))
    ),
    *(f"/why?q={quote(text)}" for text in HOSTILE[:2]),
    *(
        f"/deliveries?{name}={quote(HOSTILE[1])}"
        for name in ("source", "touchpoint", "mapping", "state", "since", "id")
    ),
    *(f"/events?{name}={quote(HOSTILE[0])}" for name in ("topic", "contact", "verdict", quote(HOSTILE[0]))),
    *(f"/{name}/{quote(HOSTILE[1], safe='')}" for name in ("nowhere", "events", "mappings", "touchpoints", "replays")),
    f"/sources/connect/shopify?name={quote(HOSTILE[1])}&touchpoint={quote(HOSTILE[1])}",
)
OF_A_SHAPE = 1  # pages that are opened of those that differ only in what they are about; of events all
MOST = 90  # pages


class _Spiteful(BaseHTTPRequestHandler):
    """A target that refuses with what is meant for who reads it."""

    def do_POST(self) -> None:
        text = HOSTILE[len(self.rfile.read(int(self.headers["content-length"]))) % len(HOSTILE)]
        body = json.dumps({"message": text, text: text}).encode()
        self.send_response(422)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def spiteful_target() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Spiteful)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def spited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A bridge with something hostile wherever somebody else can write."""
    sandbox, base = start_sandbox(0)
    folder: Path = tmp_path_factory.mktemp("spited")
    with spiteful_target() as spiteful, installed(folder) as bridge:
        steady, eager = TOUCHPOINTS.replace("TIMEOUT", "2s").split("  eager:")
        bridge.write("touchpoints.yaml", f"{steady.replace('BASE', base)}  eager:{eager.replace('BASE', spiteful)}")
        bridge.write("till.yaml", MAPPED)
        bridge.store_secrets()
        opened = House(bridge, bridge.serve(), sandbox)
        _send(opened)
        _operate(opened)
        yield opened


def _send(home: House) -> None:
    for number, text in enumerate(HOSTILE):
        name = f"9{number}{text}"
        more: dict[str, str] = {"note": text, "shop": text, text: text}
        body = receipt(name, **{**more, "guest": f"h{number}@example.com" if number % 4 else text})
        path = f"{home.serving.hooks}/hooks/till?{quote(text)}={quote(text)}"
        plain = text.encode("ascii", "replace").decode().translate(dict.fromkeys(range(32), "?"))
        headers = {**signed(body), "X-Note": plain, "User-Agent": plain, "Referer": plain}
        assert request("POST", path.partition("?")[0], body, headers=headers).status == 200
        other = receipt(f"8{number}", type=text)
        assert request("POST", f"{home.serving.hooks}/hooks/till", other, headers=signed(other)).status == 200
        refused = {**signed(body, "wrong"), "X-Note": plain, "Content-Type": "text/plain"}
        request("POST", f"{home.serving.hooks}/hooks/till", text.encode(), headers=refused)
    eventually(
        lambda: home.bridge.states() and not {"pending", "sending"} & set(home.bridge.states().values()),
        f"all is settled {home.bridge.states()}",
        patience=6,
    )


def _operate(home: House) -> None:
    """Do as an operator with hostile reasons, people and drafts."""
    session = home.sign_in("admin")

    def call(path: str, body: Any) -> Any:
        headers = {"Cookie": f"session={session}", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        answer = request("POST", home.serving.admin + path, json.dumps(body).encode(), headers=headers)
        assert answer.status < 300, (path, answer.body)
        return answer.json

    for text in HOSTILE[:3]:
        call("/api/replays", {"filter": {"state": ["dead"]}, "how": {"reason": text, "rate": "1/s"}})
    for number, text in enumerate(HOSTILE):
        call("/api/suppressions", {"contact": f"h{number + 50}@example.com", "reason": text})
    call("/api/pause", {"scope": "source", "name": "till", "reason": HOSTILE[0]})
    call("/api/pause", {"scope": "touchpoint", "name": "eager", "reason": HOSTILE[7]})
    call("/api/deliveries/hold", {"state": ["pending", "dead"], "reason": HOSTILE[1]})
    call("/api/erasures", {"contact": "h2@example.com"})
    files = _read(home, session, "/api/mappings")["files"]
    opened = next(each["opened"] for each in files if each["name"] == "till.yaml")
    text = MAPPED.replace("key: order", f"key: order # {HOSTILE[0]} {HOSTILE[1]}")
    call("/api/mappings/plan", {"files": [{"name": "till.yaml", "text": text, "opened": opened}]})


def _read(home: House, session: str, path: str) -> Any:
    return request("GET", home.serving.admin + path, headers={"Cookie": f"session={session}"}).json


def _shape(address: str) -> str:
    """Give what is left of an address without what it is about."""
    parts = urlsplit(address)
    path = re.sub(r"/(evt|dlv|rpl|ref)_\w+", r"/\1", parts.path)
    path = re.sub(r"/[0-9a-f]{12}\b|/\d+", "/0", path)
    path = re.sub(r"(/sources/connect|/secrets)/[^/]+", r"\1/name", path)
    return path + "?" + ",".join(sorted({each.partition("=")[0] for each in parts.query.split("&")}))


def _look(operator: Operator, where: str) -> None:
    found = operator.page.evaluate(
        f'[...document.querySelectorAll("{NOTHING_OF}")].map((each) => each.outerHTML.slice(0, 200))'
    )
    assert found == [], where
    assert operator.complaints == [], where


def _links(page: Page, base: str) -> list[str]:
    hrefs: list[str] = page.evaluate("[...document.querySelectorAll('a[href]')].map((each) => each.href)")
    outside = [each for each in hrefs if not each.startswith(base + "/") and "docs" not in each]
    assert outside == [], page.url
    files = ("/payload", "/patch", "file.csv")
    return [each.removeprefix(base).partition("#")[0] for each in hrefs if not urlsplit(each).path.endswith(files)]


def test_nothing_that_anybody_wrote_runs_on_any_page(browser: Browser, spited: House) -> None:
    """Follows every link of its own from every page, a few of each kind, and opens every question as a dialog."""
    with at_console(browser, spited, "admin") as admin:
        waiting, seen, shapes, dialogs = list(STARTS), set[str](), Counter[str](), Counter[str]()
        while waiting and len(seen) < MOST:
            address = waiting.pop(0)
            if address in seen or shapes[_shape(address)] >= OF_A_SHAPE:
                continue
            seen.add(address)
            shapes[_shape(address)] += 1
            admin.open(address)
            _look(admin, address)
            waiting += _links(admin.page, spited.serving.admin)
            _ask_everything(admin, dialogs, address)
        assert len(shapes) > 50
        assert len(dialogs) > 6


def test_what_is_planned_tried_and_just_done_runs_nowhere_either(browser: Browser, spited: House) -> None:
    with at_console(browser, spited, "admin") as admin:
        page = admin.page
        admin.open("/mappings/till.yaml/edit")
        for text, path in ((MAPPED + HOSTILE[5], "**/till.yaml/plan"), (MAPPED + f"# {HOSTILE[0]}\n", "**/plans/*")):
            page.locator("#text").fill(text)
            with page.expect_navigation(url=path):
                page.locator("button[formaction$='/plan']").click()
            _look(admin, path)
        for address in _links(page, admin.base):
            if "/events/" in address or address.endswith("/apply"):
                admin.open(address)
                _look(admin, address)
        admin.open("/mappings/till.yaml/try")
        for text in HOSTILE:
            with page.expect_response("**/try"):
                page.locator("[name=payload]").fill(
                    json.dumps({"type": "closed", "id": text, "guest": "a@example.com", "order": text, text: text})
                )
        _look(admin, "the playground")
        for text in HOSTILE[:8]:
            page.context.request.post(
                f"{admin.base}/touchpoints/steady/{'resume' if admin.steps % 2 else 'pause'}",
                form={"reason": text, "to": "/touchpoints"},
                headers={"sec-fetch-site": "same-origin"},
            )
            admin.open("/touchpoints")
            _look(admin, f"a notice: {text}")


def _ask_everything(admin: Operator, dialogs: Counter[str], address: str) -> None:
    questions = admin.page.locator("a[data-dialog]:visible")
    for number in range(questions.count()):
        link = questions.nth(number)
        shape = _shape(link.get_attribute("href") or "")
        if dialogs[shape]:
            continue
        dialogs[shape] += 1
        before, dialog = admin.page.url, admin.page.locator("dialog[open]")
        link.click()
        eventually(lambda: dialog.count() or admin.page.url != before, f"{shape} is asked", patience=5)  # noqa: B023 - at once
        _look(admin, f"{address}: {shape}")
        if not dialog.count():  # there is more to say than a question
            admin.open(address)
        else:
            admin.page.keyboard.press("Escape")
