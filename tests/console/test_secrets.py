"""The page of the stored secrets: what is known of each, storing, removing; and that no value is ever seen again."""

from typing import Any

import httpx
import pytest

from tests.support.canaries import Canary, canary, leaks
from tests.support.console import Console
from tests.support.office import browsing, office
from tests.support.pages import told, words

PEM = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----"


async def test_secrets_are_listed_with_what_uses_them_and_what_is_missing(console: Console) -> None:
    console.keep_secrets()
    console.run("secrets", "remove", "eager")
    async with browsing(console) as client:
        text = words((await client.get("/secrets")).text)
    assert "3 secrets stored, 1 missing" in text
    assert "eager missing eager not stored Value of eager Store" in text
    assert "pxp-api-key now steady, eager not yet New value for pxp-api-key Replace Remove…" in text


async def test_a_secret_is_stored_from_the_list_and_used_at_once(console: Console) -> None:
    console.keep_secrets()
    console.run("secrets", "remove", "till")
    async with browsing(console, "operator") as client:
        answer = await client.post("/secrets", data={"name": "till", "value": "new one"})
        text = words((await client.get("/secrets")).text)
        source = words((await client.get("/sources/till")).text)
    assert (answer.status_code, answer.headers["location"]) == (303, "/secrets")
    assert told(answer).text == "till is stored and used from now on."
    assert "till now by operator till not yet" in text
    assert "till is open" in source


async def test_a_key_of_several_lines_is_stored_whole(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        await client.post("/secrets", data={"name": "shop-key", "value": "", "lines": f"\n{PEM}\n"})
    async with office(console) as opened:
        assert opened.in_force.secrets["shop-key"] == PEM


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "till", "value": "  "}, "write the secret's value, too; nothing was stored"),
        ({"name": "", "value": "x"}, "Object missing required field `name`"),
        ({"name": "My Token", "value": "x"}, "this is not a name for a secret"),
    ],
)
async def test_what_cannot_be_stored_is_said(console: Console, given: dict[str, str], message: str) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        answer = await client.post("/secrets", data=given)
    assert answer.status_code == 422
    assert message in words(answer.text)


async def test_removing_names_what_uses_it_and_asks_first(console: Console) -> None:
    console.keep_secrets(spare="nobody needs this")
    async with browsing(console, "operator") as client:
        asked = await client.get("/secrets/pxp-api-key/remove")
        spare = await client.get("/secrets/spare/remove")
        removed = await client.post("/secrets/pxp-api-key/remove")
        again = await client.post("/secrets/pxp-api-key/remove")
        after = words((await client.get("/touchpoints")).text)
    assert "data-confirm" in asked.text
    assert "Remove the secret pxp-api-key?" in words(asked.text)
    assert "It is used by touchpoint steady, touchpoint eager: those wait until it is stored again." in words(
        asked.text
    )
    assert "Nothing that is in force uses it." in words(spare.text)
    assert told(removed).text == "pxp-api-key is removed. What needs it waits until it is stored again."
    assert again.status_code == 404
    assert "2 touchpoints wait for their secret" in after
    with console.store() as store:
        [action, *_] = store.ledger.actions(limit=5)
    assert (action.verb, action.about, action.detail) == ("secret", "pxp-api-key", "removed")


async def test_one_secret_of_many_is_found_by_its_name(console: Console) -> None:
    console.keep_secrets(**{f"token-{number:02}": "x" for number in range(25)})
    async with browsing(console) as client:
        some = words((await client.get("/secrets?name=TOKEN-1")).text)
        none = words((await client.get("/secrets?name=nope")).text)
    assert ("token-19" in some, "token-20" in some) == (True, False)
    assert "No secret has “nope” in its name There are 29. Show all" in none


async def test_where_no_secret_is_known_the_way_on_is_shown(console: Console) -> None:
    console.write("touchpoints.yaml", "touchpoints: {}\n")
    console.write("till.yaml", "source: till\nverify: {kind: none}\nevent: {topic: type}\nmappings: []\n")
    with console.store():
        pass
    async with browsing(console) as client:
        secrets, touchpoints = [words((await client.get(path)).text) for path in ("/secrets", "/touchpoints")]
    assert "No secret yet A mapping file names the secrets that it needs, as ${secret:NAME}" in secrets
    assert "No touchpoint yet Touchpoints stand in touchpoints.yaml." in touchpoints


# -- no value is ever seen again -----------------------------------------------------------------------------------


async def everything_said(client: httpx.AsyncClient, secrets: dict[str, Canary]) -> dict[str, bytes]:
    """Store every secret by page and API, rightly and wrongly, look everywhere; gives what was answered."""
    seen: dict[str, bytes] = {}

    async def ask(method: str, path: str, **more: Any) -> None:
        answer = await client.request(method, path, **more)
        said = answer.content + repr(sorted(answer.headers.items())).encode() + str(answer.url).encode()
        seen[f"{len(seen)} {method} {path}"] = said

    for name, secret in secrets.items():
        await ask("POST", "/secrets", data={"name": name, "value": secret.text, "to": "/touchpoints/steady"})
        await ask("POST", "/secrets", data={"name": name, "lines": secret.text, "to": "//elsewhere"})
        await ask("POST", "/secrets", data={"name": "Not a Name", "value": secret.text})
        await ask("POST", "/secrets", data={"name": name, "value": [secret.text, secret.text]})
        await ask("POST", "/secrets", data={"value": secret.text})
        await ask("PUT", f"/api/secrets/{name}", json={"value": secret.text})
        await ask("PUT", "/api/secrets/Not-a-Name", json={"value": secret.text})
        await ask("PUT", f"/api/secrets/{name}", json={"value": secret.text, "more": secret.text})
        await ask("PUT", f"/api/secrets/{name}", content=secret.text.encode())
    for path in ("/touchpoints", "/touchpoints/steady", "/touchpoints/eager", "/secrets", "/secrets/till/remove",
                 "/sources", "/sources/till", "/sources/till/connect", "/sources/connect", "/sources/connect/shopify",
                 "/api/secrets", "/api/secrets/till", "/api/touchpoints", "/api/touchpoints/steady", "/api/sources",
                 "/api/sources/till"):  # fmt: skip # a list of addresses
        await ask("GET", path)
    for path in ("/touchpoints/steady/pause", "/touchpoints/steady/resume", "/touchpoints/steady/try", "/pause-all",
                 "/resume-all", "/sources/till/pause", "/mappings/till/visit/pause",
                 "/secrets/till/remove"):  # fmt: skip # a list of addresses
        await ask("POST", path)
    return seen


async def test_no_value_is_in_a_page_an_answer_the_journal_the_log_or_the_file(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    console.keep_secrets()
    secrets = {name: canary(f"console {name}", before="whsec_") for name in ("till", "pxp-api-key", "steady", "eager")}
    async with browsing(console, "operator") as client:
        seen = await everything_said(client, secrets)
    with console.store() as store:
        seen["journal"] = repr(store.ledger.actions(limit=500)).encode()
    seen["log"] = "\n".join(record.getMessage() for record in caplog.records).encode()
    for file in sorted((console.folder / "data").iterdir()):
        seen[file.name] = file.read_bytes()
    assert len(seen) > 60
    assert leaks(secrets.values(), seen) == []
