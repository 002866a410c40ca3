"""The machine, and what a process takes of it (Linux: read from /proc)."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PACKAGES = ("starlette", "uvicorn", "uvloop", "httptools", "httpx", "httpcore", "pysqlite3", "msgspec", "jmespath")


def resident(pid: int) -> int:
    """Give the resident memory of a process and its children in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(child) for child in _children(pid))


def written(pid: int) -> int:
    """Give the bytes that a process has had written to storage, whatever a cache may have saved."""
    lines = Path(f"/proc/{pid}/io").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes:")).split()[1])


def processor_time(pid: int) -> float:
    """Give the seconds of processor time of a process and its children."""
    return _used(Path(f"/proc/{pid}/stat")) + sum(processor_time(child) for child in _children(pid))


def thread_times(pid: int) -> dict[int, float]:
    """Give the seconds of processor time of each thread of a process; the main one has the process's number."""
    return {int(task.name): _used(task / "stat") for task in Path(f"/proc/{pid}/task").iterdir()}


def _used(stat: Path) -> float:
    fields = stat.read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def file_system(folder: Path) -> str:
    """Give the type of the file system and the device on which a folder lies."""
    place, found = folder.resolve(), ("", "unknown")
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        device, mount, kind = line.split()[:3]
        if place.is_relative_to(mount) and len(mount) >= len(found[0]):
            found = mount, f"{kind} on {device}"
    return found[1]


def describe(folder: Path) -> dict[str, object]:
    """Say on what, and of what, the figures are."""
    from bridge.outbox.driver import sqlite3  # noqa: PLC0415 - only here

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "file_system": file_system(folder),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _PACKAGES},
        "commit": _git("rev-parse", "--short", "HEAD"),
        "changed_files": len(_git("status", "--porcelain", "--", "bridge").splitlines()),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
