"""What the bridge knows of the systems that send webhooks: one row each, in a module per kind of business.

Facts come from the systems' public documentation, whose pages stand at their schemes in `verification/schemes.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bridge.core.presets.appointments import APPOINTMENTS
from bridge.core.presets.billing import BILLING
from bridge.core.presets.chats import CHATS
from bridge.core.presets.customers import CUSTOMERS
from bridge.core.presets.desks import DESKS
from bridge.core.presets.hosted_shops import HOSTED_SHOPS
from bridge.core.presets.messages import MESSAGES
from bridge.core.presets.payments import PAYMENTS
from bridge.core.presets.preset import Preset
from bridge.core.presets.salesforce import SALESFORCE
from bridge.core.presets.shops import SHOPS
from bridge.core.presets.standards import STANDARDS
from bridge.core.presets.tills import TILLS
from bridge.core.verification.schemes import ALIASES

__all__ = ["PRESETS", "Preset"]

_ALL = (
    *SHOPS,
    *HOSTED_SHOPS,
    *TILLS,
    *PAYMENTS,
    *BILLING,
    *CUSTOMERS,
    *SALESFORCE,
    *DESKS,
    *APPOINTMENTS,
    *MESSAGES,
    *CHATS,
    *STANDARDS,
)
_BY_NAME = {preset.name: preset for preset in _ALL}
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {**_BY_NAME, **{alias: _BY_NAME[name] for alias, name in ALIASES.items() if name in _BY_NAME}}
)
