"""Mapping files over the API: listed, read, checked, tried, and the functions they may use."""

from typing import Annotated

import msgspec

from bridge.api.operation import Call, Nothing, Operation
from bridge.api.verbs import examples, mappings as verbs, trying

_TAG = "mappings"


class Files(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that stand in for those of the folder; none means the folder as it is."""

    files: Annotated[list[verbs.Written], msgspec.Meta(max_length=200)] = []


class Functions(msgspec.Struct, frozen=True):
    """The functions of the mapping language."""

    items: list[verbs.FunctionRow]


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stored event that an example is made of, and what its files are to be called; by the topic if not said."""

    event: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    name: Annotated[str, msgspec.Meta(max_length=64)] = ""


async def _list(call: Call[Nothing, Nothing]) -> verbs.Overview:
    return await verbs.overview(call.office)


async def _show(call: Call[Nothing, Nothing]) -> verbs.FileText:
    return await verbs.text_of(call.office, call.path["name"])


async def _check(call: Call[Nothing, Files]) -> verbs.Findings:
    return await verbs.check(call.office, call.body.files)


async def _try(call: Call[Nothing, trying.Trial]) -> trying.Attempted:
    return await trying.attempt(call.office, call.body)


async def _functions(_: Call[Nothing, Nothing]) -> Functions:
    return Functions(verbs.functions())


async def _example(call: Call[Nothing, Example]) -> examples.Kept:
    return await examples.keep_example(call.office, call.person, call.body.event, name=call.body.name)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="list_mappings",
        method="GET",
        path="/mappings",
        role="viewer",
        tag=_TAG,
        summary="How the folder of mapping files stands to what is in force, its files and every problem",
        run=_list,
        answer=verbs.Overview,
        declines=(422,),
    ),
    Operation(
        name="show_mapping_file",
        method="GET",
        path="/mappings/files/{name}",
        role="viewer",
        tag=_TAG,
        summary="The text of a file of the folder",
        run=_show,
        answer=verbs.FileText,
        declines=(404, 422),
    ),
    Operation(
        name="check_mappings",
        method="POST",
        path="/mappings/check",
        role="viewer",
        tag=_TAG,
        summary="Check files in place of those of the folder, with its examples; changes nothing",
        run=_check,
        body=Files,
        answer=verbs.Findings,
        declines=(422,),
    ),
    Operation(
        name="try_mappings",
        method="POST",
        path="/mappings/try",
        role="viewer",
        tag=_TAG,
        summary="What a stored event or a payload would become; sends nothing, stores nothing",
        run=_try,
        body=trying.Trial,
        answer=trying.Attempted,
        declines=(404, 422),
    ),
    Operation(
        name="list_functions",
        method="GET",
        path="/mappings/functions",
        role="viewer",
        tag=_TAG,
        summary="The functions of the mapping language",
        run=_functions,
        answer=Functions,
    ),
    Operation(
        name="keep_example",
        method="POST",
        path="/mappings/examples",
        role="operator",
        tag=_TAG,
        summary="Write a masked example of a stored event beside the mapping files",
        run=_example,
        body=Example,
        answer=examples.Kept,
        declines=(404, 409),
    ),
)
