"""What the presets of CRMs, desks, forms, calendars, mail and chats read from requests of their systems."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from bridge.core.model import Inbound
from bridge.core.presets import PRESETS
from bridge.core.presets.appointments import APPOINTMENTS
from bridge.core.presets.chats import CHATS
from bridge.core.presets.customers import CUSTOMERS
from bridge.core.presets.desks import DESKS
from bridge.core.presets.messages import MESSAGES
from bridge.core.presets.standards import STANDARDS
from bridge.core.verification.schemes import SCHEMES
from bridge.core.verification.verify import Verifier
from tests.support.readings import Case, form, read

OURS = (*CUSTOMERS, *DESKS, *APPOINTMENTS, *MESSAGES, *CHATS, *STANDARDS)


def test_there_are_26_presets_of_people_and_messages_besides_the_standards() -> None:
    assert [preset.name for preset in OURS] == [
        *("hubspot-v1", "hubspot-v2", "hubspot-v3", "pipedrive", "close", "zoho-crm", "activecampaign"),
        *("zendesk", "intercom", "freshdesk", "github"),
        *("typeform", "calendly", "cal-com", "docusign", "zoom"),
        *("sendgrid", "postmark", "resend", "mailchimp", "mandrill", "klaviyo"),
        *("slack", "whatsapp", "meta", "twilio", "standard-webhooks", "svix"),
    ]


@pytest.mark.parametrize("preset", OURS, ids=lambda preset: preset.name)
def test_a_preset_says_what_an_operator_must_know(preset: Any) -> None:
    assert PRESETS[preset.name] is preset
    assert preset.scheme in SCHEMES
    assert preset.key_hint.endswith(".")
    assert preset.retry_span
    assert [text for text in preset.quirks if not text.endswith(".")] == []
    assert [text for text in preset.unconfirmed if text.endswith(".")] == []
    assert preset.quirks
    assert preset.unconfirmed
    assert not preset.lookup or preset.lookup.endswith(".")
    assert len(set(preset.topics)) == len(preset.topics)


@pytest.mark.parametrize(
    ("name", "headers", "message"),
    [
        ("cal-com", {"x-cal-signature-256": "hex"}, b"{}"),
        ("close", {"close-sig-hash": "hex", "close-sig-timestamp": "1777884300"}, b"1777884300{}"),
        ("docusign", {"x-docusign-signature-1": "base64"}, b"{}"),
    ],
)
def test_schemes_without_published_vectors_follow_their_documentation(
    name: str, headers: dict[str, str], message: bytes
) -> None:
    key = bytes.fromhex("cafe00") if name == "close" else b"cafe00"
    digest = hmac.new(key, message, hashlib.sha256).digest()
    written = {"hex": digest.hex(), "base64": base64.b64encode(digest).decode()}
    signed = {header: written.get(value, value) for header, value in headers.items()}
    inbound = Inbound(source="s", method="POST", url="", headers=signed, body=b"{}")
    assert Verifier(SCHEMES[name], ["cafe00"]).check(inbound, 0) == 0


def test_the_token_of_a_zoho_channel_stands_in_the_body() -> None:
    inbound = Inbound(source="s", method="POST", url="", headers={}, body=b'{"token": "hush"}')
    assert Verifier(SCHEMES["zoho-crm"], ["old", "hush"]).check(inbound, 0) == 1


# -- requests of our own ----------------------------------------------------------------------------------

HUBSPOT = {
    "eventId": 1,
    "subscriptionId": 2,
    "portalId": 3,
    "occurredAt": 4,
    "eventType": "deal.creation",
    "objectId": 5,
}
DOCUSIGN = {
    "event": "envelope-completed",
    "data": {"envelopeId": "e", "envelopeSummary": {"statusChangedDateTime": "t"}},
}
ZENDESK_TRIGGER = {"event": "ticket.solved", "ticket_id": "7", "email": "ann@example.com", "updated_at": "2026-05-04"}
INTERCOM = {"topic": "conversation.admin.closed", "id": "notif_1", "app_id": "w1", "created_at": 1_777_884_300}
PIPEDRIVE_2 = {"action": "change", "entity": "person", "entity_id": "5", "id": "u-1", "company_id": "9", "host": "h"}
PIPEDRIVE_1 = {"object": "person", "id": 5, "webhook_id": "3", "timestamp_micro": 17, "host": "a.pipedrive.example"}
ZOOM_LEFT = {"uuid": "u==", "id": "81", "participant": {"user_id": "16", "email": "ann@example.com"}}

OWN: dict[str, Case] = {
    "a HubSpot v1 batch": (
        "hubspot-v1",
        [
            {
                "eventId": 1,
                "subscriptionId": 2,
                "portalId": 3,
                "occurredAt": 4,
                "eventType": "deal.creation",
                "objectId": 5,
            }
        ],
        {},
        [{"topic": "deal.creation", "id": "3-2-5-4-1", "tenant": 3, "time": 4, "refs": []}],
    ),
    "a HubSpot v2 workflow": (
        "hubspot-v2",
        {"vid": 1, "portal-id": 2, "properties": {"phone": {"value": "+43"}}},
        {},
        [{"topic": "workflow", "tenant": 2, "contact": "+43", "refs": ["customer=1"]}],
    ),
    "a Zendesk trigger": (
        "zendesk",
        ZENDESK_TRIGGER,
        {"x-zendesk-webhook-invocation-id": "01A", "x-zendesk-account-id": "20"},
        [
            {"topic": "ticket.solved", "id": "01A", "tenant": "20", "time": "2026-05-04"}
            | {"contact": "ann@example.com", "refs": ["ticket=7"]}
        ],
    ),
    "a Zendesk trigger without anything": ("zendesk", {"id": 1}, {}, [{"topic": "trigger", "refs": []}]),
    "a Zendesk user": (
        "zendesk",
        {"type": "zen:event-type:user.created", "zendesk_event_version": "1", "id": "e", "detail": {"id": "8"}},
        {},
        [{"topic": "zen:event-type:user.created", "id": "e", "refs": ["customer=8"]}],
    ),
    "an Intercom conversation begun by a colleague": (
        "intercom",
        INTERCOM | {"data": {"item": {"id": "4", "source": {"author": {"type": "admin", "email": "us@example.com"}}}}},
        {},
        [
            {"topic": "conversation.admin.closed", "id": "notif_1", "tenant": "w1", "time": 1_777_884_300}
            | {"refs": ["conversation=4"]}
        ],
    ),
    "Intercom's ping": (
        "intercom",
        {"topic": "ping", "id": "n"},
        {},
        [{"topic": "ping", "id": "n", "test": True, "refs": []}],
    ),
    "a Freshdesk template": (
        "freshdesk",
        {
            "event": "resolved",
            "ticket_id": 3,
            "ticket_url": "https://a.freshdesk.example/t/3",
            "ticket_contact_phone": "+43",
        },
        {},
        [{"topic": "resolved", "tenant": "a.freshdesk.example", "contact": "+43", "refs": ["ticket=3"]}],
    ),
    "GitHub's ping": (
        "github",
        {"zen": "Design for failure."},
        {"x-github-event": "ping", "x-github-delivery": "d"},
        [{"topic": "ping", "id": "d", "test": True, "refs": []}],
    ),
    "a Pipedrive person of version 2": (
        "pipedrive",
        {
            "meta": PIPEDRIVE_2,
            "data": {"emails": [{"value": "a@b.example"}, {"value": "ann@example.com", "primary": True}]},
        },
        {},
        [{"topic": "change.person", "id": "u-1", "tenant": "9", "contact": "ann@example.com", "refs": ["customer=5"]}],
    ),
    "a Pipedrive person of version 1": (
        "pipedrive",
        {"event": "updated.person", "meta": PIPEDRIVE_1, "current": {"phone": [{"value": "+43", "primary": True}]}},
        {},
        [
            {"topic": "updated.person", "id": "3-17-person-5", "tenant": "a.pipedrive.example", "contact": "+43"}
            | {"refs": ["customer=5"]}
        ],
    ),
    "a Close contact": (
        "close",
        {
            "event": {"id": "ev", "object_type": "contact", "action": "created", "object_id": "cont", "lead_id": "lead"}
            | {"organization_id": "orga", "data": {"emails": [{"email": "ann@example.com"}]}}
        },
        {},
        [
            {"topic": "contact.created", "id": "ev", "tenant": "orga", "contact": "ann@example.com"}
            | {"refs": ["customer=lead", "customer=cont"]}
        ],
    ),
    "a Zoho notification": (
        "zoho-crm",
        {
            "module": "Leads",
            "operation": "insert",
            "ids": ["1", "2"],
            "channel_id": "9",
            "server_time": 1_777_884_300_000,
        },
        {},
        [
            {
                "topic": "Leads.insert",
                "id": "9-1777884300000-Leads-insert-1,2",
                "tenant": "9",
                "time": 1_777_884_300_000,
            }
            | {"refs": ["object=1"]}
        ],
    ),
    "an ActiveCampaign form": (
        "activecampaign",
        form(
            {
                "type": "update",
                "date_time": "2026-05-04T03:45:00-05:00",
                "contact[id]": "7",
                "contact[email]": "ann@example.com",
            }
        ),
        {},
        [
            {
                "topic": "update",
                "time": "2026-05-04T03:45:00-05:00",
                "contact": "ann@example.com",
                "refs": ["customer=7"],
            }
        ],
    ),
    "a Typeform without an email question": (
        "typeform",
        {
            "event_type": "form_response",
            "event_id": "e",
            "form_response": {"form_id": "f", "token": "t", "answers": []}
            | {"submitted_at": "2026-05-04T08:43:02Z", "hidden": {"email": "ann@example.com"}},
        },
        {},
        [
            {"topic": "form_response", "id": "e", "tenant": "f", "time": "2026-05-04T08:43:02Z"}
            | {"contact": "ann@example.com", "refs": ["response=t"]}
        ],
    ),
    "a Calendly invitee who gave a number": (
        "calendly",
        {
            "event": "invitee.created",
            "created_at": "2026-05-04",
            "payload": {"uri": "i", "event": "m", "text_reminder_number": "+43"},
        },
        {},
        [
            {"topic": "invitee.created", "id": "invitee.created-i", "time": "2026-05-04", "contact": "+43"}
            | {"refs": ["meeting=m", "invitee=i"]}
        ],
    ),
    "a Cal.com booking": (
        "cal-com",
        {
            "triggerEvent": "BOOKING_CREATED",
            "createdAt": "2026-05-04",
            "payload": {"uid": "u", "bookingId": 3} | {"attendees": [{"email": "ann@example.com"}]},
        },
        {},
        [
            {"topic": "BOOKING_CREATED", "id": "BOOKING_CREATED-u-2026-05-04", "time": "2026-05-04"}
            | {"contact": "ann@example.com", "refs": ["booking=u", "booking=3"]}
        ],
    ),
    "Cal.com's ping": (
        "cal-com",
        {"triggerEvent": "PING", "createdAt": "2026-05-04", "payload": {"type": "Test"}},
        {},
        [{"topic": "PING", "time": "2026-05-04", "test": True, "refs": []}],
    ),
    "a DocuSign recipient": (
        "docusign",
        {
            "event": "recipient-completed",
            "generatedDateTime": "2026-05-04T08:45:02Z",
            "data": {"accountId": "a"} | {"envelopeId": "e", "recipientId": "2"},
        },
        {},
        [
            {"topic": "recipient-completed", "id": "recipient-completed-e-2-", "tenant": "a"}
            | {"time": "2026-05-04T08:45:02Z", "refs": ["envelope=e"]}
        ],
    ),
    "a Zoom participant": (
        "zoom",
        {"event": "meeting.participant_left", "event_ts": 9, "payload": {"account_id": "a", "object": ZOOM_LEFT}},
        {},
        [
            {"topic": "meeting.participant_left", "id": "meeting.participant_left-a-u==-16-9", "tenant": "a", "time": 9}
            | {"contact": "ann@example.com", "refs": ["meeting=81", "meeting=u=="]}
        ],
    ),
}


@pytest.mark.parametrize("case", OWN)
def test_a_request_is_read(case: str) -> None:
    name, payload, headers, expected = OWN[case]
    assert read(name, payload, headers) == expected


def test_an_id_stays_the_same_over_retries() -> None:
    """What changes from one attempt to the next is in none of the ids."""
    attempts: dict[str, tuple[Any, Any]] = {
        "hubspot": ([HUBSPOT | {"attemptNumber": 0}], [HUBSPOT | {"attemptNumber": 3}]),
        "intercom": (INTERCOM | {"delivery_attempts": 1}, INTERCOM | {"delivery_attempts": 2}),
        "pipedrive": ({"meta": PIPEDRIVE_2 | {"attempt": 1}}, {"meta": PIPEDRIVE_2 | {"attempt": 2}}),
        "docusign": (
            DOCUSIGN | {"retryCount": 0, "generatedDateTime": "2026-05-04T08:45:02Z"},
            DOCUSIGN | {"retryCount": 1, "generatedDateTime": "2026-05-04T09:45:02Z"},
        ),
    }
    for name, (first, second) in attempts.items():
        assert read(name, first)[0]["id"], name
        assert read(name, first)[0]["id"] == read(name, second)[0]["id"], name
