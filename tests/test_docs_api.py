"""docs/api.md, followed: its blocks are run in order, as one session, against a running bridge."""

import json
import re
from pathlib import Path

from bridge.api.operations import OPERATIONS
from tests.support.documents import ROOT
from tests.support.fences import BLOCKS
from tests.support.recorder import recording
from tests.test_readme import checkout

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SESSION = [block.text for block in BLOCKS if block.document == "docs/api.md" and block.language == "sh"]
_MARK = "next-block"


def test_every_call_of_the_document_works_in_its_order(tmp_path: Path) -> None:
    with recording() as target, checkout(tmp_path, target.url) as person:
        person.serve("bridge serve")
        script = f"\necho\necho {_MARK}\n".join(SESSION).replace("127.0.0.1:8081", f"127.0.0.1:{person.admin_port}")
        done = person.run(script)
    assert done.returncode == 0, done.stderr
    first, pausing, journal, stream = done.stdout.split(_MARK)
    assert '"message":"ready"' in first
    assert '{"items":[],"next":null}' in first
    changed = '{"changed":true}'
    assert pausing.count(changed) == 2
    assert '"reason":"new texts"' in pausing
    assert re.findall(r'"verb":"(\w+)"', journal) == ["resume", "pause"]
    assert stream.strip().startswith("retry: 2000\n\nevent: news\nid: ")
    assert '"anew":true' in stream


def test_every_operation_and_status_that_is_named_exists() -> None:
    named = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/api/[^`]+)`", TEXT))
    assert named == {(each.method, f"/api{each.path}") for each in OPERATIONS}
    statuses = {int(text) for row in re.findall(r"^\| ([\d, ]+) \|", TEXT, re.MULTILINE) for text in row.split(",")}
    assert {status for each in OPERATIONS for status in each.declines} <= statuses


def test_the_answers_of_the_document_are_json() -> None:
    [answer] = [block.text for block in BLOCKS if block.document == "docs/api.md" and block.language == "json"]
    assert list(json.loads(answer)) == ["items", "next"]
