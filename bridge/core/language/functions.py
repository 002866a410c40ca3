"""All functions of the mapping language, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from bridge.core.language.arguments import Function, is_true
from bridge.core.language.builtins import BUILTINS
from bridge.core.language.context import Context
from bridge.core.language.event_functions import EVENT_FUNCTIONS
from bridge.core.language.number_functions import NUMBER_FUNCTIONS
from bridge.core.language.phone_functions import PHONE_FUNCTIONS
from bridge.core.language.text_functions import TEXT_FUNCTIONS
from bridge.core.language.time_functions import TIME_FUNCTIONS

_Run = Callable[[Any, Context], Any]


def _if(context: Context, value: Any, condition: _Run, then: _Run, otherwise: _Run) -> Any:
    return then(value, context) if is_true(condition(value, context)) else otherwise(value, context)


_IF = Function(
    "if",
    3,
    3,
    _if,
    "the second argument if the first is true, else the third; only one is worked out",
    lazy=True,
)

_OWN = EVENT_FUNCTIONS | TEXT_FUNCTIONS | TIME_FUNCTIONS | NUMBER_FUNCTIONS | PHONE_FUNCTIONS | {_IF.name: _IF}
OWN_FUNCTIONS: Mapping[str, Function] = MappingProxyType(_OWN)
FUNCTIONS: Mapping[str, Function] = MappingProxyType(BUILTINS | _OWN)
