"""The description of the API is sound, says of every operation what it needs, and stays as it is."""

import json
from collections import Counter
from typing import Any

import jsonschema_rs
import schemathesis

from bridge.api.document import describe
from bridge.api.operation import routes
from bridge.api.operations import OPERATIONS
from tests.support.console import Console
from tests.support.office import browsing

DOCUMENT = json.loads(json.dumps(describe(OPERATIONS)))


def described() -> list[dict[str, Any]]:
    return [each for methods in DOCUMENT["paths"].values() for each in methods.values()]


def test_it_is_openapi_3_1() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_shape_in_it_is_json_schema() -> None:
    for name, shape in DOCUMENT["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **shape})
        assert json.dumps(shape).count('"$ref": ""') == 0, name


def test_every_shape_that_is_referred_to_is_there_and_every_one_there_is_used() -> None:
    text = json.dumps(DOCUMENT)
    named = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named == {*DOCUMENT["components"]["schemas"]}


def test_every_operation_has_an_id_and_an_address_of_its_own() -> None:
    assert [name for name, number in Counter(each["operationId"] for each in described()).items() if number > 1] == []
    assert len(described()) == len(OPERATIONS) == len(routes(OPERATIONS))


def test_every_operation_says_what_happens_without_a_key_a_role_or_a_store() -> None:
    for operation in described():
        assert {"401", "403", "500", "503"} <= {*operation["responses"]}, operation["operationId"]
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert answer["content"]["application/json"]["example"]["message"]


def test_what_a_query_may_repeat_is_an_array_and_what_it_leaves_out_is_never_null() -> None:
    parameters = DOCUMENT["paths"]["/api/deliveries"]["get"]["parameters"]
    [state] = [each for each in parameters if each["name"] == "state"]
    assert (state["schema"]["type"], state["style"], state["explode"]) == ("array", "form", True)
    [source] = [each for each in parameters if each["name"] == "source"]
    assert (source["required"], source["schema"]["type"]) == (False, "string")


def test_names_in_an_address_are_parameters() -> None:
    operation = DOCUMENT["paths"]["/api/deliveries/{id}"]["get"]
    named = [each for each in operation["parameters"] if each["in"] == "path"]
    assert [(each["name"], each["required"]) for each in named] == [("id", True)]
    assert "404" in operation["responses"]


def test_whoever_changes_something_needs_more_than_to_look() -> None:
    # Their question is too long for an address, or names a person, which no log of addresses should have.
    looking = {"check_mappings", "try_mappings", "find"}
    changing = [each for each in OPERATIONS if each.method != "GET" and each.name not in looking]
    assert [each.name for each in changing if each.role == "viewer"] == []


async def test_it_is_served_to_viewers_and_the_same_each_time(console: Console) -> None:
    console.receive("o1")
    async with browsing(console, "viewer") as client:
        first, second = await client.get("/api/openapi.json"), await client.get("/api/openapi.json")
    assert first.headers["content-type"] == "application/json"
    assert first.json() == DOCUMENT
    assert first.content == second.content


async def test_it_is_not_for_everybody(console: Console) -> None:
    console.receive("o1")
    async with browsing(console, None) as client:
        answer = await client.get("/api/openapi.json")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
