"""Checks the addresses of targets: HTTPS to public hosts, nothing in them that would be lost or leak."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from bridge.catalog.nodes import Node
from bridge.catalog.report import Report
from bridge.core.template import Secret, Template

ALLOW_PRIVATE = "BRIDGE_ALLOW_PRIVATE_TARGETS"
_ON = frozenset({"1", "on", "true", "yes"})  # as the settings read it
_STAND_IN = "x-secret-x"  # what a secret is taken for while an address is checked
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test")


def check_address(address: Template, name: str, node: Node, report: Report, *, environment: Mapping[str, str]) -> None:
    """Report what is wrong with an address in which environment variables were filled in already.

    A private one is fine where the `environment` allows such targets.
    """
    text = "".join(_STAND_IN if isinstance(part, Secret) else part for part in address.parts)
    beginning = text.partition(_STAND_IN)[0]
    try:
        url = urlsplit(text)
        _ = url.port  # raises ValueError where it is no number up to 65535
    except ValueError:
        report.error(node, f"{name} is not an address", "write one such as https://example.com/path")
        return
    if any(sign.isspace() or not sign.isprintable() for sign in text):
        report.error(node, f"{name} must not contain blanks")
    elif url.scheme not in {"https", "http"} or not url.hostname:
        report.error(node, f"{name} must begin with https:// and a host", "write one such as https://example.com/path")
    elif address.secret_names and "/" not in beginning.partition("://")[2]:
        report.error(node, f"{name} must not have a secret in its host", "a secret may stand in the path")
    else:
        _check_parts(url, name, node, report, environment)


def _check_parts(url: SplitResult, name: str, node: Node, report: Report, environment: Mapping[str, str]) -> None:
    for what, there in (("user or password", "@" in url.netloc), ("query", url.query), ("fragment", url.fragment)):
        if there:
            report.error(node, f"{name} must not have a {what}", "remove it")
    private = is_private(url.hostname or "")
    if url.scheme == "http" and not private:
        report.error(node, f"{name} must begin with https://: what is sent holds secrets and people's data")
    elif private and environment.get(ALLOW_PRIVATE, "").lower() not in _ON:
        report.warn(node, f"{name} is a private address, which needs {ALLOW_PRIVATE}")


def is_private(host: str) -> bool:
    """Say whether a host is this machine or within a private network, as far as its name tells."""
    host = host.rstrip(".").lower()
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_SUFFIXES)
