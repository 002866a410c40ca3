"""The handshakes of the systems that have one, by preset; where there is no preset, by the name for `handshake:`.

Each has the page that describes it. Those `unconfirmed` are from memory of these pages.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bridge.core.manners import Condition, Echo, Handshake
from bridge.core.verification.scheme import Place


def _query(name: str) -> Place:
    return Place("query", name)


def _header(name: str) -> Place:
    return Place("header", name)


def _json(path: str) -> Place:
    return Place("json", path)


def _form(name: str) -> Place:
    return Place("form", name)


_POST = ("POST",)
_GET = ("GET",)
# docs.slack.dev/reference/events/url_verification
_SLACK = Handshake(
    "url_verification",
    _POST,
    (Condition(_json("type"), "url_verification"), Condition(_json("challenge"))),
    proof="signature",
    echo=Echo(_json("challenge")),
    deadline=3,
    unconfirmed=True,
)
# developers.zoom.us/docs/api/webhooks, validate your webhook endpoint; repeated every 72 hours
_ZOOM = Handshake(
    "endpoint.url_validation",
    _POST,
    (Condition(_json("event"), "endpoint.url_validation"), Condition(_json("payload.plainToken"))),
    proof="signature",
    members=(
        ("plainToken", Echo(_json("payload.plainToken"))),
        ("encryptedToken", Echo(_json("payload.plainToken"), is_signed=True)),
    ),
    deadline=3,
    unconfirmed=True,
)
# developers.facebook.com/docs/graph-api/webhooks/getting-started
_META = Handshake(
    "hub.challenge",
    _GET,
    (Condition(_query("hub.mode"), "subscribe"), Condition(_query("hub.challenge"))),
    proof="token",
    token=_query("hub.verify_token"),
    refusal=403,
    echo=Echo(_query("hub.challenge")),
    unconfirmed=True,
)
# learn.microsoft.com/graph/change-notifications-delivery-webhooks
_GRAPH = Handshake(
    "validationToken",
    _POST,
    (Condition(_query("validationToken")),),
    echo=Echo(_query("validationToken")),
    deadline=10,
    unconfirmed=True,
)
# developer.xero.com/documentation/guides/webhooks/configuring-your-server; some are wrongly signed on purpose
_XERO = Handshake(
    "intent to receive",
    _POST,
    (Condition(_json("events"), is_empty_list=True),),
    proof="signature",
    deadline=5,
)
# mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks
_MAILCHIMP = (
    Handshake("validation", ("GET", "HEAD")),
    Handshake("validation without a body", _POST, is_empty=True, unconfirmed=True),
)
# mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks: its key is shown only afterwards
_MANDRILL = (
    Handshake("validation", ("HEAD", "GET")),
    Handshake("validation without events", _POST, (Condition(_form("mandrill_events"), "[]"),), unconfirmed=True),
)
# github.com/woocommerce/woocommerce, includes/class-wc-webhook.php, deliver_ping: exactly 200
_WOOCOMMERCE = Handshake("ping", _POST, (Condition(_form("webhook_id")),))
# developer.adobe.com/events/docs/guides
_ADOBE = Handshake(
    "challenge",
    _GET,
    (Condition(_query("challenge")),),
    members=(("challenge", Echo(_query("challenge"))),),
    unconfirmed=True,
)
# developer.okta.com/docs/concepts/event-hooks
_OKTA = Handshake(
    "verification challenge",
    _GET,
    (Condition(_header("X-Okta-Verification-Challenge")),),
    members=(("verification", Echo(_header("X-Okta-Verification-Challenge"))),),
    unconfirmed=True,
)
# dropbox.com/developers/reference/webhooks
_DROPBOX = Handshake(
    "challenge",
    _GET,
    (Condition(_query("challenge")),),
    echo=Echo(_query("challenge")),
    unconfirmed=True,
)
# developers.asana.com/docs/webhooks-guide: the value becomes the key of all later signatures
_ASANA = Handshake(
    "X-Hook-Secret",
    _POST,
    (Condition(_header("X-Hook-Secret")),),
    headers=(("X-Hook-Secret", Echo(_header("X-Hook-Secret"))),),
    unconfirmed=True,
)
# developers.intercom.com/docs/webhooks
_INTERCOM = Handshake(
    "ping", _POST, (Condition(_json("topic"), "ping"),), proof="signature", deadline=5, unconfirmed=True
)
# docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html
_SNS = Handshake(
    "SubscriptionConfirmation",
    _POST,
    (Condition(_header("x-amz-sns-message-type"), "SubscriptionConfirmation"), Condition(_json("SubscribeURL"))),
    proof="signature",
    confirm=_json("SubscribeURL"),
    unconfirmed=True,
)
# learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema, and -event-grid-events-schema
_EVENT_GRID = (
    Handshake(
        "CloudEvents OPTIONS",
        ("OPTIONS",),
        (Condition(_header("WebHook-Request-Origin")),),
        headers=(("WebHook-Allowed-Origin", Echo(_header("WebHook-Request-Origin"))),),
        unconfirmed=True,
    ),
    Handshake(
        "validationCode",
        _POST,
        (Condition(_header("aeg-event-type"), "SubscriptionValidation"), Condition(_json("0.data.validationCode"))),
        proof="signature",
        members=(("validationResponse", Echo(_json("0.data.validationCode"))),),
        unconfirmed=True,
    ),
)

HANDSHAKES: Mapping[str, tuple[Handshake, ...]] = MappingProxyType(
    {
        "slack": (_SLACK,),
        "zoom": (_ZOOM,),
        "meta": (_META,),
        "whatsapp": (_META,),
        "microsoft-graph": (_GRAPH,),
        "xero": (_XERO,),
        "mailchimp": _MAILCHIMP,
        "mandrill": _MANDRILL,
        "woocommerce": (_WOOCOMMERCE,),
        "adobe-io-events": (_ADOBE,),
        "okta": (_OKTA,),
        "dropbox": (_DROPBOX,),
        "asana": (_ASANA,),
        "intercom": (_INTERCOM,),
        "aws-sns": (_SNS,),
        "azure-event-grid": _EVENT_GRID,
    }
)
