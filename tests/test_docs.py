"""The documents hold what they say: generated parts, commands that run, mapping files that check, names that exist."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.catalog import check_examples, load_catalog, load_texts
from bridge.catalog.comparing import in_short
from bridge.cli import COMMANDS, bridge_command
from bridge.core.language.context import Context
from bridge.core.language.functions import FUNCTIONS
from bridge.core.mapping import propose
from bridge.core.model import Inbound, Plan, Unmatched
from bridge.core.presets import PRESETS
from bridge.core.sending import spoken_timing
from bridge.core.verification.schemes import ALIASES
from bridge.intake import Rules, take_in
from bridge.settings import SETTINGS
from bridge.telemetry import Metrics, Snapshot
from tests.bench.__main__ import parser as bench_parser
from tests.support.documents import PARTS, ROOT, with_parts
from tests.support.fences import BLOCKS, DOCUMENTS, FENCE, block_with
from tests.support.folders import write_folder

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")

# Why a block without a language is not executed by tests/test_readme.py; what of it can be proven is there.
PLAIN = {
    "make run": "sets up the whole environment from the registry; its last step, `bridge demo`, is run",
    "make test": "is what runs these tests",
    "bridge sandbox &": "takes fixed ports; the sandbox is started on a free one, and the line with `sed` is run",
    "Order #1001 (shopify": "is what a command prints; tests/core/test_story.py has such sentences",
    "bridge replays show rpl_": "is about a replay of the reader's own; tests/cli tries these commands",
    "bridge deliveries list --unknown": "is about what only its reader has; tests/cli/test_operate.py tries it",
    "bridge release --unknown": "the same",
    "bridge pause all": "stops what the README's blocks need; tests/flow/test_kill_switches.py shows what it does",
    "docker build": "needs a container engine; the paths it copies are checked",
    "[Service]": "a unit for systemd, not a command",
    "bridge erase": "erases a person of its reader's; tests/process/test_erasing.py runs it",
    "bridge backup": "writes to a folder of its reader's; README.md and tests/process/test_restoring.py run it",
    "bridge audit --days": "README.md runs the audit; tests/cli/test_audit.py tries these flags",
}


YAML = [block for block in BLOCKS if block.language == "yaml"]


def prose(document: str) -> str:
    """Give the document without its blocks and comments."""
    text = FENCE.sub("", (ROOT / document).read_text(encoding="utf-8"))
    return re.sub(r"<!--.*?-->", "", text)


def codes() -> list[str]:
    """Give all that the prose of the documents sets as code."""
    return [code for document in DOCUMENTS for code in _CODE.findall(prose(document))]


def lines_of_blocks() -> list[str]:
    return [line for block in BLOCKS if block.language != "yaml" for line in block.text.splitlines()]


# -- generated parts and blocks -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PARTS)
def test_the_generated_parts_are_what_the_code_says(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == with_parts(name), "run: .venv/bin/python -m tests.support.documents"


def test_every_block_is_executed_checked_or_has_a_reason() -> None:
    assert {block.language for block in BLOCKS} == {"", "sh", "yaml", "json"}
    plain = [block for block in BLOCKS if not block.language]
    assert [str(block) for block in plain if not block.text.startswith(tuple(PLAIN))] == []
    assert [reason for reason in PLAIN if not any(block.text.startswith(reason) for block in plain)] == []


def test_make_has_the_targets_that_the_documents_name() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = {name for code in codes() + lines_of_blocks() for name in re.findall(r"^make (\w+)", code)}
    assert named == {"run", "test", "lint", "bench"}
    assert named <= targets
    assert re.search(r"^run: .*\n\t\$\(BIN\)/bridge demo$", makefile, re.MULTILINE)
    assert re.search(r"^test: .*\n\t\$\(BIN\)/python -m pytest$", makefile, re.MULTILINE)


# -- mapping files ----------------------------------------------------------------------------------------------

TOUCHPOINTS = (ROOT / "mappings" / "touchpoints.yaml").read_text(encoding="utf-8")


def test_there_is_a_check_for_every_mapping_file_in_the_documents() -> None:
    known = (
        *("source: shopify", "touchpoints:\n", "source: till", "source: bigcommerce", "tables:\n"),
        *("topic: orders/fulfilled\n", "source: parcels", "source: webshop"),
    )
    assert [str(block) for block in YAML if not any(text in block.text for text in known)] == []
    assert len(YAML) == len(known)


def test_the_mapping_file_of_the_readme_checks_clean() -> None:
    loaded = load_texts({"touchpoints.yaml": TOUCHPOINTS, "shopify.yaml": block_with("source: shopify").text}, {})
    assert loaded.warnings == ()
    assert [mapping.name for mapping in loaded.catalog.sources["shopify"].mappings] == ["post-purchase"]


def test_the_touchpoints_of_the_documents_check_clean() -> None:
    loaded = load_texts({"touchpoints.yaml": block_with("touchpoints:\n").text}, {})
    assert loaded.warnings == ()
    assert sorted(loaded.catalog.touchpoints) == ["crm-note", "post-purchase"]


def test_the_till_of_the_documents_checks_clean_also_with_its_table() -> None:
    till = block_with("source: till").text
    tables = block_with("tables:\n").text
    read = re.search(r"`(lookup\([^`]+)`", (ROOT / "docs/mappings.md").read_text(encoding="utf-8"))
    assert read is not None
    whole = f'{tables}{till.rstrip().removesuffix("}")}, branch: "{read[1]}"}}\n'
    for text in (till, whole):
        loaded = load_texts({"touchpoints.yaml": TOUCHPOINTS, "till.yaml": text}, {})
        assert loaded.warnings == ()
    assert loaded.catalog.sources["till"].tables["branches"]["vie-01"] == "Vienna, Graben"


def test_the_lookup_of_the_documents_checks_clean() -> None:
    text = block_with("source: bigcommerce").text
    loaded = load_texts({"touchpoints.yaml": TOUCHPOINTS, "bigcommerce.yaml": text}, {})
    assert loaded.warnings == ()
    [lookup] = loaded.catalog.sources["bigcommerce"].lookups
    assert [request.name for request in lookup.requests] == ["", "customer"]


def test_a_parcel_of_the_documents_is_asked_about_when_they_say() -> None:
    texts = {"touchpoints.yaml": TOUCHPOINTS, "parcels.yaml": block_with("source: parcels").text}
    loaded = load_texts(texts, {})
    assert loaded.warnings == ()
    source = loaded.catalog.sources["parcels"]
    [mapping] = source.mappings
    assert mapping.sending is not None
    everyone = replace(mapping, sending=replace(mapping.sending, sample=1.0))
    part = (ROOT / "docs/mappings.md").read_text(encoding="utf-8").partition("<!-- sent -->")[2]
    rows = re.findall(r"^\| (\d[^|]+) \| (\w\w) \| ([^|]+) \|$", part.partition("<!-- /sent -->")[0], re.MULTILINE)
    assert len(rows) == 6
    for delivered, country, asked in rows:
        payload = {"order": "1", "email": "anna@example.com", "delivered_at": delivered, "country": country}
        context = Context(payload=payload, tables=source.tables, received_at=1_770_000_000_000)  # February 2026
        [proposal] = propose(everyone, context, index_key=bytes(32), new_delivery_id=lambda: "dlv_1")
        assert isinstance(proposal.outcome, Plan)
        assert spoken_timing(proposal.outcome).startswith(f"on {asked}, not after ")


def test_what_the_documents_say_is_cancelled_is_cancelled() -> None:
    carrier = (
        "source: carrier\nverify: {kind: token, token: {from: header, name: X-Token}, secrets: '${secret:carrier}'}\n"
    )
    texts = {
        "touchpoints.yaml": TOUCHPOINTS,
        "webshop.yaml": block_with("source: webshop").text,
        "carrier.yaml": f"{carrier}event: {{topic: type, id: id}}\nmappings: []\n",
    }
    loaded = load_texts(texts, {})
    assert loaded.warnings == ()
    part = (ROOT / "docs/mappings.md").read_text(encoding="utf-8").partition("<!-- cancelled -->")[2]
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \| ([^|]+) \|$", part.partition("<!-- /cancelled -->")[0], re.MULTILINE)
    assert len(rows) == 5
    for name, payload, said in rows:
        inbound = Inbound(name, "POST", "", {"content-type": "application/json"}, payload.encode())
        source = loaded.catalog.sources[name]
        [entry] = take_in(inbound, source, new_id=lambda kind: f"{kind}_1", rules=Rules(bytes(32))).entries
        mapping = {proposal.mapping for proposal in entry.proposals}.pop()
        outcomes = [in_short(each.outcome) for each in entry.proposals if not isinstance(each.outcome, Unmatched)]
        assert f"{mapping}: {', '.join(outcomes)}".removeprefix(": ") == said


def test_the_example_of_the_documents_runs(tmp_path: Path) -> None:
    source = """\
