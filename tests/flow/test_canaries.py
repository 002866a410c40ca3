"""No secret gets out: known secrets go through everything that a bridge does, and are then looked for everywhere."""

import asyncio
import base64
import hmac
import io
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from bridge.app.bridge import Bridge
from bridge.app.prepare import prepare
from bridge.catalog import load_catalog
from bridge.core.errors import ConfigInvalid
from bridge.settings import read_settings
from bridge.telemetry import configure_logging
from bridge.web.health import health_routes
from bridge.web.hooks import hooks_app
from tests.support.canaries import Canary, canary, leaks
from tests.support.console import Console, Said, receipt
from tests.support.processes import installed, request
from tests.support.servers import Running, serving
from tests.support.targets import Conversation, Script, Target, answer, authority, refusing_port

API_KEY = canary("api key", before="key/", after=" +é&")
TOKEN = canary("token", before="tok/", after="=%&")
SIGNING = canary("signing secret", after=" ü")
BASIC = canary("basic password", before="shop:")
INBOUND_TOKEN = canary("token of a source")
HEADER = canary("header of a touchpoint")
VARIABLE = canary("environment variable")
PATH_PART = canary("part of an address")
AUTHORIZATION = canary("authorization of a request")
QUERY = canary("token in a query")
COOKIE = canary("cookie of a request")
LITERAL = canary("literal in a file")
STORED = {
    "api-key": API_KEY,
    "token": TOKEN,
    "till": SIGNING,
    "desk": BASIC,
    "door": INBOUND_TOKEN,
    "header": HEADER,
    "path": PATH_PART,
}
CANARIES = (*STORED.values(), VARIABLE, AUTHORIZATION, QUERY, COOKIE, LITERAL)
PLACES = ("ok", "unauthorized", "busy", "moved", "refusing", "tls", "silent", "closing", "notes", "address")
HOSTILE = {"Authorization": f"Bearer {AUTHORIZATION.text}", "X-Api-Key": AUTHORIZATION.text, "Cookie": COOKIE.text}
ASKING = f"?access_token={QUERY.text}&api_key={quote(QUERY.text)}"


def mail(name: str, base: str) -> str:
    secrets = "api_key: ${secret:api-key}, token: ${secret:token}".replace("${", '"${').replace("}", '}"')
    return f'  {name}: {{channel: mail, {secrets}, base_url: "{base}/v2", timeout: 300ms, retry: {{first: 1h}}}}\n'


def http(name: str, url: str) -> str:
    headers = 'X-Key: "${secret:header}", Authorization: "Bearer ${env:CRM_TOKEN}"'
    return f'  {name}: {{channel: http, url: "{url}", headers: {{{headers}}}, timeout: 1s}}\n'


TILL = """\
source: till
verify:
  kind: hmac
  algorithm: sha256
  encoding: hex
  signature: {sources: [{from: header, name: X-Till-Signature}]}
  template: [body]
  secrets: ["${secret:till}"]
event: {topic: type, id: id, contact: guest}
mappings:
"""
OTHERS = {
    "desk.yaml": 'source: desk\nverify: {kind: basic, secrets: ["${secret:desk}"]}\nmappings: []\n',
    "door.yaml": (
        "source: door\nverify: {kind: token, token: {from: query, name: t}, "
        'secrets: ["${secret:door}"]}\nmappings: []\n'
    ),
}


def echoing(status: int, *headers: str) -> Script:
    """Answer with everything that came: line, headers and body."""

    async def script(conversation: Conversation) -> None:
        while seen := await conversation.request():
            said = msgspec.json.encode({"message": f"{seen.line} {seen.headers}"})
            await conversation.send(answer(status, said, *headers, f"Location: {seen.line.split()[1]}"))

    return script


async def silent(conversation: Conversation) -> None:
    await conversation.request()
    await conversation.target.release.wait()


async def closing(conversation: Conversation) -> None:
    await conversation.request()


