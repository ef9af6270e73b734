"""A matplotlib figure as inline SVG whose colours are the page's, so that one drawing serves light and dark.

Figures are drawn in marker colours that mean "ink", "grid" or "third series"; in the SVG each is replaced by the CSS
variable of that name. Text stays text: it can be read aloud, found and copied.
"""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
SERIES = ("#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04", "#0a0a05", "#0a0a06")
DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1)), (0, (8, 2)))
# Baselines and the level of chance are grey; their patterns keep them apart from each other.
BASELINE_DASHES = ((0, (5, 1.5)), (0, (6, 1.5, 1.2, 1.5)), (0, (9, 2)), (0, (2.5, 1)))
REFERENCE = {"color": MUTED, "linewidth": 0.9, "linestyle": (0, (1, 2.2))}

VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"} | {
    color: f"--series-{number}" for number, color in enumerate(SERIES, start=1)
}
# A hundredth of a point is finer than any screen; the digits after it double the size of a page.
_DIGITS = re.compile(r"(\.\d\d)\d+")
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "deepbio",  # names in the file depend on its content only
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.titlesize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "path.simplify": True,
}


def new_figure(width: float = 4.2, height: float = 3.4, *, left: float = 0.6) -> Figure:
    """Return an empty figure in inches, without pyplot and its list of open figures.

    The margins are fixed (`left` leaves room for the names of the y axis): finding them takes as long as drawing.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), facecolor="none")
    figure.subplots_adjust(left / width, 0.48 / height, 1 - 0.12 / width, 1 - 0.1 / height, hspace=0.12)
    return figure


def plain_axes(axes: Axes, *, x: str, y: str) -> Axes:
    """Return the axes the page's look: two spines, a faint grid, named axes."""
    axes.set_facecolor("none")
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.tick_params(colors=MUTED, labelcolor=INK, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    return axes


def add_legend(axes: Axes, *, place: Any = "best") -> None:
    """Add a legend in the page's colours where there is more than one line to name."""
    handles, names = axes.get_legend_handles_labels()
    if names:
        # A leading underscore would hide a name, so the names are given with their handles.
        axes.legend(handles, names, loc=place, facecolor=PAPER, edgecolor=GRID, labelcolor=INK, framealpha=0.85)


def to_svg(figure: Figure, *, name: str, alt: str) -> Markup:
    """Return the figure as an `<svg>` element for inside a page.

    Args:
        figure: drawn with the colours of this module.
        name: prefix of every id inside, so that two figures of a page share none.
        alt: what a reader who cannot see it needs to know.
    """
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        FigureCanvasSVG(figure).print_svg(
            buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    found = re.search(r'viewBox="([^"]+)"', svg)
    box = found[1] if found else "0 0 300 250"
    body = svg[svg.index(">") + 1 :]
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", body)
    for color, variable in VARIABLES.items():
        body = body.replace(color, f"var({variable})")
    body = re.sub(r'\b(?:d|x|y)="[^"]*"', lambda found: _DIGITS.sub(r"\1", found[0]), body)
    body = re.sub(r"\n\s*", "\n", body).strip()
    opening = Markup('<svg viewBox="{}" role="img" aria-label="{}">').format(box, alt)
    return opening + Markup(body)
