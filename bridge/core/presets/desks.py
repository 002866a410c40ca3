"""Help desks and code hosting: what their webhooks say, from public documentation (pages stand at the schemes)."""

from bridge.core.presets.preset import Preset, about

_TICKET = "(freshdesk_webhook || @)"
_AUTHOR = "data.item.source.author"

DESKS = (
    Preset(
        name="zendesk",
        scheme="zendesk",
        topic="if(zendesk_event_version, type, event || if(status, concat(['ticket.', lower(status)]), 'trigger'))",
        id="if(zendesk_event_version, id, header('x-zendesk-webhook-invocation-id'))",
        tenant="account_id || header('x-zendesk-account-id')",
        time="time || updated_at",
        contact="email || requester_email",
        refs=(
            ("ticket", f"ticket_id || {about('type', 'zen:event-type:ticket.', 'detail.id')}"),
            ("customer", f"detail.requester_id || {about('type', 'zen:event-type:user.', 'detail.id')}"),
        ),
        topics=(
            *(
                "trigger",
                "ticket.new",
                "ticket.open",
                "ticket.pending",
                "ticket.hold",
                "ticket.solved",
                "ticket.closed",
            ),
            *(
                f"zen:event-type:ticket.{what}"
                for what in (
                    *("created", "status_changed", "priority_changed", "comment_added", "requester_changed"),
                    *("agent_assignment_changed", "group_assignment_changed", "tags_changed", "merged"),
                )
            ),
            *("zen:event-type:user.created", "zen:event-type:user.deleted"),
        ),
        key_hint="Zendesk: Admin Center, Apps and integrations, Webhooks, the webhook, Reveal secret.",
        retry_span="3 retries",
        deadline="10 s",
        lookup=(
            "Event webhooks have no address: GET /api/v2/users/{detail.requester_id}. A webhook of a trigger or an "
            "automation carries what its JSON body asks for, such as {{ticket.requester.email}}."
        ),
        quirks=(
            "The body of a trigger is a template of yours. The topic is its event, else ticket. and its status.",
            "Values are put into a template as they are: a quotation mark in a name makes the JSON unreadable.",
            "Event webhooks write states in capitals: SOLVED.",
            "A webhook is paused when 70 % of 5 minutes, or more than 1000, fail.",
        ),
        unconfirmed=(
            "the deadline: 10 s in one source, 12 s in another",
            "the number of retries, and when a webhook is paused",
            "the headers with the invocation's and the account's id, and that the first stays the same over retries",
        ),
    ),
    Preset(
        name="intercom",
        scheme="intercom",
        topic="topic",
        id="id",
        tenant="app_id",
        time="created_at",
        contact=(
            f'data.item.email || if(contains(`["user", "lead"]`, {_AUTHOR}.type), {_AUTHOR}.email, `null`)'
            " || data.item.phone"
        ),
        refs=(
            ("conversation", about("topic", "conversation.", "data.item.id")),
            ("customer", f"data.item.contacts.contacts[0].id || {about('topic', 'contact.', 'data.item.id')}"),
            ("customer", "data.item.external_id"),
        ),
        test="topic == 'ping'",
        topics=(
            "ping",
            *(f"conversation.user.{what}" for what in ("created", "replied")),
            *(
                f"conversation.admin.{what}"
                for what in ("replied", "assigned", "noted", "closed", "opened", "snoozed", "unsnoozed")
            ),
            *("conversation.admin.single.created", "conversation.rating.added", "conversation.deleted"),
            *("contact.created", "contact.user.created", "contact.lead.created", "contact.email.updated"),
            *("contact.archive", "contact.deleted", "ticket.created", "ticket.state.updated"),
        ),
        key_hint="Intercom: Developer Hub, the app, Basic information, Client secret.",
        retry_span="not documented",
        deadline="5 s",
        lookup="Conversations often have only the ids of contacts: GET /contacts/{id}.",
        quirks=(
            "A conversation that a colleague began has that colleague as its author: ask users and leads only.",
            "The signature has no time: whoever recorded a request can send it again.",
            "After 1000 errors in a row within 15 minutes it pauses for 15 minutes.",
        ),
        unconfirmed=("the deadline", "that a 410 ends the subscription", "who the author of such conversations is"),
    ),
    Preset(
        name="freshdesk",
        scheme="header-token",
        topic=f"event || if({_TICKET}.ticket_status, concat(['ticket.', lower({_TICKET}.ticket_status)]), 'ticket')",
        tenant=f"split({_TICKET}.ticket_url, '/')[2]",
        contact=f"{_TICKET}.ticket_contact_email || {_TICKET}.ticket_contact_phone",
        refs=(("ticket", f"{_TICKET}.ticket_id"),),
        topics=("ticket", "ticket.open", "ticket.pending", "ticket.resolved", "ticket.closed"),
        key_hint=(
            "Freshdesk: a secret of your own making. Admin, Automations, the rule, Trigger webhook, Add custom "
            "headers: X-Webhook-Token and the secret."
        ),
        retry_span="48 retries in 24 h",
        quirks=(
            "Nothing is signed: the header is all there is.",
            "You choose the fields. The topic is the body's event, else ticket. and the status in small letters.",
            "There is no id: within 24 h the same body counts as sent twice.",
            "1000 webhooks an hour are sent.",
        ),
        unconfirmed=("the names of the fields, from third parties only", "the retries and the limit per hour"),
    ),
    Preset(
        name="github",
        scheme="github",
        topic="header('x-github-event')",
        id="header('x-github-delivery')",
        tenant="header('x-github-hook-id')",
        refs=(("repository", "repository.full_name"), ("issue", "issue.html_url || pull_request.html_url")),
        test="header('x-github-event') == 'ping'",
        topics=(
            *("ping", "push", "pull_request", "pull_request_review", "issues", "issue_comment", "release"),
            *("star", "watch", "fork", "create", "delete", "deployment", "deployment_status", "discussion"),
            *("workflow_run", "workflow_job", "check_run", "check_suite", "member", "repository", "sponsorship"),
        ),
        key_hint="GitHub: the repository or organization, Settings, Webhooks, the webhook, Secret.",
        retry_span="no retries",
        deadline="10 s",
        lookup="People have a login; an address stands only in the commits of a push: GET /users/{login}.",
        quirks=(
            "Nothing is sent again by itself: what comes while the bridge is down is lost.",
            "A manual redelivery has the same id, so it counts as a duplicate here.",
            "Choose the content type application/json; as a form the JSON stands in the field payload.",
        ),
        unconfirmed=("that bodies end at 25 MB",),
    ),
)
