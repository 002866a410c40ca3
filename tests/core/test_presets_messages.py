"""What the presets of mail, SMS and chats read from requests of their systems."""

import json

import pytest

from bridge.core.presets.conduct import manners_of
from tests.support.readings import Case, form, read

WHATSAPP_FROM = {"from": "436641234567", "id": "wamid.1", "timestamp": "1777884300"}
WHATSAPP_STATUS = {"id": "wamid.2", "status": "read", "timestamp": "1777884301", "recipient_id": "436641234567"}
KLAVIYO_PROFILE = {"type": "profile", "id": "01P", "attributes": {"email": "ann@example.com"}}

OWN: dict[str, Case] = {
    "a Slack event": (
        "slack",
        {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event_time": 1_777_884_300}
        | {"event": {"type": "team_join", "user": {"id": "U1", "profile": {"email": "ann@example.com"}}}},
        {},
        [
            {"topic": "team_join", "id": "Ev1", "tenant": "T1", "time": 1_777_884_300, "contact": "ann@example.com"}
            | {"refs": ["user=U1"]}
        ],
    ),
    "a Slack command": (
        "slack",
        form({"command": "/feedback", "team_id": "T1", "user_id": "U1", "trigger_id": "tr"}),
        {},
        [{"topic": "/feedback", "id": "tr", "tenant": "T1", "refs": ["user=U1"]}],
    ),
    "a Slack button": (
        "slack",
        form(
            {
                "payload": json.dumps(
                    {"type": "block_actions", "trigger_id": "tr", "team": {"id": "T1"}, "user": {"id": "U1"}}
                )
            }
        ),
        {},
        [{"topic": "block_actions", "id": "tr", "tenant": "T1", "refs": ["user=U1"]}],
    ),
    "WhatsApp messages and statuses": (
        "whatsapp",
        {
            "object": "whatsapp_business_account",
            "entry": [
                {
                    "id": "W",
                    "changes": [
                        {
                            "field": "messages",
                            "value": {"metadata": {"phone_number_id": "P"}, "messages": [WHATSAPP_FROM]},
                        },
                        {
                            "field": "messages",
                            "value": {"metadata": {"phone_number_id": "P"}, "statuses": [WHATSAPP_STATUS]},
                        },
                        {"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}},
                    ],
                }
            ],
        },
        {},
        [
            {"topic": "messages", "id": "wamid.1-", "tenant": "P", "time": "1777884300", "contact": "+436641234567"}
            | {"refs": ["message=wamid.1"]},
            {"topic": "statuses", "id": "wamid.2-read", "tenant": "P", "time": "1777884301", "contact": "+436641234567"}
            | {"refs": ["message=wamid.2"]},
            {"topic": "account_update", "tenant": "W", "refs": []},
        ],
    ),
    "Meta's entries": (
        "meta",
        {
            "object": "page",
            "entry": [
                {"id": "P", "time": 1, "messaging": [{"sender": {"id": "S"}, "message": {"mid": "m.1"}}]},
                {"id": "P", "time": 2, "changes": [{"field": "leadgen", "value": {"leadgen_id": "L"}}]},
            ],
        },
        {},
        [
            {"topic": "page.messaging", "id": "m.1", "tenant": "P", "time": 1, "refs": ["message=m.1", "user=S"]},
            {"topic": "page.leadgen", "id": "L", "tenant": "P", "time": 2, "refs": ["lead=L"]},
        ],
    ),
    "a Twilio status": (
        "twilio",
        form(
            {
                "MessageSid": "SM1",
                "MessageStatus": "delivered",
                "SmsStatus": "delivered",
                "From": "+1",
                "To": "whatsapp:+43",
            }
        ),
        {},
        [{"topic": "message.delivered", "id": "SM1-delivered", "contact": "+43", "refs": ["message=SM1"]}],
    ),
    "a Twilio call": (
        "twilio",
        form(
            {
                "CallSid": "CA1",
                "CallStatus": "completed",
                "Direction": "inbound",
                "AccountSid": "AC",
                "From": "+43",
                "To": "+1",
            }
        ),
        {},
        [{"topic": "call.completed", "id": "CA1-completed", "tenant": "AC", "contact": "+43", "refs": ["call=CA1"]}],
    ),
    "a SendGrid batch": (
        "sendgrid",
        [{"event": "open", "sg_event_id": "a"}, {"event": "bounce", "sg_event_id": "b", "email": "ann@example.com"}],
        {},
        [
            {"topic": "open", "id": "a", "refs": []},
            {"topic": "bounce", "id": "b", "contact": "ann@example.com", "refs": []},
        ],
    ),
    "a Mailchimp change of address": (
        "mailchimp",
        form({"type": "upemail", "data[list_id]": "l", "data[new_id]": "n", "data[new_email]": "ann@example.com"}),
        {},
        [{"topic": "upemail", "tenant": "l", "contact": "ann@example.com", "refs": ["customer=n"]}],
    ),
    "a Mandrill batch": (
        "mandrill",
        form(
            {
                "mandrill_events": json.dumps(
                    [
                        {"event": "open", "_id": "x", "ts": 9, "msg": {"email": "ann@example.com"}},
                        {"type": "blacklist", "reject": {"email": "bob@example.com"}},
                    ]
                )
            },
            manners_of("mandrill").field,
        ),
        {},
        [
            {"topic": "open", "time": 9, "contact": "ann@example.com", "refs": ["message=x"]},
            {"topic": "blacklist", "contact": "bob@example.com", "refs": []},
        ],
    ),
    "a Klaviyo batch": (
        "klaviyo",
        {"data": [{"topic": "event:klaviyo.sent_sms", "external_id": "e", "payload": {"included": [KLAVIYO_PROFILE]}}]}
        | {"meta": {"klaviyo_account_id": "AbC", "timestamp": "2026-05-04T08:45:00Z"}},
        {},
        [
            {"topic": "event:klaviyo.sent_sms", "id": "e", "tenant": "AbC", "time": "2026-05-04T08:45:00Z"}
            | {"contact": "ann@example.com", "refs": ["customer=01P"]}
        ],
    ),
    "a Postmark opening": (
        "postmark",
        {"RecordType": "Open", "MessageID": "m", "Recipient": "ann@example.com", "ReceivedAt": "2026-05-04T08:45:00Z"},
        {},
        [
            {"topic": "Open", "id": "Open-m-ann@example.com-2026-05-04T08:45:00Z", "time": "2026-05-04T08:45:00Z"}
            | {"contact": "ann@example.com", "refs": ["message=m"]}
        ],
    ),
    "a mail to Postmark": (
        "postmark",
        {"FromFull": {"Email": "ann@example.com"}, "MessageID": "m"},
        {},
        [{"topic": "Inbound", "id": "-m--", "contact": "ann@example.com", "refs": ["message=m"]}],
    ),
    "a Resend contact": (
        "resend",
        {"type": "contact.created", "created_at": "2026-05-04", "data": {"email": "ann@example.com"}},
        {"svix-id": "msg_1"},
        [{"topic": "contact.created", "id": "msg_1", "time": "2026-05-04", "contact": "ann@example.com", "refs": []}],
    ),
}


@pytest.mark.parametrize("case", OWN)
def test_a_request_is_read(case: str) -> None:
    name, payload, headers, expected = OWN[case]
    assert read(name, payload, headers) == expected
