"""The webhooks of the demo, as data: examples of the shipped mapping files, and what is special about each."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Scene:
    """One webhook of the demo. `change` edits the example; `forged` signs it with a secret that is not the source's."""

    says: str
    source: str
    example: str
    topic: str | None = None
    change: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    forged: bool = False


_ORDER = {"X-Shopify-Webhook-Id": "3f0c7a52-demo", "X-Shopify-Shop-Domain": "nordlicht.example"}
_NOBODY = {"email": None, "contact_email": None, "customer": None, "id": 5891234567890123499, "name": "#1003"}

SCENES = (
    Scene("an order was fulfilled", "shopify", "order-fulfilled", "orders/fulfilled", headers=_ORDER),
    Scene("the same webhook again", "shopify", "order-fulfilled", "orders/fulfilled", headers=_ORDER),
    Scene("a cancelled order: `when` says no", "shopify", "order-cancelled", "orders/fulfilled"),
    Scene("an order was called off", "shopify", "order-called-off", "orders/cancelled"),
    Scene(
        "its fulfilment comes late", "shopify", "order-called-off", "orders/fulfilled", change={"cancelled_at": None}
    ),
    Scene("an order without an address", "shopify", "order-fulfilled", "orders/fulfilled", change=_NOBODY),
    Scene("a topic no mapping takes", "shopify", "order-fulfilled", "orders/create"),
    Scene("a forged webhook", "shopify", "order-fulfilled", "orders/fulfilled", forged=True),
    Scene("an invoice was paid; the target fails twice", "stripe", "invoice-paid"),
    Scene("an order was completed", "woocommerce", "order-completed", "order.updated"),
    Scene("a workflow enrolled a contact", "hubspot", "workflow-contact"),
    Scene("a push to main", "github", "push", "push"),
    Scene("a membership was renewed", "memberships", "renewed"),
    Scene("a receipt was closed: an SMS", "till", "receipt"),
    Scene("a ticket was solved", "zendesk", "ticket-solved"),
    Scene("a form was submitted", "typeform", "form-submitted"),
    Scene("a meeting was booked", "calendly", "meeting-booked"),
    Scene("a customer was created", "paddle", "customer-created"),
    Scene("a contract was signed", "docusign", "contract-signed"),
    Scene("an order was shipped", "shopware", "order-shipped"),
)