@asynccontextmanager
async def targets(folder: Path) -> AsyncIterator[str]:
    """Give the touchpoints' file for targets that do everything a target can do."""
    tls = authority().server(folder, ["127.0.0.1"])
    scripts = {
        "ok": echoing(200),
        "unauthorized": echoing(401),
        "busy": echoing(503, "Retry-After: 3600"),
        "moved": echoing(302),
        "silent": silent,
        "closing": closing,
        "notes": echoing(409),
        "address": echoing(422),
    }
    async with AsyncExitStack() as stack:
        ports = {name: (await stack.enter_async_context(Target(script))).port for name, script in scripts.items()}
        secure = await stack.enter_async_context(Target(echoing(200), tls=tls))
        bases = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        bases |= {"tls": f"https://127.0.0.1:{secure.port}", "refusing": f"http://127.0.0.1:{refusing_port()}"}
        text = "".join(mail(name, bases[name]) for name in PLACES[:8])
        text += http("notes", f"{bases['notes']}/notes") + http("address", bases["address"] + "/in/${secret:path}")
        yield "touchpoints:\n" + text


def signed(body: bytes) -> dict[str, str]:
    signature = hmac.digest(SIGNING.text.encode(), body, "sha256").hex()
    return {"Content-Type": "application/json", **HOSTILE, "X-Till-Signature": signature}


async def receive(server: Running) -> None:
    """Send good, bad and unreadable requests, with credentials wherever a request can have them."""
    for place in PLACES:
        body = receipt(place, type=place)
        assert (await server.post(f"/hooks/till{ASKING}", body, headers=signed(body))).status == 200
    for body in (b"{", b"[" * 100, b'{"id": 1}'):
        await server.post(f"/hooks/till{ASKING}", body, headers=signed(body))
    wrong = {**signed(b"{}"), "X-Till-Signature": "0" * 64}
    basic = base64.b64encode(BASIC.text.encode()).decode()
    expected = {
        f"/hooks/till{ASKING}": (wrong, 401),
        f"/hooks/absent{ASKING}": (wrong, 401),
        "/hooks/desk": ({"Authorization": f"Basic {basic}"}, 200),
        "/hooks/desk?again": ({"Authorization": f"Basic {basic[:-4]}AAAA"}, 401),
        f"/hooks/door?t={INBOUND_TOKEN.text}": ({}, 200),
        f"/hooks/door?t={INBOUND_TOKEN.text}x": ({}, 401),
        f"/hooks/door?T={INBOUND_TOKEN.text}&token={INBOUND_TOKEN.text}": ({}, 401),
    }
    for path, (headers, status) in expected.items():
        answered = await server.post(path, b'{"id": 1}', headers={"Content-Type": "application/json", **headers})
        assert answered.status == status, path
    line = await server.connect()
    await line.write(f"GET /hooks/{QUERY.text} HTTP/9\r\nAuthorization: {AUTHORIZATION.text}\r\n\r\n".encode())
    await line.rest()


async def attempted(server: Running) -> None:
    """Wait until every touchpoint had an attempt; its metrics say so."""
    async with asyncio.timeout(20):
        while True:
            text = (await server.get("/metrics")).body.decode()
            lines = [line for line in text.splitlines() if line.startswith("bridge_attempts_total{")]
            if all(any(f'touchpoint="{place}"' in line for line in lines) for place in PLACES):
                return
            await asyncio.sleep(0.02)


async def live(console: Console, seen: dict[str, bytes]) -> None:
    """Run a bridge through everything, and keep what it shows while it runs."""
    async with targets(console.folder) as touchpoints:
        console.write("touchpoints.yaml", touchpoints)
        settings = read_settings(os.environ)
        prepared = prepare(settings, os.environ)
        async with Bridge(settings, os.environ, prepared) as bridge:
            routes = [*health_routes(bridge.health()), *bridge.metrics_routes()]
            async with serving(hooks_app(bridge.reception(), routes)) as server:
                await receive(server)
                await attempted(server)
                for path in ("/metrics", "/readyz", "/livez", f"/{QUERY.text}"):
                    seen[path[:9]] = (await server.get(path)).body
                console.write("till.yaml", "source: [")
                await bridge.current.reload(bridge.desk)
                seen["stale /readyz"] = (await server.get("/readyz")).body
        seen["reprs"] = repr(
            [settings, prepared, bridge, vars(bridge), bridge.in_force, bridge.reception(), bridge.current.rules]
        ).encode()


def write_mappings(console: Console) -> None:
    rules = "".join(
        f"  - {{name: {place}, on: [{place}], touchpoint: {place}, body: {{email: guest}}}}\n" for place in PLACES
    )
    for name, text in {"till.yaml": TILL + rules, **OTHERS}.items():
        console.write(name, text)


