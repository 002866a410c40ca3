"""What the bridge knows of the systems that send webhooks: one row each, in a module per kind of business.

Facts come from the systems' public documentation, whose pages stand at their schemes in `verification/schemes.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bridge.core.presets.customers import CUSTOMERS
from bridge.core.presets.payments import PAYMENTS
from bridge.core.presets.preset import Preset
from bridge.core.presets.shops import SHOPS
from bridge.core.presets.standards import STANDARDS
from bridge.core.verification.schemes import ALIASES

__all__ = ["PRESETS", "Preset"]

_BY_NAME = {preset.name: preset for preset in (*SHOPS, *PAYMENTS, *CUSTOMERS, *STANDARDS)}
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {**_BY_NAME, **{alias: _BY_NAME[name] for alias, name in ALIASES.items() if name in _BY_NAME}}
)
