"""Small, valid mapping folders to break in tests."""

from collections.abc import Mapping
from pathlib import Path

from bridge.catalog import Loaded, load_texts
from bridge.core.errors import ConfigInvalid

TOUCHPOINTS = """\
touchpoints:
  post-purchase:
    channel: mail
    api_key: ${secret:pxp-api-key}
    token: ${secret:post-purchase}
  text-message:
    channel: sms
    api_key: ${secret:pxp-api-key}
    token: ${secret:text-message}
  elsewhere:
    channel: http
    url: https://crm.example.com/hook
"""

SHOPIFY = """\
source: shopify
verify:
  preset: shopify
  secrets: ["${secret:shopify}"]
mappings:
  - name: post-purchase
    on: [orders/fulfilled]
    when: "!test"
    touchpoint: post-purchase
    key: id
    body:
      email: email
      orderId: name
"""

TILL = """\
source: till
verify:
  kind: hmac
  algorithm: sha256
  encoding: hex
  signature: {sources: [{from: header, name: X-Till-Signature}]}
  template: [body]
  secrets: ["${secret:till}"]
event: {topic: type, id: id}
mappings: []
"""


def files(**texts: str) -> dict[str, str]:
    """Give the files of a folder: the touchpoints, and each text under its name."""
    return {"touchpoints.yaml": TOUCHPOINTS, **{f"{name}.yaml": text for name, text in texts.items()}}


def write_folder(folder: Path, texts: Mapping[str, str]) -> Path:
    """Write files, also into folders below, and give the folder."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def load(texts: Mapping[str, str], **environment: str) -> Loaded:
    """Load a folder from memory."""
    return load_texts(texts, environment)


def problems_of(texts: Mapping[str, str], **environment: str) -> list[str]:
    """Give everything that is said about the files, errors and warnings."""
    try:
        return [str(problem) for problem in load(texts, **environment).warnings]
    except ConfigInvalid as error:
        return [str(problem) for problem in error.problems]
