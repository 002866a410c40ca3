"""The processes of a benchmark: started here, ended here by their own ids; a failed one spoils the run."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

from bridge.app.clock import now
from bridge.app.prepare import create_store, open_vault
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Paused
from bridge.settings import read_settings
from tests.bench.job import Job, Load
from tests.bench.machine import PROJECT
from tests.bench.setup import KEYS, write_mappings

_PATIENCE = 60.0  # seconds for a program to start or to end


class Spoiled(Exception):
    """Something went wrong, so there are no figures."""


@dataclass(frozen=True, slots=True)
class Program:
    """A running program: its process and where it listens."""

    pid: int
    address: str

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0


@dataclass(frozen=True, slots=True)
class BridgeProgram(Program):
    """A running `bridge serve` with its folder and its admin address."""

    admin: str
    folder: Path

    def metric(self, name: str, **labels: str) -> float:
        """Read one number from /metrics; 0 if it is not there."""
        inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.search(rf"^{name}{re.escape('{' + inside + '}') if inside else ''} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0


@contextmanager
def program(module: str, *arguments: str) -> Iterator[Program]:
    """Run a module of this package that prints its address first."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{module}", *arguments], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise Spoiled(f"{module} did not start")
        yield Program(process.pid, address)
    finally:
        _end(process)


@contextmanager
def bridge(
    folder: Path,
    target: str,
    *,
    paused: bool,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[BridgeProgram]:
    """Install a bridge in the folder, with a fresh store unless there is one, and run it with these settings."""
    install(folder, target, paused=paused)
    with serving(folder, settings=settings) as serve:
        yield serve


def install(folder: Path, target: str, *, concurrency: int = 32, paused: bool = False) -> None:
    """Write mapping files and secrets; where it is paused nothing is sent."""
    write_mappings(folder / "mappings", target, concurrency=concurrency)
    store = create_store(read_settings(environment(folder)))
    try:
        _store_secrets(folder, store, KEYS)
        if paused:
            store.controls.pause(Paused("all", "", "", now(), "operator"))
    finally:
        store.close()


@contextmanager
def serving(folder: Path, *, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[BridgeProgram]:
    """Run `bridge serve` on what is installed; at the end it drains and is checked to have stopped well."""
    lines = folder / "serve.log"
    with lines.open("wb") as log:
        process = subprocess.Popen(
            _bridge("serve"), cwd=folder, env={**environment(folder), **settings}, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            ready = _ready(process, lines)
            yield BridgeProgram(process.pid, ready["hooks"], ready["admin"], folder)
        finally:
            _end(process)
    if process.returncode != 0:
        raise Spoiled(f"`bridge serve` ended with {process.returncode}: {lines.read_text('utf-8')[-2000:]}")


def _store_secrets(folder: Path, store: Store, texts: Mapping[str, str]) -> None:
    """Store them as `bridge secrets set` does, without a process for each."""
    vault = open_vault(store, read_settings(environment(folder)))
    for name, text in texts.items():
        vault.put(name, text, now=now())


def command(folder: Path, *arguments: str) -> str:
    """Run a command of the bridge on the folder; gives what it prints."""
    done = subprocess.run(
        _bridge(*arguments),
        check=False,
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise Spoiled(f"`bridge {' '.join(arguments)}` ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def load(job: Job) -> Load:
    """Run the load generator. Raises Spoiled unless every order was answered 200, or refused where that may be."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        check=False,
        cwd=PROJECT,
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        timeout=job.seconds + job.warm_up + 2 * _PATIENCE,
    )
    if done.returncode != 0:
        raise Spoiled(f"the load generator ended with {done.returncode}")
    result = msgspec.json.decode(done.stdout, type=Load)
    if result.errors or result.answered + result.refused != result.sent:
        raise Spoiled(f"{result.sent} orders were sent and {result.answered} accepted; errors: {result.errors}")
    return result


def _bridge(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bridge", *arguments]


def environment(folder: Path) -> dict[str, str]:
    """Give the environment of the bridge that is installed in the folder."""
    ours = {
        "BRIDGE_DATA": str(folder / "data"),
        "BRIDGE_MAPPINGS": str(folder / "mappings"),
        "BRIDGE_PORT": "0",
        "BRIDGE_ADMIN_PORT": "0",
        "BRIDGE_LOG": "json",
        "BRIDGE_ALLOW_PRIVATE_TARGETS": "on",
        "PYTHONPATH": str(PROJECT),
        "BRIDGE_INTAKE_PROCESSES": os.environ.get("BRIDGE_INTAKE_PROCESSES", "auto"),
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")} | ours


def _ready(process: subprocess.Popen[bytes], lines: Path) -> dict[str, str]:
    """Wait for the line that says where the bridge listens."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        for line in lines.read_text("utf-8").splitlines():
            if '"bridge.ready"' in line:
                ready: dict[str, str] = json.loads(line)
                return ready
        time.sleep(0.02)
    raise Spoiled(f"`bridge serve` did not start: {lines.read_text('utf-8')[-2000:]}")


def _end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