source: shopify
verify: {preset: shopify, secrets: ["${secret:shopify}"]}
mappings:
  - {name: post-purchase, touchpoint: post-purchase, body: {email: email, orderId: name}}
  - {name: another, touchpoint: post-purchase, when: test, body: {email: email}}
  - name: for-each-item
    touchpoint: crm-note
    for_each: items
    when: sku
    body: {sku: sku}
"""
    payload = '{"email": "anna.gruber@example.com", "name": "#1001", "test": false, "items": [{"sku": "A1"}, {}]}'
    files = {
        "touchpoints.yaml": block_with("touchpoints:\n").text,
        "shopify.yaml": source,
        "examples/shopify/one.json": payload,
        "examples/shopify/one.expect.yaml": block_with("topic: orders/fulfilled\n").text,
    }
    folder = write_folder(tmp_path, files)
    assert check_examples(folder, load_catalog(folder, {}).catalog) == []


# -- names --------------------------------------------------------------------------------------------------------


def test_every_setting_that_is_named_exists() -> None:
    known = {setting.variable for setting in SETTINGS}
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in (*DOCUMENTS, "Dockerfile")]
    named = {name for text in texts for name in re.findall(r"(?<!_)BRIDGE_[A-Z_]+", text)}
    assert named - known == set()
    assert len(named) == len(known)


def commands() -> dict[str, Any]:
    """Give every command by its words: `events`, `events list`."""
    found: dict[str, Any] = {}
    for name, _, _ in COMMANDS:
        command: Any = bridge_command.get_command(None, name)  # type: ignore[arg-type]  # it needs no context
        found[name] = command
        found |= {f"{name} {verb}": each for verb, each in getattr(command, "commands", {}).items()}
    return found


def test_every_command_and_flag_that_is_named_exists() -> None:
    known = commands()
    calls = [
        call for code in codes() + lines_of_blocks() for call in re.findall(r"\bbridge ((?:[a-z][a-z-]* ?)+)", code)
    ]
    named = set()
    for call in calls:
        words = call.removeprefix("bridge ").split()  # docker's container has the name, too
        is_group = hasattr(known.get(words[0]), "commands") and len(words) > 1
        named.add(" ".join(words[:2] if is_group else words[:1]))
    assert named - set(known) == set()
    assert len(named) >= 19
    flags = {flag for code in codes() + lines_of_blocks() for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)}
    options = {option for each in known.values() for parameter in each.params for option in parameter.opts}
    options |= set(re.findall(r"--[a-z]+", bench_parser().format_help())) - {"--help"}
    assert flags - options - {setting.flag for setting in SETTINGS} == {"--help", "--version"}  # click's


def test_every_function_and_preset_that_is_named_exists() -> None:
    named = {name for code in codes() for name in re.findall(r"\b([a-z_0-9]+)\(", code)}
    assert named - set(FUNCTIONS) == set()
    presets = {name for block in YAML for name in re.findall(r"preset: ([\w-]+)", block.text)}
    assert presets - set(PRESETS) - set(ALIASES) == set()


def test_every_metric_that_is_named_exists() -> None:
    counting = Metrics(lambda: Snapshot(touchpoints={"post-purchase": False}))
    counting.drifted("post-purchase")  # what is counted by name appears with the first
    counting.answered("shopify", 503)
    metrics = counting.render()[0].decode()
    named = {name for code in codes() for name in re.findall(r"\bbridge_[a-z_]+", code)}
    assert [name for name in named if f"\n{name}" not in metrics] == []


# Made by a running bridge, or standing for a name; what the bridge makes is looked for in tests/test_readme.py.
NOT_IN_THE_REPOSITORY = re.compile(
    r"\.venv/bin/\w+|\./data|data/bridge\.\w+|mappings/<source>\.yaml|(mappings/)?examples/(<source>/<name>\.json)?"
    r"|<(name|source)>\.(yaml|expect\.yaml|json)|SOURCE/NAME|application/json|orders/\*"
    r"|bench/results\.json|/(readyz|livez|metrics|data|hooks/\S+|api(/\S+)?)"
)


def test_every_path_that_is_named_exists() -> None:
    parts = {part for code in codes() for part in code.split() if re.fullmatch(r"[\w./<>*-]*[./][\w./<>*-]*\w/?", part)}
    paths = {part for part in parts if "/" in part or part.endswith((".yaml", ".md", ".json"))}
    missing = {path for path in paths if not (ROOT / path).exists() and not (ROOT / "mappings" / path).exists()}
    assert {path for path in missing if not NOT_IN_THE_REPOSITORY.fullmatch(path)} == set()


def test_what_the_container_is_made_of_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    assert copied
    assert [path for line in copied for path in line.split() if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md"])
def test_relative_links_lead_somewhere(document: str) -> None:
    links = _LINK.findall((ROOT / document).read_text(encoding="utf-8"))
    relative = [link.partition("#")[0] for link in links if not link.startswith(("https://", "#"))]
    assert [link for link in relative if not (ROOT / document).parent.joinpath(link).exists()] == []
