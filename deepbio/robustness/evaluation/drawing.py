"""Pictures of attacks: an image beside its adversarial example, security curves, and sequences with their substitutions in red."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.interpret.drawing import new_figure
from deepbio.robustness.attacks.adversarial import Adversarial
from deepbio.robustness.edits.dna import DnaAdversarial
from deepbio.robustness.evaluation.curve import SecurityCurve
from deepbio.sequence import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

_CHANGED = "#c62828"
_PER_LINE = 60


def draw_adversarial(found: Adversarial, i: int, labels: Sequence[str]) -> Figure:
    """Draw one image, its perturbation scaled to the full range, and its adversarial example, as bytes.

    Args:
        found: Result of an attack.
        i: Index of the example.
        labels: Names of the classes.
    """
    figure, axes = new_figure(1, width=7.2, height=2.7, columns=3)
    original, moved = found.images[i], found.pixels[i]
    delta = moved.astype(float) - original
    largest = np.abs(delta).max() or 1.0
    pictures = (original, np.rint(127.5 + 127.5 * delta / largest).astype(np.uint8), moved)
    titles = (
        f"image: {labels[found.clean[i]]}",
        f"perturbation, scaled ({largest:.0f} grey values)",
        f"adversarial: {labels[found.predicted_as_bytes[i]]}",
    )
    for axis, picture, title in zip(axes, pictures, titles, strict=True):
        axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
        axis.set_title(title, fontsize=8)
        axis.set_axis_off()
    return figure


def draw_curve(curves: Sequence[tuple[str, SecurityCurve]]) -> Figure:
    """Draw robust accuracy over epsilon with its 95% intervals, one line per name."""
    figure, axes = new_figure(1, width=6.0, height=3.2)
    axis = axes[0]
    for name, curve in curves:
        values = np.array([[one.value, one.low, one.high] for one in curve.as_floats])
        (line,) = axis.plot(curve.epsilons, values[:, 0], marker="o", markersize=3, label=name)
        axis.fill_between(curve.epsilons, values[:, 1], values[:, 2], color=line.get_color(), alpha=0.15, linewidth=0)
    axis.set_xlabel(f"epsilon ({curves[0][1].norm}, fraction of the range of pixels)")
    axis.set_ylabel("accuracy under attack")
    axis.set_ylim(0, 1)
    axis.legend(fontsize=7, frameon=False)
    return figure


def draw_substitutions(found: DnaAdversarial, i: int) -> Figure:
    """Draw one sequence in lines of 60 bases, with the changed bases in red below the original ones."""
    codes, moved = found.codes[i], found.x[i]
    lines = -(-len(codes) // _PER_LINE)
    figure, axes = new_figure(1, width=9.0, height=0.3 + 0.42 * lines)
    axis = axes[0]
    before, after = str(decode(codes)), str(decode(moved))
    font: dict[str, Any] = {"family": "monospace", "fontsize": 9, "ha": "center", "va": "center"}
    for k, (old, new) in enumerate(zip(before, after, strict=True)):
        line, column = divmod(k, _PER_LINE)
        axis.text(column, -line, old, color="#59616b", **font)
        if old != new:
            axis.text(column, -line - 0.42, new, color=_CHANGED, weight="bold", **font)
    for line in range(lines):
        axis.text(-2, -line, str(line * _PER_LINE), color="#59616b", fontsize=7, ha="right", va="center")
    axis.set_xlim(-4, _PER_LINE)
    axis.set_ylim(-lines + 0.2, 0.6)
    axis.set_axis_off()
    return figure
