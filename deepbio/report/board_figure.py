"""A board's first metric as a drawing: interval, mean and each seed of every row."""

from __future__ import annotations

import math

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepbio.report.board import Board
from deepbio.report.drawing import INK, MUTED, SERIES, new_figure, plain_axes


def draw_board(board: Board) -> Figure | None:
    """Draw the rows from the best at the top: a line for the interval, a dot for the mean, a tick for each seed.

    Models have the first colour, baselines are grey, published numbers are open diamonds. None where nothing is known.
    """
    name = board.metrics[0]
    rows = [row for row in board.rows if name in row.scores and not math.isnan(row.scores[name].estimate.value)]
    if not rows:
        return None
    names = [row.name if len(row.name) <= 28 else row.name[:27] + "…" for row in rows]
    figure = new_figure(4.6, 0.7 + 0.3 * len(rows), left=0.2 + 0.075 * max(map(len, names)))
    axes = plain_axes(figure.add_subplot(), x=board.title(name)[:-2], y="")
    for place, row in enumerate(reversed(rows)):
        score, color = row.scores[name], SERIES[0] if row.kind == "model" else MUTED
        found = score.estimate
        if row.kind in ("published", "limit"):
            axes.plot([found.value], [place], "D", color=INK, markersize=5, fillstyle="none")
            continue
        if not math.isnan(found.low):
            axes.plot([found.low, found.high], [place, place], color=color, linewidth=2.5, solid_capstyle="round")
        axes.plot([found.value], [place], "o", color=color, markersize=6)
        axes.plot(score.by_seed, [place + 0.26] * len(score.by_seed), "|", color=INK, markersize=5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_yticks(range(len(rows)), names[::-1])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    return figure
