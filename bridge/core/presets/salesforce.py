"""Salesforce's outbound messages: SOAP, from its public documentation."""

from bridge.core.presets.preset import Preset

_KIND = "last(split(sObject.\"@type\", ':'))"

SALESFORCE = (
    Preset(
        name="salesforce",
        scheme="query-token",
        topic=_KIND,
        id="Id",
        tenant="envelope().Envelope.Body.notifications.OrganizationId",
        time="sObject.LastModifiedDate || sObject.SystemModstamp",
        contact="sObject.Email || sObject.ContactEmail || sObject.SuppliedEmail || sObject.PersonEmail",
        refs=(
            ("deal", f"if({_KIND} == 'Opportunity', sObject.Id, `null`)"),
            ("ticket", f"if({_KIND} == 'Case', sObject.Id, `null`)"),
            ("ticket", "sObject.CaseNumber"),
            ("customer", f"if({_KIND} == 'Contact', sObject.Id, sObject.ContactId)"),
        ),
        each=("Envelope.Body.notifications.Notification",),
        topics=("Opportunity", "Case", "Contact", "Lead", "Account", "Order", "Contract"),
        key_hint=(
            "Salesforce: a secret of your own making, at the end of the outbound message's endpoint URL as ?secret=…; "
            "nothing is signed."
        ),
        retry_span="24 h, with pauses of up to 2 h",
        lookup=(
            "Only the fields that the message selects; an opportunity has no address: add a formula field, or let a "
            "flow send JSON."
        ),
        quirks=(
            "The body is SOAP: fields are read as sObject.Name, without their namespace.",
            "One request carries up to 100 notifications; the values are the latest, not those of the moment.",
            "The answer must be a SOAP acknowledgement, which the bridge sends.",
            "The message's SessionId is a credential and is not kept.",
        ),
        unconfirmed=("which fields hold an address, as the message selects them",),
    ),
)
