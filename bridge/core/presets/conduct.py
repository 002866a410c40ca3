"""What is particular about the manners of known systems, by preset: replies, forms, queues, privacy.

A system that is not here wants any 2xx and sends JSON.
"""

from collections.abc import Mapping
from dataclasses import replace

from bridge.core.manners import PLAIN, TEXT, XML, FormField, Manners, Reply
from bridge.core.presets.handshakes import HANDSHAKES
from bridge.core.verification.schemes import ALIASES

_FORM = "application/x-www-form-urlencoded"
_EMPTY = Reply(body="")
_ADYEN = Manners(reply=Reply(202, "[accepted]", TEXT), blocks=True)
_HUBSPOT = Manners(privacy=frozenset({"contact.privacyDeletion"}))
_ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)

_TABLE: Mapping[str, Manners] = {
    # shopify.dev/docs/apps/build/compliance/privacy-law-compliance
    "shopify": Manners(
        privacy=frozenset({"customers/data_request", "customers/redact", "shop/redact"}),
        erases=(("customers/redact", (("customer", "email"), ("customer", "phone"))),),
    ),
    # docs.bigcommerce.com, webhooks overview: 2xx without a body
    "bigcommerce": Manners(reply=_EMPTY),
    # developer.adobe.com/commerce/extensibility/webhooks/responses: anything else stops the checkout
    "adobe-commerce": Manners(reply=Reply(body='{"op":"success"}')),
    # docs.adyen.com/development-resources/webhooks/troubleshoot: one queue for each address
    "adyen-item": _ADYEN,
    "adyen-header": _ADYEN,
    # developer.xero.com/documentation/guides/webhooks/configuring-your-server: empty, also the 401
    "xero": Manners(reply=_EMPTY, not_proven=""),
    # developer.intuit.com, webhooks best practices: later events wait for the first
    "quickbooks": Manners(blocks=True),
    "quickbooks-classic": Manners(blocks=True),
    # developer.salesforce.com, outbound messaging notifications
    "salesforce": Manners(reply=Reply(body=_ACK, content_type=XML), sends=XML),
    # docs.slack.dev: the body of an answer to a slash command or a button is shown to its user
    "slack": Manners(reply=_EMPTY, field=FormField("payload")),
    # twilio.com/docs/messaging/twiml: TwiML, or 204 for none
    "twilio": Manners(reply=Reply(204, ""), sends=_FORM),
    # docs.github.com/webhooks/webhook-events-and-payloads: as a form, all of it stands in one field
    "github": Manners(field=FormField("payload", is_whole=True)),
    # x-series-api.lightspeedhq.com/docs/webhooks
    "lightspeed-x": Manners(field=FormField("payload"), sends=_FORM),
    # mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks
    "mandrill": Manners(field=FormField("mandrill_events"), sends=_FORM),
    "mailchimp": Manners(sends=_FORM),
    "activecampaign": Manners(sends=_FORM),
    "mollie-classic": Manners(sends=_FORM),
    "hubspot-v1": _HUBSPOT,
    "hubspot-v3": _HUBSPOT,
}


def manners_of(preset: str | None, *, handshake: str | None = None) -> Manners:
    """Give the manners of a preset, plain ones for any other; `handshake` names whose handshakes it has instead."""
    name = ALIASES.get(preset or "", preset or "")
    return replace(_TABLE.get(name, PLAIN), handshakes=HANDSHAKES.get(handshake or name, ()))
