"""Logs of a run: a progress bar or lines on standard error, and history files in a folder.

MLflow and Weights & Biases come as Keras callbacks of their own: pass them to `fit(callbacks=[...])`.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf

from deepbio.files import writable_folder, write_atomically


class Progress:
    """Show epochs as they go, on standard error: a bar on a terminal, one plain line per epoch elsewhere.

    Args:
        epochs: Maximum number of epochs.
        steps: Number of steps per epoch.
        examples: Number of examples per epoch; `None` if it is not known.
        verbose: Whether to show anything; `"auto"` does if standard error is a terminal.
    """

    def __init__(self, epochs: int, steps: int, examples: int | None, *, verbose: bool | str = "auto") -> None:
        from rich.console import Console

        self._epochs, self._steps, self._examples = epochs, steps, examples
        self._console = Console(stderr=True)
        self._lines = verbose is True or (verbose == "auto" and sys.stderr.isatty())
        self._bar: Any = None
        self._task: Any = None
        self._start, self._done_before = time.perf_counter(), 0

    def __enter__(self) -> Progress:
        if self._lines and self._console.is_terminal:
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            name, figures = TextColumn("{task.description}"), TextColumn("{task.fields[figures]}")
            self._bar = Bar(name, BarColumn(), figures, TimeRemainingColumn(), console=self._console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("training", total=self._epochs * self._steps, figures="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def start_epoch(self, *, done: int = 0) -> None:
        """Start the clock of an epoch of which `done` steps were done before."""
        self._start, self._done_before = time.perf_counter(), done

    def step(self, epoch: int, done: int, loss: float, *, waited: float = 0.0) -> None:
        """Update the bar: `done` steps of the epoch (from 0), the mean loss so far, seconds in which steps waited for data."""
        if self._bar is not None:
            figures = f"step {done}/{self._steps}  loss {loss:.4f}  {self._speed(done, waited)}"
            description = f"epoch {epoch + 1}/{self._epochs}"
            self._bar.update(self._task, completed=epoch * self._steps + done, description=description, figures=figures)

    def end_epoch(self, epoch: int, logs: dict[str, float], *, waited: float = 0.0) -> None:
        """Print the figures of an epoch as a line."""
        if not self._lines:
            return
        seconds = time.perf_counter() - self._start
        figures = "  ".join(f"{name} {value:.4f}" for name, value in logs.items() if name != "learning_rate")
        left = _clock(seconds * (self._epochs - epoch - 1))
        line = f"epoch {epoch + 1:>3}/{self._epochs}  {figures}  {self._speed(self._steps, waited)}  {seconds:.1f} s  {left} left"
        (self._bar.console if self._bar is not None else self._console).print(line, highlight=False, soft_wrap=True)

    def _speed(self, done: int, waited: float) -> str:
        seconds = max(time.perf_counter() - self._start, 1e-9)
        rate = (done - self._done_before) / seconds
        speed = (
            f"{rate:,.1f} steps/s"
            if self._examples is None
            else f"{rate * self._examples / self._steps:,.0f} examples/s"
        )
        return f"{speed}  data wait {min(waited / seconds, 1):.0%}"


class HistoryLog(keras.callbacks.Callback):
    """Write the figures of every epoch to `history.jsonl`, `history.csv` and TensorBoard's event file.

    The first two files are complete at any moment.

    Args:
        folder: Folder of the files; created if it does not exist.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self._folder = writable_folder(folder)
        self._writer: Any = None

    def get_state(self) -> dict[str, Any]:
        """Return the rows so far, for a checkpoint."""
        return {"rows": self.rows}

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue after the rows of a checkpoint; later rows, of a run that was cut off, are dropped."""
        self.rows = state["rows"]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the row of one epoch."""
        figures = {name: float(value) for name, value in (logs or {}).items()}
        self.rows = [*self.rows, {"epoch": epoch + 1, **figures}]
        lines = "".join(json.dumps(row) + "\n" for row in self.rows)
        for name, text in (("history.jsonl", lines), ("history.csv", as_csv(self.rows))):
            with write_atomically(self._folder / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(os.fspath(self._folder))
        with self._writer.as_default():
            for name, value in figures.items():
                _write_scalar(name, value, step=epoch + 1)
        self._writer.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Close the event file."""
        if self._writer is not None:
            self._writer.close()


def as_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Return rows as CSV text with one column per name, in the order of their first occurrence."""
    text, rows = io.StringIO(), list(rows)
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write_scalar(name: str, value: float, *, step: int) -> None:
    # what tf.summary.scalar writes; that function needs the package tensorboard, which is for looking, not for writing
    from tensorflow.core.framework.summary_pb2 import SummaryMetadata

    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    tf.summary.write(name, tf.constant(value, tf.float32), step=step, metadata=metadata)


def _clock(seconds: float) -> str:
    """Return seconds as h:mm:ss.

    Example:
        >>> _clock(3725)
        '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
