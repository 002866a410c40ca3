"""The description of the API (OpenAPI 3.1), made from the rows that serve the requests."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from bridge import __version__
from bridge.api.operation import PREFIX, Call, Nothing, Operation

_REFERENCE = "#/components/schemas/{name}"
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_WORDS: Mapping[int, str] = {
    400: "The body is not JSON",
    401: "Nobody is signed in, and no valid API key was sent",
    403: "The role of who asks does not suffice, or a page of another site asks",
    404: "There is no such thing",
    409: "It changed meanwhile, or is not in the state that this needs",
    413: "The body is too large",
    415: "The body is not sent as application/json",
    422: "What was given cannot be meant",
    500: "A mistake of the bridge; the log has it under the number that the message names",
    503: "The store cannot be used now; try again in some seconds",
}
_ABOUT = """\
The same verbs as the commands. Times are milliseconds since 1970 (UTC); ids are in the order of time. Lists give
`items` and `next`: send `next` as `before` for the page after it; it is null on the last page. Every answer that is
not 2xx is a JSON object with a `message` for people.
"""
_COOKIE = "Who is signed in by a browser; over https the cookie is `__Host-session`"


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not granted."""

    message: str


def described(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Give the operations and, as the last one, that which describes all of them."""

    async def run(_: Call[Nothing, Nothing]) -> dict[str, Any]:
        return made()

    @cache
    def made() -> dict[str, Any]:
        return describe(whole)

    describing = Operation(
        name="describe_api",
        method="GET",
        path="/openapi.json",
        role="viewer",
        tag="api",
        summary="This description, as OpenAPI 3.1",
        run=run,
        answer=dict[str, Any],
    )
    whole = (*operations, describing)
    return whole


def describe(operations: Sequence[Operation]) -> dict[str, Any]:
    """Give the OpenAPI document of the operations, in their order."""
    answers, components = _schemas([Problem, *(each.answer for each in operations)])
    bodies, more = _schemas([each.body or Nothing for each in operations])
    paths: dict[str, dict[str, Any]] = {}
    for operation, answer, body in zip(operations, answers[1:], bodies, strict=True):
        at = paths.setdefault(PREFIX + _PLACE.sub(r"{\1}", operation.path), {})
        at[operation.method.lower()] = _operation(operation, answer, body, components)
    components |= {name: schema for name, schema in more.items() if name != Nothing.__name__}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Feedback bridge", "version": __version__, "description": _ABOUT},
        "security": [{"key": []}, {"session": []}],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: `bridge keys add`"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": _COOKIE},
            },
        },
    }


def _schemas(types: Iterable[Any]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    return msgspec.json.schema_components(types, ref_template=_REFERENCE)


def _operation(
    operation: Operation, answer: dict[str, Any], body: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"For the role {operation.role}.",
        "tags": [operation.tag],
    }
    if parameters := [*_places(operation.path), *_parameters(operation.query, components)]:
        described["parameters"] = parameters
    if operation.body is not None:
        fields = msgspec.structs.fields(operation.body)
        described["requestBody"] = {
            "required": any(each.required for each in fields),
            "content": {"application/json": {"schema": body}},
        }
    fine = {"description": HTTPStatus(operation.status).phrase, "content": {operation.media: {"schema": answer}}}
    described["responses"] = {str(operation.status): fine, **_problems(operation)}
    return described


def _places(path: str) -> Iterator[dict[str, Any]]:
    for name, convertor in _PLACE.findall(path):
        schema = {"type": "string", "minLength": 1, **({} if convertor == "path" else {"pattern": "^[^/]+$"})}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _parameters(query: type[msgspec.Struct], components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    _, found = _schemas([query])
    whole = found.pop(query.__name__)
    components.update(found)
    for name, schema in whole["properties"].items():
        parameter: dict[str, Any] = {"name": name, "in": "query", "required": name in whole["required"]}
        shown = _given(schema)
        if (about := shown.pop("description", None)) is not None:
            parameter["description"] = about
        if shown.get("type") == "array":
            parameter |= {"style": "form", "explode": True}
        yield parameter | {"schema": shown}


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of what a query can say: absent is absent, never null."""
    shown = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    choices = [each for each in shown.pop("anyOf", []) if each != {"type": "null"}]
    if len(choices) == 1:
        shown.update(choices[0])
    elif choices:
        shown["anyOf"] = choices
    return shown


def _problems(operation: Operation) -> dict[str, Any]:
    statuses = {401, 403, 500, 503, *operation.declines}
    if operation.body is not None:
        statuses |= {400, 413, 415, 422}
    if operation.query is not Nothing:
        statuses.add(422)
    if "{" in operation.path:
        statuses.add(404)
    schema = {"$ref": _REFERENCE.format(name=Problem.__name__)}
    return {
        str(status): {
            "description": _WORDS[status],
            "content": {"application/json": {"schema": schema, "example": {"message": _WORDS[status].lower()}}},
        }
        for status in sorted(statuses)
    }
