"""Reads texts with `${secret:NAME}` and `${env:NAME}`; a secret that stands in the file itself is never repeated."""

import re
from collections.abc import Mapping

from bridge.catalog.nodes import Node
from bridge.catalog.report import Report, shown
from bridge.catalog.scalars import is_null
from bridge.core.template import SECRET_NAME, Template, parse_template

LITERAL = "a secret must not stand in the file"
STORE_IT = "store it with `bridge secrets set NAME` and write ${secret:NAME}"

# What opens the stored secrets: a file that anybody may try out must not show it, one in force must not send it.
OWN_KEY = "BRIDGE_KEY"

_REFERENCES = re.compile(r"\$\{([^}]*)\}")
_SECRET_HEADER = re.compile(
    r"(proxy-)?authorization|cookie|x-auth.*|.*(token|secret|passw|credential|api[-_]?key|access[-_]?key).*",
    re.IGNORECASE,
)


def read_reference(
    node: Node, name: str, report: Report, *, environment: Mapping[str, str], secret: bool
) -> Template | None:
    """Read a text with references. With `secret`, or for a header that carries one, literals are refused."""
    secret = secret or (name.startswith("headers.") and bool(_SECRET_HEADER.fullmatch(name[8:])))
    if node.kind != "text":
        report.error(node, f"{name} must be a text such as ${{secret:NAME}}, not {shown(node)}")
        return None
    if is_null(node) or not node.text:
        report.error(
            node, f"{name} is empty", "write ${secret:NAME}" if secret else "write a value, or leave the key out"
        )
        return None
    if secret and not _REFERENCES.search(node.text):
        report.error(node, f"{name}: {LITERAL}", STORE_IT)
        return None
    return _template(node, name, report, environment)


def _template(node: Node, name: str, report: Report, environment: Mapping[str, str]) -> Template | None:
    for match in _REFERENCES.finditer(node.text):
        kind, _, reference = match[1].partition(":")
        if kind == "secret" and not SECRET_NAME.fullmatch(reference):
            # what stands there may be the secret itself, so it is not repeated
            report.error(
                node,
                f"{name} refers to a secret by what cannot be a secret's name",
                "use up to 64 lower-case letters, digits, '.', '_' and '-'",
                position=match.start(),
            )
            return None
        if kind not in {"secret", "env"} or not reference:
            report.error(
                node,
                f"{name} has a ${{…}} that is no reference",
                "write ${secret:NAME} or ${env:NAME}",
                position=match.start(),
            )
            return None
        if (kind, reference) == ("env", OWN_KEY):
            report.error(
                node,
                f"{name}: {OWN_KEY} is the bridge's own and stands in no file",
                "write ${secret:NAME}, or another variable",
                position=match.start(),
            )
            return None
    try:
        return parse_template(node.text, environment)
    except ValueError as error:
        if "environment variable" in str(error):
            report.error(node, f"{name}: {error}", "set it, or write ${secret:NAME}")
        else:
            report.error(node, f"{name} has a ${{ without its }}", "write ${secret:NAME} or ${env:NAME}")
        return None
