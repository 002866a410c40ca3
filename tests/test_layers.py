"""Imports point down, the core is pure, and each driver has one importer; and the check notices when not."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRACTS = (
    "Imports point down",
    "Core and intake are pure",
    "Only the touchpoint speaks HTTP",
    "Only the outbox speaks SQL",
    "Nobody picks another SQLite",
)


def lint(folder: Path) -> tuple[int, dict[str, str]]:
    """Check the project in the folder; gives the exit status and KEPT or BROKEN by the contracts' first words."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(
        [*command, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True, check=False
    )
    lines = " ".join(done.stdout.split("\n\n\n")[0].split())
    verdicts = {}
    for name in CONTRACTS:
        after = lines.partition(name)[2].split()
        verdicts[name] = next((word for word in after if word in {"KEPT", "BROKEN"}), "absent: " + done.stderr)
    return done.returncode, verdicts


def test_every_contract_on_imports_is_kept() -> None:
    assert lint(ROOT) == (0, dict.fromkeys(CONTRACTS, "KEPT"))


def test_what_breaks_a_contract_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "bridge", tmp_path / "bridge", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, wrong in {
        "core/ids.py": "from bridge.outbox import protocol",
        "core/contact.py": "import random",
        "web/answers.py": "import httpx",
        "intake.py": "import sqlite_utils",
        "outbox/tally.py": "import sqlite3",
    }.items():
        with (tmp_path / "bridge" / module).open("a") as file:
            file.write(f"\n{wrong}\n")
    assert lint(tmp_path) == (1, dict.fromkeys(CONTRACTS, "BROKEN"))


def test_a_module_without_a_place_in_the_layers_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "bridge", tmp_path / "bridge", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "bridge" / "helpers.py").write_text("")
    status, verdicts = lint(tmp_path)
    assert (status, verdicts["Imports point down"]) == (1, "BROKEN")
