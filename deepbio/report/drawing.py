"""A matplotlib figure as inline SVG whose colours are the page's, so that one drawing serves light and dark.

Figures are drawn in marker colours that mean "ink", "grid" or "third series"; in the SVG each is replaced by the CSS
variable of that name. Text stays text: it can be read aloud, found and copied.
"""

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, MUTED, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
SERIES = ("#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04", "#0a0a05", "#0a0a06")
DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1)), (0, (8, 2)))
# Baselines and chance are grey; their patterns distinguish them from each other.
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

    The margins are fixed (`left` is the room for the names of the y axis): finding them takes as long as drawing.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), facecolor="none")
    figure.subplots_adjust(left / width, 0.48 / height, 1 - 0.12 / width, 1 - 0.1 / height, hspace=0.12)
    return figure


def plain_axes(axes: Axes, *, x: str, y: str) -> Axes:
    """Style the axes as the page's figures are, with two spines, a faint grid and axis labels, and return them."""
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


def row_axes(names: Sequence[str], *, x: str, width: float = 4.2, row_height: float = 0.32) -> tuple[Figure, Axes]:
    """Return a figure with one labelled row per name. The last name is at the bottom, at position 0."""
    # Letters of 9 points are about 0.075 inches wide; very long names are cut.
    labels = [name if len(name) <= 28 else name[:27] + "…" for name in names]
    figure = new_figure(width, 0.7 + row_height * len(names), left=0.2 + 0.075 * max(map(len, labels)))
    axes = plain_axes(figure.add_subplot(), x=x, y="")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_yticks(range(len(labels)), labels[::-1])
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    return figure, axes


def to_svg(figure: Figure, *, name: str, alt: str) -> Markup:
    """Return the figure as an `<svg>` element for inside a page.

    Args:
        figure: Figure in the colours of this module.
        name: Prefix of every id inside, so that two figures of a page share none.
        alt: Description for readers who cannot see the figure.
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
