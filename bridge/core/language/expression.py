"""The mapping language: JMESPath with the bridge's own functions, compiled once, evaluated per event."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.core.errors import MappingFailed
from bridge.core.language.compiler import compile_tree
from bridge.core.language.context import Context, weigh
from bridge.core.language.grammar import parse

__all__ = ["Context", "Expression", "compile_expression"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    `functions` are the names it calls, `tables` and `answers` the names it gives literally to `lookup` and to
    `looked_up`, `paths` the dotted
    field paths that it reads from its value, as far as that can be told. `steps` is what one run costs at
    least; `shares` says that the result may hold the same part many times.
    """

    text: str
    functions: frozenset[str] = field(default=frozenset(), compare=False)
    paths: tuple[str, ...] = field(default=(), compare=False)
    tables: tuple[str, ...] = field(default=(), compare=False)
    answers: tuple[str, ...] = field(default=(), compare=False)
    steps: int = field(default=1, repr=False, compare=False)
    shares: bool = field(default=False, repr=False, compare=False)
    run: Callable[[Any, Context], Any] = field(default=lambda value, _: value, repr=False, compare=False)

    def evaluate(self, value: Any, context: Context) -> Any:
        """Work the expression out on a JSON value; the result is a JSON value that may share parts with it.

        Takes what it costs from `context.steps`. Raises MappingFailed only, whatever goes wrong; the message
        names functions and kinds of values, never the values.
        """
        try:
            context.charge(self.steps)
            result = self.run(value, context)
            if self.shares and isinstance(result, list | dict):
                weigh(result)
        except MappingFailed:
            raise
        except RecursionError:
            raise MappingFailed("the expression or the value is nested too deeply") from None
        except Exception as error:  # noqa: BLE001 - total by contract; the cause would show payload content
            raise MappingFailed(f"the expression went wrong: {type(error).__name__}") from None
        return result


def compile_expression(text: str) -> Expression:
    """Compile a text of at most 4,096 characters.

    Raises ExpressionInvalid with the position of what is wrong: syntax, unknown functions, numbers of
    arguments, comparisons with a double-quoted word, literal arguments that no event could make right.
    """
    tree = parse(text)
    compiled = compile_tree(tree.root)
    return Expression(
        text=text,
        functions=tree.functions,
        paths=tree.paths,
        tables=tree.tables,
        answers=tree.answers,
        steps=compiled.steps,
        shares=tree.shares,
        run=compiled.run,
    )
