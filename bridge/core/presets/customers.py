"""CRMs, help desks, forms, calendars and messages: what their webhooks say, from their public documentation."""

from bridge.core.presets.preset import Preset, about

_HUBSPOT_ID = "portalId, '-', subscriptionId, '-', objectId, '-', occurredAt, '-', eventId"

CUSTOMERS = (
    Preset(
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
                for what in (
                    "creation",
                    "deletion",
                    "propertyChange",
                    "associationChange",
                    "merge",
                    "restore",
                )
            ),
            "contact.privacyDeletion",
        ),
        key_hint="HubSpot: the app's settings, Auth, Client secret; private apps have one as well.",
        retry_span="10 retries in 24 h; workflows are not retried on most errors",
    ),
    Preset(
        name="github",
        scheme="github",
        topic="header('x-github-event')",
        id="header('x-github-delivery')",
        tenant="header('x-github-hook-id')",
        refs=(("repository", "repository.full_name"), ("issue", "issue.html_url || pull_request.html_url")),
        topics=(
            *("ping", "push", "pull_request", "pull_request_review", "issues", "issue_comment", "release"),
            *("star", "watch", "fork", "create", "delete", "deployment", "deployment_status", "discussion"),
            *(
                "workflow_run",
                "workflow_job",
                "check_run",
                "check_suite",
                "member",
                "repository",
                "sponsorship",
            ),
        ),
        key_hint="GitHub: the repository or organization, Settings, Webhooks, the webhook, Secret.",
        retry_span="no retries",
    ),
)