def commands(console: Console) -> Iterator[tuple[str, Said]]:
    """Run every command that shows or changes something."""
    calls = [
        *("check", "check --json", "try till payload.json", "apply", "sources", "touchpoints --json", "secrets list"),
        *("events list", "deliveries list", "refused list", "audit", "doctor", "prune"),
        *("send till payload.json --url http://127.0.0.1:1", "replay --since 1h --dry-run", "replay --since 1h --yes"),
        *("hold --state pending", "pause all", "resume all", "release --state held", "secrets rotate-key"),
        *("secrets remove path", "ready --port 1", "doctor --json"),
    ]
    (console.folder / "payload.json").write_bytes(receipt("ok", type="ok"))
    for call in calls:
        yield call, console.run(*call.split())
    for kind in ("events", "deliveries", "refused"):
        for row in console.run(kind, "list", "--json").json:
            yield f"{kind} show", console.run(kind, "show", row["id"])
            yield f"{kind} show --json", console.run(kind, "show", row["id"], "--json")


def with_the_wrong_key(console: Console, seen: dict[str, bytes]) -> None:
    """Look at what is said when the secrets cannot be opened, or the key cannot be read."""
    key = console.folder / "data" / "bridge.key"
    right = key.read_text()
    for text in (base64.b64encode(bytes(32)).decode(), right[:20], right + "x"):
        key.write_text(text)
        for call in ("sources", "doctor", "secrets rotate-key", "events list --contact anna@example.com"):
            said = console.run(*call.split())
            seen[f"{call} with the wrong key"] = (said.out + said.err).encode()
    key.write_text(right)


def with_literals(console: Console, seen: dict[str, bytes]) -> None:
    """Look at what is said of a file in which somebody wrote a secret where its name belongs."""
    lines = [f"    {name}: {LITERAL.text}\n" for name in ("api_key", "token", "base_url", "tokne")]
    headers = f'    headers: {{Authorization: "Bearer {LITERAL.text}", X-Token: {LITERAL.text}}}\n'
    pasted = f"https://api.pressnxpress.com/v2/channel/mail/{LITERAL.text}/enqueue?apiKey={LITERAL.text}"
    texts = {
        "address.yaml": f"touchpoints:\n  ok:\n    channel: mail\n    base_url: {pasted}\n",
        "flow.yaml": f'touchpoints:\n  ok: {{channel: http, url: "{pasted}", metod: POST}}\n',
        "touchpoints.yaml": "touchpoints:\n  ok:\n    channel: mail\n" + "".join(lines),
        "http.yaml": f"touchpoints:\n  ok:\n    channel: http\n    url: https://x.example/\n{headers}",
        "till.yaml": TILL.replace('["${secret:till}"]', f"[{LITERAL.text}]") + "  []\n",
        "broken.yaml": TILL.replace('["${secret:till}"]', f'["{LITERAL.text}'),
    }
    for name, text in texts.items():
        for path in (console.folder / "mappings").glob("*.yaml"):
            path.unlink()
        console.write("touchpoints.yaml", "touchpoints: {}\n")
        console.write("till.yaml" if name in {"till.yaml", "broken.yaml"} else "touchpoints.yaml", text)
        for call in ("check", "check --json", "apply", "try till payload.json", "sources", "doctor"):
            said = console.run(*call.split())
            assert said.status in {0, 1, 2}, call
            seen[f"{call} of a literal in {name}"] = (said.out + said.err).encode()
        with pytest.raises(ConfigInvalid) as caught:
            load_catalog(console.folder / "mappings", os.environ)
        seen[f"error of a literal in {name}"] = (repr(caught.value) + str(caught.value)).encode()


def files(folder: Path) -> Mapping[str, bytes]:
    """Give every file of the data folder, and its name, but the key's."""
    return {
        path.name: path.name.encode() + path.read_bytes()
        for path in (folder / "data").iterdir()
        if path.name != "bridge.key"
    }


def master_key(folder: Path) -> list[Canary]:
    """Give the master keys as something to look for: the text of their file."""
    keys = (folder / "data" / "bridge.key").read_text().split()
    return [Canary("master key", key, key.rstrip("=")[:-1]) for key in keys]


class _Everything(logging.Handler):
    """Keeps all there is in a record, as the most talkative handler would show it."""

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        self._stream.write(f"{self.format(record)} {record.args!r} {vars(record)!r}\n")


