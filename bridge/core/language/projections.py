"""The pieces of an expression that repeat or copy; each takes its steps from the budget before it starts."""

from collections.abc import Callable
from typing import Any

from bridge.core.language.arguments import is_true
from bridge.core.language.context import Context

Run = Callable[[Any, Context], Any]


def project(base: Run, each: Run, steps: int) -> Run:
    """Make `base[*].each`: the results of `each`, which costs so many steps, that are not null."""

    def run(value: Any, context: Context) -> Any:
        elements = base(value, context)
        if not isinstance(elements, list):
            return None
        context.charge(len(elements) * steps)
        return [found for element in elements if (found := each(element, context)) is not None]

    return run


def project_values(base: Run, each: Run, steps: int) -> Run:
    """Make `base.*.each`, over the values of an object."""

    def run(value: Any, context: Context) -> Any:
        members = base(value, context)
        if not isinstance(members, dict):
            return None
        context.charge(len(members) * steps)
        return [found for element in members.values() if (found := each(element, context)) is not None]

    return run


def project_filtered(base: Run, each: Run, wanted: Run, *, steps: int) -> Run:
    """Make `base[?wanted].each`; `steps` is what `wanted` and `each` cost together."""

    def run(value: Any, context: Context) -> Any:
        elements = base(value, context)
        if not isinstance(elements, list):
            return None
        context.charge(len(elements) * steps)
        found = []
        for element in elements:
            verdict = wanted(element, context)
            # Comparisons give true or false itself, which needs no further question.
            if verdict is True or (verdict is not False and is_true(verdict)):
                result = each(element, context)
                if result is not None:
                    found.append(result)
        return found

    return run


def flatten(base: Run) -> Run:
    """Make `base[]`: the elements of lists in a list become its own elements, one level deep."""

    def run(value: Any, context: Context) -> Any:
        elements = base(value, context)
        if not isinstance(elements, list):
            return None
        context.charge(len(elements))
        merged: list[Any] = []
        for element in elements:
            if isinstance(element, list):
                context.charge(len(element) >> 2)
                merged.extend(element)
            else:
                merged.append(element)
        return merged

    return run


def cut(wanted: slice) -> Run:
    """Make `[a:b:c]`, a part of a list."""

    def run(value: Any, context: Context) -> Any:
        if not isinstance(value, list):
            return None
        context.charge(len(value) >> 5)
        return value[wanted]

    return run
