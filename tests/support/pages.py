"""What a page says, as a person reads it, and what the next one will say on top."""

import re
from html import unescape
from types import SimpleNamespace
from typing import Any

from bridge.console.forms import Notice, notice_of


def words(page: str) -> str:
    """Give the text of a page's main part, with single blanks."""
    text = unescape(re.sub(r"<[^>]+>", " ", page.partition('id="main">')[2]))
    return re.sub(r" ([.,:;])", r"\1", " ".join(text.split()))


def told(answer: Any) -> Notice:
    """Give the notice that an answer leaves to the next page."""
    request: Any = SimpleNamespace(cookies={"notice": answer.cookies["notice"].strip('"')})
    found = notice_of(request)
    assert found is not None
    return found
