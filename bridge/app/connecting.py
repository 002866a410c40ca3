"""Connecting a source: which files its beginning needs, for `bridge new` and for the console's steps."""

import re
from collections.abc import Mapping

from bridge.app.beginning import from_preset, preset_for
from bridge.catalog import load_texts
from bridge.catalog.loading import TOUCHPOINTS_FILE
from bridge.catalog.report import did_you_mean
from bridge.core.configuration import Touchpoint
from bridge.core.errors import ConfigInvalid
from bridge.core.presets import PRESETS

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_RESERVED = frozenset({"touchpoints"})  # a file of another kind
TOUCHPOINTS = """\
# Where feedback is asked. Tokens are never written here: store them with `bridge secrets set NAME`.
touchpoints:
  post-purchase:
    channel: mail
    api_key: ${secret:pxp-api-key}          # settings menu of the organization, "API token"
    token: ${secret:post-purchase}          # the touchpoint, "Manage", "Get Code"
"""


def misnamed(source: str) -> str:
    """Say why this cannot be a source's name; `` if it can."""
    if _NAME.fullmatch(source) and source not in _RESERVED:
        return ""
    return "write lower-case letters, digits and '-', such as my-shop"


def with_touchpoints(texts: Mapping[str, str]) -> dict[str, str]:
    """Give the texts of a folder, with touchpoints to begin with if there are none."""
    return {TOUCHPOINTS_FILE: TOUCHPOINTS, **texts}


def touchpoints_of(texts: Mapping[str, str], environment: Mapping[str, str]) -> Mapping[str, Touchpoint]:
    """Give the touchpoints that the texts tell of, by name. Raises ConfigInvalid for texts that do not check clean."""
    return load_texts(texts, environment).catalog.touchpoints


def usual_touchpoint(touchpoints: Mapping[str, Touchpoint]) -> Touchpoint:
    """Give the one to begin with where none is named: the first for mail. Raises ConfigInvalid where there is none."""
    if not touchpoints:
        raise ConfigInvalid.because("touchpoints.yaml has no touchpoint", "add one")
    return next((each for each in touchpoints.values() if each.channel == "mail"), next(iter(touchpoints.values())))


def file_for(source: str, system: str, touchpoint: Touchpoint) -> str:
    """Give the mapping file of a source that is a known system. Raises ConfigInvalid for one that is not known."""
    preset = preset_for(system)
    if preset is None:
        hint = did_you_mean(system, PRESETS) or f"possible: {', '.join(sorted(PRESETS))}"
        raise ConfigInvalid.because(f"There is no preset {system!r} ({hint})")
    return from_preset(source, preset, touchpoint)
