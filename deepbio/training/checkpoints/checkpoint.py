"""Checkpoints: everything that a run needs to continue as if it had never stopped, one file per moment.

A file is written under a temporary name, fsynced and renamed. Its name contains the SHA-256 of its bytes, so a torn or changed
file is recognised. It is a plain `.npz` of arrays and one JSON text, without pickle.

    checkpoints/00000123-<sha256>.npz       the number counts the steps of the whole run
"""

import contextlib
import json
import logging
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from deepbio.documents import OpenPart, Part, check_content
from deepbio.errors import TrainingError
from deepbio.files import sha256_of, writable_folder, write_atomically
from deepbio.limits import check_archive

log = logging.getLogger("deepbio")

CHECKPOINT_FORMAT = 1
FOLDER = "checkpoints"
_NAME = re.compile(r"(\d{8,})-([0-9a-f]{64})\.npz")
_COST = 20  # an epoch that takes less than so many times the time of writing needs no checkpoint of its own


class TrainerFacts(OpenPart):
    """State of the trainer and its callbacks."""

    callbacks: dict[str, dict[str, Any]]
    stop: bool
    seconds: float
    replicas: int


class CheckpointFacts(Part):
    """The JSON text of a checkpoint."""

    format: int
    run: dict[str, Any]
    epoch: Annotated[int, Field(ge=0, le=2**40)]
    facts: dict[str, Any]


@dataclass(frozen=True)
class State:
    """A run at one moment.

    Args:
        run: Identity of the run (model, data, settings, seed). A checkpoint serves that run only.
        epoch: Number of completed epochs.
        losses: Losses of the steps done in the current epoch, float32.
        facts: JSON-able state: history, callbacks, seconds.
        arrays: Arrays by name: weights, optimizer, dropout counters, best weights.
    """

    run: dict[str, Any]
    epoch: int
    losses: np.ndarray
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(repr=False)


class Checkpoints:
    """The newest checkpoints of one run.

    Args:
        folder: Folder of the run; the files are in its subfolder `checkpoints`.
        keep: Number of files to keep.
        every_steps: Number of steps between two within an epoch; `None` for none by steps.
        every_minutes: Minutes between two within an epoch; `None` for none by the clock.
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
        """Return whether a checkpoint is due after `steps` steps of an epoch."""
        if self.every_steps is not None and steps % self.every_steps == 0:
            return True
        return self._every_seconds is not None and time.monotonic() - self._saved_at >= self._every_seconds

    def due_at_epoch(self) -> bool:
        """Return whether a checkpoint is due at an epoch's end: always, unless writing takes long and the last one is fresh."""
        return time.monotonic() - self._saved_at >= _COST * self._took

    def save(self, state: State, *, step: int) -> Path:
        """Write a checkpoint, remove all but the newest `keep`, and return its path.

        Args:
            state: State to write.
            step: Number of steps done in the whole run.
        """
        began = time.monotonic()
        writable_folder(self.folder)
        facts = {"format": CHECKPOINT_FORMAT, "run": state.run, "epoch": state.epoch, "facts": state.facts}
        text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        whole = self.folder / "whole.npz"
        with write_atomically(whole) as temporary, temporary.open("wb") as file:
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
        """Return the paths of the checkpoints, newest first; one that a running process removes meanwhile is left out."""
        found = []
        for path in self.folder.glob("*.npz"):
            if match := _NAME.fullmatch(path.name):
                with contextlib.suppress(FileNotFoundError):
                    found.append((int(match[1]), path.stat().st_mtime_ns, path))
        return [path for _, _, path in sorted(found, reverse=True)]

    def latest(self) -> State | None:
        """Read the newest checkpoint that is not damaged; damaged ones are skipped with a warning.

        Raises:
            TrainingError: Another version of deepbio wrote it in another format.
        """
        for path in self.files():
            try:
                return _read(path)
            except TrainingError:
                raise
            except Exception as error:  # NumPy and zipfile raise many classes
                log.warning("%s is damaged (%s); trying the one before.", path, error)
        return None

    def remove(self) -> None:
        """Remove all checkpoints."""
        for path in [*self.files(), self.folder / "whole.npz", *self.folder.glob(".writing-*")]:
            path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def _read(path: Path) -> State:
    match = _NAME.fullmatch(path.name)
    if match is None or sha256_of(path) != match[2]:
        raise ValueError("its bytes differ from the SHA-256 in its name")
    check_archive(path)
    with np.load(path, allow_pickle=False) as content:
        arrays = {name: np.asarray(content[name]) for name in content.files}
    text = arrays.pop("json").tobytes()
    # the history of a run may contain NaN, which JSON has not
    facts = json.loads(text)
    check_content(facts, CheckpointFacts, str(path))
    if arrays["losses"].ndim != 1 or arrays["losses"].dtype.kind != "f":
        raise ValueError("its losses are no list of numbers")
    if facts["format"] != CHECKPOINT_FORMAT:
        older = facts["format"] < CHECKPOINT_FORMAT
        writer, advice = ("an older", "Finish the run with it") if older else ("a newer", "Upgrade deepbio")
        raise TrainingError(
            f"{path} was written by {writer} deepbio in checkpoint format {facts['format']}; this one reads {CHECKPOINT_FORMAT}. "
            f"{advice}, or pass overwrite=True (--overwrite) to start again."
        )
    return State(facts["run"], facts["epoch"], arrays.pop("losses"), facts["facts"], arrays)
