"""A leaderboard as one self-contained HTML page with figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from deepbio.report.drawing import INK, MUTED, SERIES, row_axes, to_svg
from deepbio.report.html import templates
from deepbio.report.leaderboard import LEGEND, Leaderboard, LeaderboardTable, LeaderboardValue


@dataclass(frozen=True)
class _Section:
    """One table, ready for the template."""

    anchor: str
    table: LeaderboardTable
    columns: list[tuple[str, str]]
    cost_names: list[str]
    rows: list[dict[str, Any]]
    picture: Markup


def as_html(found: Leaderboard) -> str:
    """Return a leaderboard as one HTML page without outside requests: light and dark, wide and narrow."""
    sections = [_section(table, f"b{number}") for number, table in enumerate(found.tables, start=1)]
    legend = LEGEND.replace("`*`", "★").replace("`=`", "=")
    return templates().get_template("leaderboard.html").render(found=found, sections=sections, legend=legend)


def _section(table: LeaderboardTable, anchor: str) -> _Section:
    name, costs = table.metrics[0], table.costs()
    alt = f"{table.title(name)}. " + "; ".join(
        f"{row.name}: {row.values[name].estimate}" for row in table.rows if name in row.values
    )
    figure = draw_table(table)
    rows = [
        {
            "name": row.name,
            "kind": "" if row.kind == "model" else row.kind,
            "values": [_value(row.values.get(name)) for name in table.metrics],
            "costs": [text(row) for _, text in costs],
        }
        for row in table.rows
    ]
    return _Section(
        anchor=anchor,
        table=table,
        columns=[(table.title(name)[:-2], table.title(name)[-1]) for name in table.metrics],
        cost_names=[title for title, _ in costs],
        rows=rows,
        picture=Markup() if figure is None else to_svg(figure, name=anchor, alt=alt),
    )


def _value(found: LeaderboardValue | None) -> dict[str, str]:
    if found is None:
        return {"value": "", "interval": "", "mark": ""}
    value, _, interval = str(found.estimate).partition(" ")
    interval += "" if found.seed_std is None else f" ±{found.seed_std:.3f}"
    return {"value": value, "interval": interval.strip(), "mark": found.mark}


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
