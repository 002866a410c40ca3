"""The playground: a stored event or a pasted payload through a mapping file as it is being written."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.api.errors import Declined, invalid
from bridge.api.guard import guarded, person_of
from bridge.api.office import Office
from bridge.api.verbs import changing, examples, mappings as verbs, trying
from bridge.api.verbs.mappings import FileText, Written
from bridge.api.verbs.trying import Attempted, Trial
from bridge.console.forms import done, form, query
from bridge.console.rendering import office_of, render
from bridge.console.views import mapping_text as view, trial as trial_view

_HX = "hx-request"
_Short = Annotated[str, msgspec.Meta(max_length=512)]
_Text = Annotated[str, msgspec.Meta(max_length=verbs.LARGEST)]
_Payload = Annotated[str, msgspec.Meta(max_length=trying.LARGEST_PAYLOAD)]


class _Chosen(msgspec.Struct, frozen=True):
    event: _Short = ""
    plan: Annotated[str, msgspec.Meta(max_length=40)] = ""


class _Bench(msgspec.Struct, frozen=True):
    """What the form holds. `holds` is the event whose payload is in the text field."""

    text: _Text = ""
    opened: Annotated[str, msgspec.Meta(max_length=40)] = ""
    event: _Short = ""
    holds: _Short = ""
    payload: _Payload = ""
    topic: _Short = ""
    headers: _Payload = ""
    answers: _Payload = ""


class _Example(msgspec.Struct, frozen=True):
    event: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    name: Annotated[str, msgspec.Meta(max_length=64)] = ""


async def _open(request: Request) -> Response:
    """Show the playground with the event that is asked for, or the latest of the source."""
    name, chosen = request.path_params["file"], query(request, _Chosen)
    office = office_of(request)
    file = await _file(office, name)
    text = file.text
    if chosen.plan:
        text = changing.plan_of(office, chosen.plan).draft.files.get(name, text)
    bench = _Bench(text=text, opened=file.opened, event=chosen.event)
    return await _answer(request, file, bench)


async def _try(request: Request) -> Response:
    """Try what the form holds: the part with the outcome where script asks, else the whole page."""
    file = await _file(office_of(request), request.path_params["file"])
    return await _answer(request, file, await form(request, _Bench))


async def _file(office: Office, name: str) -> FileText:
    if name == "touchpoints.yaml":
        raise invalid("touchpoints.yaml has no mappings; choose the file of a source")
    return await verbs.text_of(office, name)


async def _answer(request: Request, file: FileText, given: _Bench) -> Response:
    office = office_of(request)
    try:
        bench = await _filled(office, given, file.name.removesuffix(".yaml"))
        attempted, said = await trying.attempt(office, _trial(file.name, bench)), ""
    except Declined as error:
        bench, attempted, said = given, Attempted(problems=[]), error.message
    context: dict[str, Any] = {
        "file": file,
        "bench": bench,
        "said": said,
        "outcome": trial_view.outcome(attempted),
        "faults": view.of_file(attempted.problems, file.name),
        "may_keep": bool(bench.event) and not said,
    }
    if request.headers.get(_HX) and bench.holds == given.holds:
        return await render(request, "mappings/outcome.html", **context)
    return await render(request, "mappings/try.html", **context, **await _choices(office, file))


async def _choices(office: Office, file: FileText) -> dict[str, Any]:
    return {
        "events": await trying.latest(office, file.name.removesuffix(".yaml")),
        "functions": verbs.functions(),
    }


async def _filled(office: Office, bench: _Bench, source: str) -> _Bench:
    """Put the payload of the chosen event, or the latest, into the form, unless there is one already."""
    if not (bench.event or bench.payload):
        events = await trying.latest(office, source)
        bench = msgspec.structs.replace(bench, event=events[0].id if events else "")
    if not bench.event:
        return msgspec.structs.replace(bench, holds="")
    if bench.holds == bench.event and bench.payload:
        return bench
    payload = await trying.payload_of(office, bench.event)
    return msgspec.structs.replace(bench, holds=bench.event, payload=payload)


def _trial(name: str, bench: _Bench) -> Trial:
    try:
        answers = msgspec.json.decode(bench.answers or "[]")
    except msgspec.DecodeError as error:
        raise invalid(f"what the lookup answers is not JSON: {error}") from None
    return Trial(
        source=name.removesuffix(".yaml"),
        files=[Written(name=name, text=bench.text, opened=bench.opened)],
        event=bench.event,
        payload=bench.payload,
        topic=bench.topic,
        headers=trying.headers_of(bench.headers.splitlines()),
        looked_up=answers if isinstance(answers, list) else [answers],
    )


async def _ask_example(request: Request) -> Response:
    """Ask how the example is to be called, and say what is done to it."""
    given = query(request, _Example)
    return await render(request, "mappings/example.html", file=request.path_params["file"], event=given.event)


async def _keep_example(request: Request) -> Response:
    """Write an example of the event, or show its texts where the folder cannot be written to."""
    given = await form(request, _Example)
    kept = await examples.keep_example(office_of(request), person_of(request), given.event, name=given.name)
    if kept.read_only or kept.otherwise:
        return await render(request, "mappings/kept.html", file=request.path_params["file"], kept=kept)
    return done(f"/mappings/{request.path_params['file']}", f"{kept.expect} is an example now, run by every check.")


ROUTES: tuple[Route, ...] = (
    guarded("/mappings/{file}/try", _open, policy="viewer", name="playground"),
    guarded("/mappings/{file}/try", _try, policy="viewer", name="playground_try", methods=["POST"]),
    guarded("/mappings/{file}/example", _ask_example, policy="operator", name="example_ask"),
    guarded("/mappings/{file}/example", _keep_example, policy="operator", name="example_keep", methods=["POST"]),
)
