"""CRMs: what their webhooks say, from public documentation (pages stand at the schemes)."""

from dataclasses import replace

from bridge.core.presets.preset import Preset, about

_HUBSPOT_ID = "portalId, '-', subscriptionId, '-', objectId, '-', occurredAt, '-', eventId"
_HUBSPOT = Preset(
    name="hubspot-v3",
    scheme="hubspot-v3",
    topic="subscriptionType || eventType || 'workflow'",
    # eventId alone is not unique; a workflow has no id at all
    id=f"if(eventId, concat([{_HUBSPOT_ID}]), `null`)",
    tenant='portalId || "portal-id"',
    time="occurredAt",
    contact="properties.email.value || properties.phone.value",
    refs=(
        ("customer", f"vid || {about('subscriptionType', 'contact.', 'objectId')}"),
        ("deal", about("subscriptionType", "deal.", "objectId")),
        ("deal", "properties.dealname && objectId"),
        ("ticket", about("subscriptionType", "ticket.", "objectId")),
    ),
    each=("@",),
    topics=(
        "workflow",
        *(
            f"{kind}.{what}"
            for kind in ("contact", "company", "deal", "ticket")
            for what in ("creation", "deletion", "propertyChange", "associationChange", "merge", "restore")
        ),
        "contact.privacyDeletion",
    ),
    key_hint="HubSpot: the app's settings, Auth, Client secret; private apps have one as well.",
    retry_span="10 retries in 24 h; workflows are not retried on most errors",
    deadline="5 s; workflows 30 s",
    lookup=(
        "App events carry ids only: GET /crm/v3/objects/contacts/{objectId}?properties=email,firstname,lastname,"
        "company,phone,hs_language, for deals GET /crm/v3/objects/deals/{objectId}?associations=contacts. Workflow "
        "webhooks of contacts carry the contact, those of deals do not."
    ),
    quirks=(
        "One request carries up to 100 events, unordered and sometimes twice.",
        "The signature covers the address, so BRIDGE_PUBLIC_URL must be what HubSpot calls.",
        "Ids of deal stages differ between pipelines: hs_is_closed_won says whether a deal is won.",
        "A workflow is not tried again after a 4xx other than 429.",
    ),
    unconfirmed=(
        "that portal, subscription, object, time and eventId together name an event",
        "whether HubSpot decodes the address before it signs; both forms are accepted",
    ),
)
_HUBSPOT_HASHED = (
    "A plain hash of secret and request, without a time: whoever recorded a request can send it again. "
    "HubSpot sends the signature of hubspot-v3 along: prefer that."
)

_PIPEDRIVE_V1 = "concat([meta.webhook_id, '-', meta.timestamp_micro, '-', meta.object, '-', meta.id])"
_PIPEDRIVE_KIND = "(meta.entity || meta.object)"
_PIPEDRIVE_ID = "if(meta.entity, meta.entity_id, meta.id)"

