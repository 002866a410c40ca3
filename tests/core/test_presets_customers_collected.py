"""What the presets of CRMs, desks, forms, mail and chats read from the requests collected beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.readings import read

PAYLOADS = Path(__file__).parents[2].parent / "shared" / "data" / "payloads"

# system, file, preset: topic, id, tenant, contact, refs of each event
COLLECTED: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {
    ("hubspot", "workflow.contact", "hubspot-v3"): [
        ("workflow", None, 27145807, "kovatif642@example.com", "customer=251")
    ],
    ("hubspot", "workflow.contact", "hubspot-v2"): [
        ("workflow", None, 27145807, "kovatif642@example.com", "customer=251")
    ],
    ("hubspot", "contact.creation", "hubspot-v1"): [
        ("contact.creation", "62515-12345-123-1564113600000-1", 62515, None, "customer=123")
    ],
    ("hubspot", "workflow.deal", "hubspot-v3"): [("workflow", None, 27145807, None, "deal=7036839888")],
    ("hubspot", "contact.creation", "hubspot-v3"): [
        ("contact.creation", "62515-12345-123-1564113600000-1", 62515, None, "customer=123")
    ],
    ("hubspot", "deal.propertyChange", "hubspot-v3"): [
        ("deal.propertyChange", "62515-12346-7036839888-1564113660000-100", 62515, None, "deal=7036839888"),
        ("deal.propertyChange", "62515-12346-7036839889-1564113661000-101", 62515, None, "deal=7036839889"),
    ],
    ("zendesk", "ticket.solved", "zendesk"): [("ticket.solved", None, None, "jamie.chen@example.com", "ticket=30482")],
    ("zendesk", "ticket.status_changed", "zendesk"): [
        (
            "zen:event-type:ticket.status_changed",
            "0c3f1b1e-5a7d-4d57-9c2e-7a1f0b9d6e33",
            12514403,
            None,
            "ticket=35436 customer=6596848315901",
        )
    ],
    ("intercom", "conversation.admin.replied", "intercom"): [
        (
            "conversation.admin.replied",
            "notif_1c9e7b53-2d6a-49f0-8e5c-3a7d9f1b6c04",
            "a86dr8yl",
            "priya@northwind.example",
            "conversation=195208945002873 customer=6620fa1e8f2b3c4d5e6f7890",
        )
    ],
    ("intercom", "contact.created", "intercom"): [
        (
            "contact.created",
            "notif_a3d81f6e-9c02-4b7a-b1e4-5f8d0c2a6b93",
            "a86dr8yl",
            "priya@northwind.example",
            "customer=6620fa1e8f2b3c4d5e6f7890 customer=cust_48213",
        )
    ],
    ("freshdesk", "ticket_status.to.resolved", "freshdesk"): [
        ("ticket.resolved", None, "example.freshdesk.com", "anna@example.com", "ticket=1228307")
    ],
    ("pipedrive", "updated.deal", "pipedrive"): [
        ("updated.deal", "174632-1680840600882126-deal-1", "11149162", None, "deal=1 customer=3")
    ],
    ("pipedrive", "updated.person", "pipedrive"): [
        ("updated.person", "174632-1680841432652693-person-3", "11149162", "anthon@example.com", "customer=3")
    ],
    ("pipedrive", "change.deal", "pipedrive"): [
        ("change.deal", "9d1c2b3a-4e5f-4a6b-8c7d-1e2f3a4b5c6d", "13923453", None, "deal=746 customer=139")
    ],
    ("close", "opportunity.updated", "close"): [
        (
            "opportunity.updated",
            "ev_2sYKRjcrA79yKxi3S4Crd7",
            "orga_XbVPx5fFbKlYTz9PW5Ih1XDhViV10YihIaEgMEb6fVW",
            None,
            (
                "deal=oppo_7H4sjNso7FyBFaeR3RXi5PMJbilfo0c6UPCxsJtEhCO"
                " customer=lead_zwqYhEFwzPyfCErS8uQ77is2wFLvr9BgVi6cTfbFM68"
                " customer=cont_BwlwYQkIP6AooiXP1CMvc6Zbb5gGh2gPu4dqIDlDrII"
            ),
        )
    ],
    ("zoho_crm", "Deals.update", "zoho-crm"): [
        (
            "Deals.update",
            "1001-1713849600000-Deals-update-410405000002264040,410405000002264041",
            "1001",
            None,
            "object=410405000002264040",
        )
    ],
    ("typeform", "form_response", "typeform"): [
        (
            "form_response",
            "01HXQ3ZK9BCONTACT01",
            "A1b2C3",
            "priya.nair@example.com",
            "response=6f3e8a1c9d2b47a0b6e5f1a2c3d4e5f6",
        )
    ],
    ("calendly", "invitee.created", "calendly"): [
        (
            "invitee.created",
            "invitee.created-https://api.calendly.com/scheduled_events/8f2b6c1a-9d3e-4a7f-b5c2-1e6f9a0d4b7c/invitees/1a4d7e2b-5c8f-4a1d-9b3e-6f0c8d2a5b7e",
            None,
            "jordan.rivera@example.com",
            "meeting=https://api.calendly.com/scheduled_events/8f2b6c1a-9d3e-4a7f-b5c2-1e6f9a0d4b7c invitee=https://api.calendly.com/scheduled_events/8f2b6c1a-9d3e-4a7f-b5c2-1e6f9a0d4b7c/invitees/1a4d7e2b-5c8f-4a1d-9b3e-6f0c8d2a5b7e",
        )
    ],
    ("calendly", "invitee.canceled", "calendly"): [
        (
            "invitee.canceled",
            "invitee.canceled-https://api.calendly.com/scheduled_events/8f2b6c1a-9d3e-4a7f-b5c2-1e6f9a0d4b7c/invitees/1a4d7e2b-5c8f-4a1d-9b3e-6f0c8d2a5b7e",
            None,
            "jordan.rivera@example.com",
            "meeting=https://api.calendly.com/scheduled_events/8f2b6c1a-9d3e-4a7f-b5c2-1e6f9a0d4b7c invitee=https://api.calendly.com/scheduled_events/8f2b6c1a-9d3e-4a7f-b5c2-1e6f9a0d4b7c/invitees/1a4d7e2b-5c8f-4a1d-9b3e-6f0c8d2a5b7e",
        )
    ],
    ("cal_com", "MEETING_ENDED", "cal-com"): [
        (
            "MEETING_ENDED",
            "MEETING_ENDED-8f2b6c1a9d3e4a7fb5c21e6f9a0d4b7c-2026-07-01T14:05:00.000Z",
            None,
            "priya.nair@example.com",
            "booking=8f2b6c1a9d3e4a7fb5c21e6f9a0d4b7c booking=5502391",
        )
    ],
    ("docusign", "envelope-completed", "docusign"): [
        (
            "envelope-completed",
            "envelope-completed-3f9a2c1e-6b4d-4e2f-8a1c-9d3b5f7e2a6c--2026-06-28T15:11:47.0000000Z",
            "8675309a-1234-4a1b-9c1d-3e5f7a9b1c2d",
            "jordan.reyes@example.com",
            "envelope=3f9a2c1e-6b4d-4e2f-8a1c-9d3b5f7e2a6c",
        )
    ],
    ("zoom", "meeting.ended", "zoom"): [
        (
            "meeting.ended",
            "meeting.ended-AAAAAABBBBBCCCCDDDD-4nR0i/L9Q2mfrfXtEWMnGA==--1752566460000",
            "AAAAAABBBBBCCCCDDDD",
            None,
            "meeting=84392028671 meeting=4nR0i/L9Q2mfrfXtEWMnGA==",
        )
    ],
    ("whatsapp", "messages", "whatsapp"): [
        (
            "messages",
            "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=-",
            "106540352242922",
            "+16505551234",
            "message=wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=",
        )
    ],
    ("twilio", "message.inbound", "twilio"): [
        (
            "message.received",
            "SMe1e2b7c8f5a34d6d8b8c1a2b3c4d5e60-received",
            "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            "+14155550198",
            "message=SMe1e2b7c8f5a34d6d8b8c1a2b3c4d5e60",
        )
    ],
    ("sendgrid", "batch", "sendgrid"): [
        (
            "delivered",
            "rWVYmVk90MjZJ9iohOBa3w_fake==",
            None,
            "jordan@example.com",
            "message=14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        ),
        (
            "bounce",
            "6g4ZI7SA-xmRDv57GoPIPw_fake==",
            None,
            "unknown@example.com",
            "message=14c5d75ce93.dfd.64b470.filter0001.16648.5515E0B88.0",
        ),
        (
            "spamreport",
            "37nvH5QBz858KGVYCM4uOA_fake==",
            None,
            "jordan@example.com",
            "message=14c5d75ce93.dfd.64b471.filter0001.16648.5515E0B88.0",
        ),
    ],
    ("mailchimp", "subscribe", "mailchimp"): [
        ("subscribe", None, "a6b5da1054", "api@example.com", "customer=8a25ff1d98")
    ],
    ("mailchimp", "unsubscribe", "mailchimp"): [
        ("unsubscribe", None, "a6b5da1054", "api+unsub@example.com", "customer=8a25ff1d98 campaign=cb398d21d2")
    ],
    ("postmark", "Bounce", "postmark"): [
        (
            "Bounce",
            "Bounce-883953f4-6105-42a2-a16a-77a8eac79483-42323002-2026-07-14T16:41:02.113Z",
            23,
            "morgan@example.com",
            "message=883953f4-6105-42a2-a16a-77a8eac79483",
        )
    ],
    ("resend", "email.bounced", "resend"): [
        ("email.bounced", None, None, "taylor@example.com", "message=9b1d4f7a-2c5e-4b8d-a1f3-6c9e2b5d8a17")
    ],
    ("github", "star", "github"): [
        ("star", "0f934aa0-bbd6-11ed-8200-0faf58520a2a", "403738602", None, "repository=hookdeckwrite/simple-app")
    ],
}


@pytest.mark.parametrize("case", COLLECTED, ids="/".join)
def test_a_request_of_the_collection_is_read(case: tuple[str, str, str]) -> None:
    system, file, name = case
    if not (PAYLOADS / system).exists():
        pytest.skip("the sample payloads are not beside the project")
    payload = json.loads((PAYLOADS / system / f"{file}.json").read_text(encoding="utf-8"))
    meta = json.loads((PAYLOADS / system / "meta.json").read_text(encoding="utf-8"))["files"][f"{file}.json"]
    headers = {header.lower(): value for header, value in meta.get("headers", {}).items()}
    events = read(name, payload, headers)
    keys = ("topic", "id", "tenant", "contact")
    assert [(*map(event.get, keys), " ".join(event["refs"])) for event in events] == COLLECTED[case]


def test_no_request_of_the_collection_is_forgotten() -> None:
    if not PAYLOADS.exists():
        pytest.skip("the sample payloads are not beside the project")
    systems = sorted({system for system, _, _ in COLLECTED})
    files = {(system, path.stem) for system in systems for path in (PAYLOADS / system).glob("*.json")}
    assert {(system, file) for system, file, _ in COLLECTED} == {each for each in files if each[1] != "meta"}
