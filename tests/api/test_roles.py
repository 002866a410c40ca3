"""Who may call what: nobody without a key, and each operation from its role on."""

import re

import pytest

from bridge.api.operation import Operation
from bridge.api.operations import OPERATIONS
from bridge.api.person import ROLES, Role
from tests.support.console import Console
from tests.support.office import browsing


def address(operation: Operation) -> str:
    return "/api" + re.sub(r"\{[^}]*\}", "x", operation.path)


async def test_nobody_calls_anything(console: Console) -> None:
    console.receive("o1")
    async with browsing(console, None) as client:
        for operation in OPERATIONS:
            answer = await client.request(operation.method, address(operation), json={})
            assert (answer.status_code, list(answer.json())) == (401, ["message"]), operation.name


@pytest.mark.parametrize("role", ROLES[:-1])
async def test_what_needs_a_higher_role_is_refused_before_it_is_read(console: Console, role: Role) -> None:
    console.receive("o1")
    above = [each for each in OPERATIONS if ROLES.index(each.role) > ROLES.index(role)]
    assert above
    async with browsing(console, role) as client:
        for operation in above:
            answer = await client.request(operation.method, address(operation), content=b"no JSON")
            assert answer.status_code == 403, operation.name
            assert answer.json() == {"message": f"this needs the role {operation.role}; {role} is {role}"}


async def test_a_page_of_another_site_changes_nothing(console: Console) -> None:
    console.receive("o1")
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    async with browsing(console, "admin") as client:
        for operation in OPERATIONS:
            if operation.method != "GET":
                answer = await client.request(operation.method, address(operation), json={}, headers=foreign)
                assert answer.status_code == 403, operation.name
