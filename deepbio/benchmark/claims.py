"""Claims: files that say who is at work on a cell, so that processes and machines that share a folder do each cell once.

A claim is made with O_EXCL, which only one process can win, also on NFS (version 3 on). A holder that lives touches its
claim. A claim is stale when its process is gone (same machine) or when nobody has touched it for `PATIENCE` seconds (any
machine, by the clock of the file server). A stale claim on an unfinished cell is never removed by others: the successor
makes the claim of the next generation, again with O_EXCL, so two successors cannot both win.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 300.0
_TOUCH = 2.0


@dataclass(frozen=True)
class Claim:
    """The right to compute one cell, held until `release`."""

    file: Path

    def touch(self) -> None:
        """Say that the holder lives."""
        with contextlib.suppress(OSError):
            os.utime(self.file)

    def release(self) -> None:
        """Return the cell free, and remove what dead holders before left."""
        _remove_up_to(self.file)


def claim(folder: Path, key: str, *, patience: float = PATIENCE) -> Claim | None:
    """Claim a cell for this process, or give None where another that lives has it.

    Look for the cell's result again after this: the holder before may have finished a moment ago.

    Args:
        folder: shared by all; made where it does not exist.
        key: of the cell; slashes become underscores.
        patience: seconds without a touch after which the holder counts as dead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = _stem(key)
    held = holders(folder, stem)
    if held and not _is_stale(held[-1], patience):
        return None
    generation = int(held[-1].name.rsplit(".", 1)[1]) + 1 if held else 0
    file = folder / f"{stem}.{generation}"
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return None
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(_me(), opened)
    return Claim(file)


def clear_finished(folder: Path, key: str, *, patience: float = PATIENCE) -> None:
    """Remove the claim of a holder that died between writing a cell's result and its release.

    Only for a cell that has its result: whoever claims it after this looks for the result again, and does not compute.
    """
    held = holders(folder, _stem(key))
    if held and _is_stale(held[-1], patience):
        _remove_up_to(held[-1])


def holders(folder: Path, stem: str) -> list[Path]:
    """Return the claims of one cell, oldest generation first."""
    found = [file for file in folder.glob(f"{stem}.*") if file.suffix[1:].isdigit()]
    return sorted(found, key=lambda file: int(file.suffix[1:]))


def is_free(folder: Path, key: str, *, patience: float = PATIENCE) -> bool:
    """Whether nobody who lives is at work on a cell, so that a claim may succeed."""
    held = holders(folder, _stem(key))
    return not held or _is_stale(held[-1], patience)


@contextlib.contextmanager
def kept_alive(held: Claim, *, parent: int | None = None):
    """Touch a claim every few seconds while the block runs.

    With `parent`, end this process when that one is gone: a suite whose first process is killed would go on unseen, beside
    the one that is started next.
    """
    over = threading.Event()

    def beat() -> None:
        while not over.wait(_TOUCH):
            held.touch()
            if parent is not None and os.getppid() != parent:
                os._exit(3)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _stem(key: str) -> str:
    """Name the files of a cell's claims, without their generation."""
    return key.replace("/", "__")


def _remove_up_to(file: Path) -> None:
    """Remove a claim and those of the generations before it, the newest first."""
    stem, generation = file.name.rsplit(".", 1)
    for number in range(int(generation), -1, -1):
        file.with_name(f"{stem}.{number}").unlink(missing_ok=True)


def _is_stale(file: Path, patience: float) -> bool:
    try:
        holder: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False  # released just now; the next look decides
    except (OSError, ValueError):
        holder = {}  # being written: its age decides
    if holder.get("machine") == _machine() and not _lives(holder.get("pid", 0), holder.get("started", "")):
        return True
    try:
        return _now(file.parent) - file.stat().st_mtime > patience
    except OSError:
        return False


def _now(folder: Path) -> float:
    """Return the time by the clock that stamps files in this folder: machines' own clocks differ."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock-") as probe:
        return os.stat(probe.name).st_mtime  # noqa: PTH116 (a path object adds nothing here)


def _me() -> dict[str, Any]:
    return {"machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid())}


def _machine() -> str:
    """Name where process numbers mean the same: a restart or a container counts as another machine."""
    boot = processes = ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        processes = str(Path("/proc/self/ns/pid").readlink())
    return f"{platform.node()} {boot} {processes}"


def _lives(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except OSError:
        return False
    return _started(pid) == started  # else the number was given to another process


def _started(pid: int) -> str:
    """Return when a process was started, in clock ticks since the start of the machine; empty where it cannot be known.

    A process that has ended and not yet been waited for has no start any more.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]
