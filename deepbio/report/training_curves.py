"""Loss and validation metrics of each epoch."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepbio.report.drawing import GRID, INK, PAPER, SERIES, new_figure, plain_axes
from deepbio.report.group import Entry, better, title_of

# Columns of a history that are not drawn: they say how it ran, not how well it learned.
_ASIDE = ("seconds", "learning_rate", "lr", "epoch")


def validation_metrics(entry: Entry) -> list[str]:
    """Return the names in the history that are metrics of the validation split."""
    history = entry.result.history or {}
    return [name for name in history if name.startswith("val_") and name != "val_loss" and name not in _ASIDE]


def draw_training(entry: Entry) -> Figure | None:
    """Draw the loss and, below it, two validation metrics by epoch. Returns `None` without a history."""
    history = entry.result.history or {}
    losses = [name for name in ("loss", "val_loss") if len(history.get(name, ()))]
    if not losses:
        return None
    names = validation_metrics(entry)[:2]
    figure = new_figure(4.2, 2.1 + 1.4 * len(names))
    panels = figure.subplots(1 + len(names), 1, sharex=True, squeeze=False)[:, 0]
    for name, color, dashes in zip(losses, (SERIES[0], SERIES[1]), ("-", (0, (5, 1.5))), strict=False):
        _line(panels[0], history[name], color, dashes, {"loss": "training", "val_loss": "validation"}[name])
    plain_axes(panels[0], x="", y="loss")
    panels[0].legend(facecolor=PAPER, edgecolor=GRID, labelcolor=INK, framealpha=0.85)
    for panel, name in zip(panels[1:], names, strict=True):
        plain_axes(panel, x="", y=title_of(name.removeprefix("val_")))
        _line(panel, history[name], SERIES[1], (0, (5, 1.5)), "validation")
        epoch, value = best_epoch(name, history[name])
        panel.plot([epoch], [value], "o", color=INK, markersize=4)
    panels[-1].set_xlabel("epoch", color=INK)
    panels[-1].set_xlim(0.5, max(map(len, (history[name] for name in losses))) + 0.5)
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def best_epoch(name: str, values) -> tuple[int, float]:
    """Return the epoch (from 1) with the best value of a validation metric, and that value.

    Example:
        >>> best_epoch("val_auroc", [0.7, 0.9, 0.8])
        (2, 0.9)
    """
    numbers = np.asarray(values, dtype=np.float64)
    if np.isnan(numbers).all():
        return 1, float("nan")
    index = int(np.nanargmax(numbers) if better(name.removeprefix("val_")) == "max" else np.nanargmin(numbers))
    return index + 1, float(numbers[index])


def _line(axes, values, color, dashes, label) -> None:
    axes.plot(
        np.arange(1, len(values) + 1), values, color=color, linestyle=dashes, linewidth=1.6, label=label,
        marker="o" if len(values) == 1 else None,
    )  # fmt: skip
