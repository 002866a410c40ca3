"""Forms, calendars, meetings and contracts: what their webhooks say, from public documentation."""

from bridge.core.presets.preset import Preset

_ANSWERS = "form_response.answers"
_SUMMARY = "data.envelopeSummary"
_PARTICIPANT = "payload.object.participant"

APPOINTMENTS = (
    Preset(
        name="typeform",
        scheme="typeform",
        topic="event_type",
        id="event_id",
        tenant="form_response.form_id",
        time="form_response.submitted_at",
        contact=(
            f"first({_ANSWERS}[?type == 'email'].email) || form_response.hidden.email"
            f" || first({_ANSWERS}[?type == 'phone_number'].phone_number)"
        ),
        refs=(("response", "form_response.token"),),
        topics=("form_response", "form_response_partial"),
        key_hint="Typeform: the form, Connect, Webhooks, the webhook, Edit, Secret.",
        retry_span="10 h; after other errors 5 tries in 4 h",
        deadline="30 s",
        quirks=(
            "An answer is found by its question's ref: form_response.answers[?field.ref == 'full_name'].text.",
            "Webhooks without a secret are not signed and are refused here.",
            "A 404 or 410 disables a webhook at once.",
        ),
        unconfirmed=("the deadline, the retries, and what disables a webhook",),
    ),
    Preset(
        name="calendly",
        scheme="calendly",
        topic="event",
        # the address of the invitee is all that is stable; an invitee is created once and canceled once
        id="if(payload.uri, concat([event, '-', payload.uri]), `null`)",
        time="created_at",
        contact="payload.email || payload.text_reminder_number",
        refs=(("meeting", "payload.event"), ("invitee", "payload.uri")),
        topics=(
            *("invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted"),
            "routing_form_submission.created",
        ),
        key_hint="Calendly: the signing_key of the subscription, given or shown at POST /webhook_subscriptions.",
        retry_span="24 h",
        lookup="The times of a meeting, where payload.scheduled_event is missing: GET payload.event.",
        quirks=(
            "Nothing is sent when a meeting ends.",
            "A rescheduled meeting is one invitee canceled (rescheduled: true) and another created (old_invitee).",
            "first_name and last_name may be missing; name is there.",
            "After 24 h of failures a subscription is disabled, and must be deleted and made again.",
        ),
        unconfirmed=("parts of the scheme, from third parties only",),
    ),
    Preset(
        name="cal-com",
        scheme="cal-com",
        topic="triggerEvent",
        id="if(uid || payload.uid, concat([triggerEvent, '-', uid || payload.uid, '-', createdAt]), `null`)",
        time="if(starts_with(default(triggerEvent, ''), 'MEETING_'), endTime, createdAt)",
        contact="attendees[0].email || payload.attendees[0].email || payload.responses.email.value",
        refs=(("booking", "uid || payload.uid"), ("booking", "id || payload.bookingId")),
        test="triggerEvent == 'PING'",
        topics=(
            *("BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED", "BOOKING_REJECTED", "BOOKING_REQUESTED"),
            *("BOOKING_PAYMENT_INITIATED", "BOOKING_PAID", "BOOKING_NO_SHOW_UPDATED"),
            *("MEETING_STARTED", "MEETING_ENDED", "RECORDING_READY", "INSTANT_MEETING", "OOO_CREATED"),
            *("FORM_SUBMITTED", "FORM_SUBMITTED_NO_EVENT", "PING"),
        ),
        key_hint="Cal.com: Settings, Developer, Webhooks, the webhook, Secret; it is hidden after saving.",
        retry_span="not documented",
        quirks=(
            "MEETING_STARTED and MEETING_ENDED have their fields at the top, other events under payload.",
            "Webhooks without a secret are not signed and are refused here.",
            "The signature has no time: whoever recorded a request can send it again.",
            "A payload template of your own replaces all of this.",
        ),
        unconfirmed=("the fields of events other than MEETING_ENDED", "the topic PING of test webhooks", "the retries"),
    ),
    Preset(
        name="docusign",
        scheme="docusign",
        topic="event",
        # generatedDateTime may be that of a retry; a resent reminder changes no status and counts once
        id=(
            "if(data.envelopeId, concat([event, '-', data.envelopeId, '-', data.recipientId, '-', "
            f"{_SUMMARY}.statusChangedDateTime]), `null`)"
        ),
        tenant="data.accountId",
        time=f"{_SUMMARY}.statusChangedDateTime || generatedDateTime",
        contact=f"{_SUMMARY}.recipients.signers[0].email",
        refs=(("envelope", "data.envelopeId"),),
        topics=(
            *(f"envelope-{what}" for what in ("created", "sent", "resent", "delivered", "completed", "declined")),
            *("envelope-voided", "envelope-corrected", "envelope-deleted", "envelope-purge"),
            *(f"recipient-{what}" for what in ("sent", "resent", "delivered", "completed", "declined")),
            *("recipient-reassign", "recipient-delegate", "recipient-authenticationfailed"),
        ),
        key_hint="DocuSign: Settings, Connect, Connect Keys, the first key; HMAC must be on in the configuration.",
        retry_span="not documented",
        lookup=(
            "Recipients are there only if the configuration includes them: else "
            "GET /restapi/v2.1/accounts/{accountId}/envelopes/{envelopeId}/recipients."
        ),
        quirks=(
            "Choose the format JSON with the Send Individual Messages model; XML cannot be read here.",
            "Each key makes a header of its own, -1 to -100. Only that of the first key is checked.",
            "An envelope can have several signers; contact is the first one's address.",
            "Documents within the payload can make it larger than the bridge accepts: leave them out.",
        ),
        unconfirmed=("the retries and the deadline",),
    ),
    Preset(
        name="zoom",
        scheme="zoom",
        topic="event",
        id=(
            "if(payload.object, concat([event, '-', payload.account_id, '-', payload.object.uuid || payload.object.id,"
            f" '-', {_PARTICIPANT}.participant_uuid || {_PARTICIPANT}.user_id, '-', event_ts]), `null`)"
        ),
        tenant="payload.account_id",
        time="event_ts",
        contact=f"{_PARTICIPANT}.email || payload.object.registrant.email",
        refs=(("meeting", "payload.object.id"), ("meeting", "payload.object.uuid")),
        topics=(
            *(
                f"{kind}.{what}"
                for kind in ("meeting", "webinar")
                for what in ("started", "ended", "participant_joined", "participant_left", "registration_created")
            ),
            *("meeting.created", "meeting.updated", "meeting.deleted", "recording.completed"),
        ),
        key_hint="Zoom: App Marketplace, the app, Feature or Access, Secret Token.",
        retry_span="3 retries in 85 min",
        deadline="3 s",
        lookup=(
            "meeting.ended names nobody but the host's id: GET /v2/past_meetings/{uuid}/participants. "
            "meeting.participant_left has the address of those who were signed in or registered."
        ),
        quirks=(
            "Zoom asks every 72 h with endpoint.url_validation whether the address is still right.",
            "Who leaves and comes back is reported each time.",
            "meeting.ended can come several times where the host is alone.",
        ),
        unconfirmed=(
            "the name of the signature's header",
            "the fields of participants and registrants",
            "that event_ts stays the same over retries",
        ),
    ),
)