CUSTOMERS = (
    replace(
        _HUBSPOT,
        name="hubspot-v1",
        scheme="hubspot-v1",
        quirks=(_HUBSPOT_HASHED, *_HUBSPOT.quirks[:1], *_HUBSPOT.quirks[2:]),
        unconfirmed=_HUBSPOT.unconfirmed[:1],
    ),
    replace(
        _HUBSPOT,
        name="hubspot-v2",
        scheme="hubspot-v2",
        quirks=(_HUBSPOT_HASHED, *_HUBSPOT.quirks),
        unconfirmed=_HUBSPOT.unconfirmed[:1],
    ),
    _HUBSPOT,
    Preset(
        name="pipedrive",
        scheme="basic",
        topic="event || if(meta.entity, concat([meta.action, '.', meta.entity]), `null`)",
        id=f"if(meta.timestamp_micro, {_PIPEDRIVE_V1}, meta.id)",
        tenant="text(meta.company_id) || meta.host",
        time="meta.timestamp",
        contact=(
            "first(data.emails[?primary].value) || first(current.email[?primary].value) || current.primary_email"
            " || first(data.phones[?primary].value) || first(current.phone[?primary].value)"
        ),
        refs=(
            ("deal", f"if({_PIPEDRIVE_KIND} == 'deal', {_PIPEDRIVE_ID}, `null`)"),
            (
                "customer",
                f"if({_PIPEDRIVE_KIND} == 'person', {_PIPEDRIVE_ID}, data.person_id || current.person_id)",
            ),
        ),
        topics=tuple(
            f"{action}.{kind}"
            for kind in ("deal", "person", "organization", "activity", "lead", "product", "note")
            for action in ("create", "change", "delete", "added", "updated", "deleted", "merged")
        ),
        key_hint="Pipedrive: the HTTP auth user name and password of the webhook, as user:password.",
        retry_span="3 retries in 3 min",
        deadline="10 s",
        lookup="Deals have no address: GET /v1/persons/{person_id}. Webhooks of persons carry it.",
        quirks=(
            "cc_email is a mailbox of the CRM: never ask it.",
            "Version 1 has current and previous as a whole, version 2 has data and only what changed in previous.",
            "In version 2 previous is null for a new thing, and data is null for a deleted one.",
            "Webhooks are removed after 3 days without success.",
        ),
        unconfirmed=(
            "that meta.id of version 2 stays the same over retries",
            "where a person's address stands in version 2",
            "the deadline, the retries and the removal",
        ),
    ),
    Preset(
        name="close",
        scheme="close",
        topic="if(event.object_type, concat([event.object_type, '.', event.action]), `null`)",
        id="event.id",
        tenant="event.organization_id",
        time="event.date_created",
        contact="event.data.emails[0].email || event.data.phones[0].phone",
        refs=(
            ("deal", about("event.object_type", "opportunity", "event.object_id")),
            ("customer", "event.lead_id"),
            ("customer", f"event.data.contact_id || {about('event.object_type', 'contact', 'event.object_id')}"),
        ),
        topics=tuple(
            f"{kind}.{action}"
            for kind in ("lead", "contact", "opportunity", "task.lead", "activity.call", "activity.email")
            for action in ("created", "updated", "deleted")
        ),
        key_hint="Close: signature_key in the answer when the webhook was made with POST /api/v1/webhook/.",
        retry_span="not documented",
        lookup="Opportunities carry contact_id and lead_id: GET /api/v1/contact/{contact_id} has emails and phones.",
        quirks=(
            "The secret is hexadecimal text.",
            "value is in minor units.",
            "A deal is won where data.status_type is won and previous_data.status_type was something else.",
            "Fields of your own stand in data as custom.cf_ and their id.",
        ),
        unconfirmed=("where addresses stand in events of contacts",),
    ),
    Preset(
        name="zoho-crm",
        scheme="zoho-crm",
        topic="if(module, concat([module, '.', operation]), `null`)",
        id="if(ids, concat([channel_id, '-', server_time, '-', module, '-', operation, '-', join(',', ids)]), `null`)",
        tenant="channel_id",
        time="server_time",
        refs=(("object", "ids[0]"),),
        topics=tuple(
            f"{kind}.{action}"
            for kind in ("Leads", "Contacts", "Accounts", "Deals")
            for action in ("insert", "update", "delete")
        ),
        key_hint="Zoho CRM: the token of your own making, up to 50 characters, given when the channel was opened.",
        retry_span="not documented",
        lookup="Only ids: GET /crm/v8/{module}/{id} at the data centre's address (.com, .eu, .in).",
        quirks=(
            "The token stands in the body, and is kept with it.",
            "ids are several records, of which only the first can be looked for; for_each: ids sees all.",
            "A channel ends after an hour, at most after a week: a job of yours must renew it.",
            "Workflow webhooks are something else: their fields and headers are of your own making.",
        ),
        unconfirmed=("that server_time stays the same over retries", "parts of the body, from third parties only"),
    ),
    Preset(
        name="activecampaign",
        scheme="query-token",
        topic="type",
        time="date_time",
        contact='"contact[email]" || "contact[phone]"',
        refs=(("customer", '"contact[id]"'), ("deal", '"deal[id]"')),
        topics=(
            *("subscribe", "unsubscribe", "update", "sent", "open", "click", "bounce", "reply"),
            *("contact_tag_added", "contact_tag_removed", "deal_add", "deal_update"),
        ),
        key_hint="ActiveCampaign: a secret of your own making, as ?secret=… at the end of the webhook's address.",
        retry_span="about 20 retries",
        quirks=(
            "Nothing is signed: the secret in the address is all there is.",
            'The body is a form; its names have brackets and need double quotes: "contact[email]".',
            "There is no id: within 24 h the same body counts as sent twice.",
        ),
        unconfirmed=("everything: field names, topics, retries and that nothing is signed",),
    ),
)
