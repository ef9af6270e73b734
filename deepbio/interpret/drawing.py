"""Pictures of explanations: logos with annotation boxes, heat maps of mutagenesis, overlays of images, as matplotlib figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath, write_atomically
from deepbio.optional import require
from deepbio.png import png_address

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours: distinguishable with any colour vision
BASE_COLORS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"}


def draw_logo(
    values: np.ndarray,
    axes: Axes,
    *,
    first: int = 0,
    boxes: Sequence[tuple[int, int, str]] = (),
    y: str = "attribution",
) -> Axes:
    """Draw attributions as letters whose height is their value, with named boxes.

    Args:
        values: Attributions `(length, 4)` of the present bases, or hypothetical ones.
        axes: Axes to draw on.
        first: Position of the first base on the x axis.
        boxes: Start, end (exclusive) and name of each box, on the x axis.
        y: Label of the y axis.

    Returns:
        The axes.

    Raises:
        OptionalDependencyError: logomaker is not installed (extra `interpret`).
    """
    import pandas as pd

    logomaker = require("logomaker", extra="interpret", purpose="Drawing logos")
    table = pd.DataFrame(np.asarray(values, float), columns=list("ACGT"), index=np.arange(first, first + len(values)))
    if np.any(values):
        logomaker.Logo(table, ax=axes, color_scheme=BASE_COLORS, show_spines=False)
    else:  # logomaker warns of an axis without height
        axes.spines[:].set_visible(False)
        axes.set_ylim(-1, 1)
    axes.axhline(0, color="#59616b", linewidth=0.6)
    axes.set_ylabel(y)
    axes.set_xlim(first - 0.5, first + len(values) - 0.5)
    low, high = axes.get_ylim()
    room = 0.12 * (high - low)
    ends: list[float] = []  # of the last box on each level, so that names do not cover each other
    span = len(values)
    for start, end, name in sorted(boxes):
        width = max(end - start, len(name) * span / 110)
        level = next((k for k, used in enumerate(ends) if used <= start), len(ends))
        ends[level : level + 1] = [start + width + span / 200]
        height = high + room * (level + 0.4)
        axes.plot([start - 0.4, end - 0.6], [height, height], color="#1b1f24", linewidth=2.2, solid_capstyle="butt")
        axes.text(start - 0.4, height + room * 0.12, name, fontsize=7, va="bottom", ha="left", color="#1b1f24")
    if ends:
        axes.set_ylim(low, high + room * (len(ends) + 0.6))
    return axes


def draw_mutagenesis(values: np.ndarray, axes: Axes, *, first: int = 0) -> Any:
    """Draw the effect of each substitution as a heat map, blue for losses and red for gains; return the image for a colour bar.

    Args:
        values: Change of the output for each base, `(length, 4)`.
        axes: Axes to draw on.
        first: Position of the first base on the x axis.
    """
    largest = float(np.abs(values).max()) or 1.0
    extent = (first - 0.5, first + len(values) - 0.5, 3.5, -0.5)
    image = axes.imshow(
        np.asarray(values).T,
        aspect="auto",
        cmap="RdBu_r",
        vmin=-largest,
        vmax=largest,
        extent=extent,
        interpolation="nearest",
    )
    axes.set_yticks(range(4), list("ACGT"))
    return image


def draw_overlay(image: np.ndarray, values: np.ndarray, axes: Axes) -> Axes:
    """Draw an image in grey with its attribution over it, stronger where it is larger.

    Args:
        image: Pixels `(height, width, channels)`.
        values: Attribution `(height, width)`; negative values are drawn in blue.
        axes: Axes to draw on.

    Returns:
        The axes.
    """
    grey = np.asarray(image, float).mean(axis=-1)
    largest = float(np.abs(values).max()) or 1.0
    scaled = np.asarray(values, float) / largest
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255)
    axes.imshow(scaled, cmap="RdBu_r", vmin=-1, vmax=1, alpha=np.clip(np.abs(scaled), 0, 1) * 0.65)
    axes.set_axis_off()
    return axes


def new_figure(rows: int = 1, *, width: float = 9.0, height: float = 1.7, columns: int = 1) -> tuple[Figure, list[Any]]:
    """Return a figure without pyplot, and its axes from top to bottom."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height * rows), facecolor="white", layout="constrained")
    axes = [figure.add_subplot(rows, columns, k + 1) for k in range(rows * columns)]
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.tick_params(labelsize=7)
        one.yaxis.label.set_fontsize(8)
        one.xaxis.label.set_fontsize(8)
    return figure, axes


def save_figure(figure: Figure, path: FilePath) -> None:
    """Write a figure as PNG or SVG by the ending of its path, whole or not at all."""
    from pathlib import Path

    target = Path(path)
    if target.suffix.lower() not in (".png", ".svg"):
        raise DataError(f"Expected a path that ends in .png or .svg; received {target.name}.")
    with write_atomically(target) as beside:
        figure.savefig(beside, format=target.suffix[1:].lower(), dpi=150)


def as_png(figure: Figure) -> str:
    """Return a figure as a `data:` address of a PNG for inside a page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return png_address(buffer.getvalue())
