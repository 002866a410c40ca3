"""What the bridge under measurement works by: two mappings of every fulfilled order, two touchpoints, their secrets."""

from pathlib import Path

from tests.bench.orders import SECRET, TOPIC

WHEN = "!test && cancelled_at == `null`"
_FIELDS = {
    "email": "email || contact_email || customer.email",
    "firstname": "customer.first_name || billing_address.first_name",
    "lastname": "customer.last_name || billing_address.last_name",
    "company": "billing_address.company || shipping_address.company",
    "identifier": "text(customer.id)",
    "orderId": "name",
    "amount": "total_price",
    "currency": "currency",
    "city": "shipping_address.city",
    "tracking": "fulfillments[-1].tracking_number",
}
# By touchpoint, which is also the mapping's name: ten expressions each.
FIELDS = {"post-purchase": _FIELDS, "delivery": _FIELDS}
MORE = ("reorder", "review")  # touchpoints without a mapping, for a backlog that is sent to many
EACH = len(FIELDS)  # deliveries of every order
KEYS = {"shopify": SECRET, "pxp-api-key": "an-api-key-of-nobody", **{name: f"token-of-{name}" for name in FIELDS}}

_MAPPING = """\
  - name: {name}
    on: [{topic}]
    when: "{when}"
    touchpoint: {name}
    key: id
    body:
{fields}
"""
_TOUCHPOINT = """\
  {name}:
    channel: mail
    api_key: ${{secret:pxp-api-key}}
    token: ${{secret:{token}}}
    base_url: {target}/v2
    concurrency: {concurrency}
"""


def write_mappings(folder: Path, target: str, *, concurrency: int = 32) -> None:
    """Write the mapping files of a bridge that sends to `target`, to each touchpoint so many requests at a time."""
    folder.mkdir(parents=True)
    mappings = [
        _MAPPING.format(
            name=name, topic=TOPIC, when=WHEN, fields="\n".join(f"      {key}: {text}" for key, text in fields.items())
        )
        for name, fields in FIELDS.items()
    ]
    head = 'source: shopify\nverify:\n  preset: shopify\n  secrets: ["${secret:shopify}"]\nmappings:\n'
    (folder / "shopify.yaml").write_text(head + "".join(mappings), "utf-8")
    tokens = {name: name for name in FIELDS} | dict.fromkeys(MORE, next(iter(FIELDS)))
    touchpoints = "".join(
        _TOUCHPOINT.format(name=name, token=token, target=target, concurrency=concurrency)
        for name, token in tokens.items()
    )
    (folder / "touchpoints.yaml").write_text("touchpoints:\n" + touchpoints, "utf-8")
