"""Checkpoints: everything that a run needs to go on as if it had never stopped, in one file each.

A file is written beside, fsynced and renamed; its name holds the SHA-256 of its bytes, so a torn or changed file is told from
a whole one. Inside is a plain `.npz`: arrays, and one JSON text. No pickle.

    checkpoints/00000123-<sha256>.npz       the number counts the steps of the whole run
"""

from __future__ import annotations

import json
import logging
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.files import sha256_of, writable_folder, write_atomically

log = logging.getLogger("deepbio")

FORMAT = 1
FOLDER = "checkpoints"
_NAME = re.compile(r"(\d{8,})-([0-9a-f]{64})\.npz")
_COST = 20  # an epoch that is over within so many times the time of writing needs no checkpoint of its own


@dataclass(frozen=True)
class State:
    """A run at one moment.

    Args:
        run: what run this is: model, data, settings, seed. A checkpoint serves that run only.
        epoch: epochs that are over.
        losses: of the steps done in the epoch that is not over, float32.
        facts: JSON-able: history, callbacks.
        arrays: name to array: weights, optimizer, dropout counters, best weights.
    """

    run: dict[str, Any]
    epoch: int
    losses: np.ndarray
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(repr=False)


class Checkpoints:
    """The checkpoints of one run: the newest `keep` files in `folder`.

    Args:
        folder: of the run; the files stand in its `checkpoints`.
        keep: how many to keep.
        every_steps: steps between two; `None` for none within an epoch by steps.
        every_minutes: minutes between two; `None` for none by the clock.
    """

    def __init__(
        self, folder: Path, *, keep: int = 2, every_steps: int | None = None, every_minutes: float | None = 5.0
    ) -> None:
        self.folder = folder / FOLDER
        self.every_steps = every_steps
        self._keep = max(keep, 1)
        self._every_seconds = None if every_minutes is None else every_minutes * 60
        self._saved_at = time.monotonic()
        self._took = 0.0

    def due(self, *, steps: int) -> bool:
        """Return whether it is time for a checkpoint, after `steps` steps of an epoch."""
        if self.every_steps is not None and steps % self.every_steps == 0:
            return True
        return self._every_seconds is not None and time.monotonic() - self._saved_at >= self._every_seconds

    def due_at_epoch(self) -> bool:
        """Return whether an epoch's end is worth a checkpoint: always, unless writing took long and the last is fresh."""
        return time.monotonic() - self._saved_at >= _COST * self._took

    def save(self, state: State, *, step: int) -> Path:
        """Write a checkpoint and remove those that are more than `keep`.

        Args:
            step: steps done in the whole run.
        """
        began = time.monotonic()
        writable_folder(self.folder)
        facts = {"format": FORMAT, "run": state.run, "epoch": state.epoch, "facts": state.facts}
        text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        whole = self.folder / "whole.npz"
        with write_atomically(whole) as beside, beside.open("wb") as file:
            content: dict[str, Any] = {**state.arrays, "json": text, "losses": state.losses}
            np.savez(file, **content)
        path = self.folder / f"{step:08d}-{sha256_of(whole)}.npz"
        whole.replace(path)
        for old in self.files()[self._keep :]:
            old.unlink(missing_ok=True)
        for left in self.folder.glob(".writing-*"):  # of a process that was killed while it wrote
            left.unlink(missing_ok=True)
        self._saved_at = time.monotonic()
        self._took = self._saved_at - began
        return path

    def files(self) -> list[Path]:
        """Return the checkpoints that are there, newest first."""
        found = [p for p in self.folder.glob("*.npz") if _NAME.fullmatch(p.name)] if self.folder.is_dir() else []
        return sorted(found, key=lambda p: (int(p.name.split("-")[0]), p.stat().st_mtime_ns), reverse=True)

    def latest(self) -> State | None:
        """Read the newest whole checkpoint; those that are torn or changed are passed over with a warning."""
        for path in self.files():
            try:
                return _read(path)
            except (OSError, ValueError, KeyError, EOFError) as error:
                log.warning("%s is damaged (%s); trying the one before.", path, error)
        return None

    def remove(self) -> None:
        """Remove all checkpoints, once a run is finished or starts again."""
        for path in [*self.files(), self.folder / "whole.npz", *self.folder.glob(".writing-*")]:
            path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def _read(path: Path) -> State:
    match = _NAME.fullmatch(path.name)
    if match is None or sha256_of(path) != match[2]:
        raise ValueError("its bytes differ from the SHA-256 in its name")
    with np.load(path, allow_pickle=False) as content:
        arrays = {name: content[name] for name in content.files}
    facts = json.loads(arrays.pop("json").tobytes())
    if facts["format"] != FORMAT:
        raise ValueError(f"it has format {facts['format']}; this deepbio reads {FORMAT}")
    return State(facts["run"], facts["epoch"], arrays.pop("losses"), facts["facts"], arrays)