@pytest.fixture(params=["json", "text", "without redaction"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Log everything at DEBUG, as the bridge does or by a handler that keeps nothing back."""
    stream = io.StringIO()
    root = logging.getLogger()
    talkers = ["uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "httpcore.connection"]
    talkers += ["httpcore.http11", "asyncio", "watchfiles", "bridge"]
    before = [(logger, logger.level, logger.propagate) for logger in map(logging.getLogger, ["", *talkers])]
    handlers = root.handlers[:]
    if request.param == "without redaction":
        root.handlers[:] = [_Everything(stream)]
    else:
        secrets = {secret.text for secret in STORED.values()}
        configure_logging(request.param, "debug", secrets=lambda: secrets, stream=stream)
    for name in ["", *talkers]:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield stream
    root.handlers[:] = handlers
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate


def test_no_secret_gets_out_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log: io.StringIO
) -> None:
    console = Console(tmp_path, monkeypatch, capsys)
    console.set("CRM_TOKEN", VARIABLE.text)
    console.set("BRIDGE_ALLOW_PRIVATE_TARGETS", "on")
    console.set("BRIDGE_PUBLIC_URL", "https://hooks.example.com")
    console.set("BRIDGE_MIN_FREE_DISK", "0")
    write_mappings(console)
    seen: dict[str, bytes] = {}
    for name, secret in STORED.items():
        said = console.run("secrets", "set", name, given=secret.text.encode())
        seen[f"secrets set {name}"] = (said.out + said.err).encode()
    asyncio.run(live(console, seen), debug=True)
    write_mappings(console)
    for name, said in commands(console):
        assert said.status in {0, 1, 2}, f"{name}: {said.err}"
        seen[f"{name} {len(seen)}"] = (said.out + said.err).encode()
    with_the_wrong_key(console, seen)
    with_literals(console, seen)
    seen["log"] = log.getvalue().encode()
    seen["standard streams"] = "".join(capsys.readouterr()).encode()
    seen |= files(tmp_path)
    assert len(seen) > 80
    assert len(seen["log"]) > 1_000
    assert seen["bridge.db"].startswith(b"bridge.dbSQLite format 3")
    found = leaks([*CANARIES, *master_key(tmp_path)], seen)
    assert found == [], "\n".join(found)


def test_a_real_process_shows_no_secret(tmp_path: Path) -> None:
    with installed(tmp_path, BRIDGE_LOG_LEVEL="debug", CRM_TOKEN=VARIABLE.text) as bridge:
        bridge.write_all(f"http://127.0.0.1:{refusing_port()}")
        bridge.write("notes.yaml", OTHERS["desk.yaml"].replace("desk", "notes"))
        bridge.store_secrets(till=SIGNING.text, steady=TOKEN.text, notes=BASIC.text, **{"pxp-api-key": API_KEY.text})
        serving_process = bridge.serve()
        body = b'{"type": "closed", "id": "1", "order": "1", "guest": "anna@example.com"}'
        assert serving_process.post(body, secret=SIGNING.text).status == 200
        for headers in ({"Authorization": f"Bearer {AUTHORIZATION.text}"}, {"X-Till-Signature": "0" * 64}):
            assert request("POST", f"{serving_process.hooks}/hooks/till{ASKING}", body, headers=headers).status == 401
        serving_process.wait_line("delivery.attempted")
        seen = {
            "command line": Path(f"/proc/{serving_process.pid}/cmdline").read_bytes(),
            "/metrics": request("GET", f"{serving_process.admin}/metrics").body,
            "/readyz": serving_process.readiness().body,
        }
        assert serving_process.terminate() == 0
        seen["log"] = serving_process.said.encode()
        seen |= files(tmp_path)
    assert b"bridge" in seen["command line"]
    found = leaks([*CANARIES, *master_key(tmp_path)], seen)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "spelled",
    [
        SIGNING.text,
        quote(SIGNING.text, safe=""),
        "".join(f"%{byte:02x}" for byte in SIGNING.core.encode()),
        SIGNING.text.encode().hex(),
        SIGNING.text.encode().hex().upper(),
        *(base64.b64encode(b"-" * offset + SIGNING.text.encode()).decode() for offset in range(3)),
        *(base64.urlsafe_b64encode(b"-" * offset + SIGNING.text.encode()).decode() for offset in range(3)),
    ],
)
def test_the_search_finds_a_secret_in_every_spelling(spelled: str) -> None:
    assert leaks([SIGNING, TOKEN], {"here": f"before {spelled} after".encode()}) == ["signing secret in here"]
