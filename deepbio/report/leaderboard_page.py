"""A leaderboard as one self-contained HTML page with figures."""

import math

from matplotlib.figure import Figure

from deepbio.report.drawing import INK, MUTED, SERIES, row_axes, to_svg
from deepbio.report.html import templates
from deepbio.report.leaderboard import LEGEND, Leaderboard, LeaderboardTable


def as_html(found: Leaderboard) -> str:
    """Return a leaderboard as one HTML page without outside requests: light and dark, wide and narrow."""
    sections = []
    for number, table in enumerate(found.tables, start=1):
        name, figure = table.metrics[0], draw_table(table)
        values = [f"{row.name}: {row.values[name].estimate}" for row in table.rows if name in row.values]
        alt = f"{table.title(name)}. {'; '.join(values)}"
        sections.append((f"b{number}", table, figure and to_svg(figure, name=f"b{number}", alt=alt)))
    legend = LEGEND.replace("`*`", "★").replace("`=`", "=")
    return templates().get_template("leaderboard.html").render(found=found, sections=sections, legend=legend)


def draw_table(table: LeaderboardTable) -> Figure | None:
    """Draw the first metric, best at the top: a line for the interval, a dot for the mean, a tick for each seed.

    Models have the first colour, baselines are grey, published numbers are open diamonds. Returns `None` if no row has a
    value.
    """
    name = table.metrics[0]
    rows = [row for row in table.rows if name in row.values and not math.isnan(row.values[name].estimate.value)]
    if not rows:
        return None
    figure, axes = row_axes([row.name for row in rows], x=table.title(name)[:-2], width=4.6, row_height=0.3)
    for position, row in enumerate(reversed(rows)):
        value, color = row.values[name], SERIES[0] if row.kind == "model" else MUTED
        found = value.estimate
        if row.is_external:
            axes.plot([found.value], [position], "D", color=INK, markersize=5, fillstyle="none")
            continue
        if not math.isnan(found.low):
            axes.plot([found.low, found.high], [position] * 2, color=color, linewidth=2.5, solid_capstyle="round")
        axes.plot([found.value], [position], "o", color=color, markersize=6)
        axes.plot(value.by_seed, [position + 0.26] * len(value.by_seed), "|", color=INK, markersize=5)
    return figure
