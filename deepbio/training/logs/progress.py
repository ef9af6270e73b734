"""What a user sees while a model trains: a bar on a terminal, one plain line an epoch elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any


class Progress:
    """Shows epochs as they go, on standard error.

    Args:
        epochs: how many there will be at most.
        steps: in one epoch.
        examples: in one epoch.
        verbose: `False` shows nothing; `True` shows; `"auto"` shows where standard error is a terminal.
    """

    def __init__(self, *, epochs: int, steps: int, examples: int, verbose: bool | str = "auto") -> None:
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

            self._bar = Bar(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"), TimeRemainingColumn(),
                console=self._console, transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("training", total=self._epochs * self._steps, figures="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def start_epoch(self, *, done: int = 0) -> None:
        """Start the clock of one epoch, of which `done` steps were done before."""
        self._start, self._done_before = time.perf_counter(), done

    def step(self, epoch: int, done: int, loss: float, *, waited: float = 0.0) -> None:
        """Show that `done` steps of an epoch are done.

        Args:
            loss: mean over the epoch so far.
            waited: seconds in which steps waited for data.
        """
        if self._bar is None:
            return
        self._bar.update(
            self._task,
            completed=epoch * self._steps + done,
            description=f"epoch {epoch + 1}/{self._epochs}",
            figures=f"step {done}/{self._steps}  loss {loss:.4f}  {self._pace(done, waited)}",
        )

    def end_epoch(self, epoch: int, logs: dict[str, float], *, waited: float = 0.0) -> None:
        """Show the figures of one epoch as a line."""
        if not self._lines:
            return
        seconds = time.perf_counter() - self._start
        figures = "  ".join(f"{name} {value:.4f}" for name, value in logs.items() if name != "learning_rate")
        left = _clock(seconds * (self._epochs - epoch - 1))
        line = f"epoch {epoch + 1:>3}/{self._epochs}  {figures}  {self._pace(self._steps, waited)}  {seconds:.1f} s  {left} left"
        (self._bar.console if self._bar is not None else self._console).print(line, highlight=False, soft_wrap=True)

    def _pace(self, done: int, waited: float) -> str:
        seconds = max(time.perf_counter() - self._start, 1e-9)
        rate = (done - self._done_before) * self._examples / self._steps / seconds
        return f"{rate:,.0f} examples/s  data wait {min(waited / seconds, 1):.0%}"


def _clock(seconds: float) -> str:
    """Write seconds as h:mm:ss.

    Example:
        >>> _clock(3725)
        '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
