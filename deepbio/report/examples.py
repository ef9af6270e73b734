"""The best, the median and the worst example: masks over images, and profiles along their windows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from markupsafe import Markup

from deepbio.metrics import jensen_shannon, mean_dice
from deepbio.metrics.arrays import UndefinedMetricWarning
from deepbio.png import png_address, png_bytes
from deepbio.report.drawing import INK, SERIES, new_figure, plain_axes, to_svg
from deepbio.report.result import Result

_SIDE = 288  # pixels of an image in the page, at least
_TRUTH, _PREDICTED = (0, 158, 115), (230, 97, 0)  # distinct to colour-blind readers, on grey


def example_pictures(result: Result, *, name: str) -> list[dict[str, Any]]:
    """Return pictures of the best, the median and the worst example, each with a caption; empty for other tasks.

    Masks are judged by Dice and drawn as outlines over the image; profiles are judged by the Jensen-Shannon distance and drawn over
    the counts. An example without any object, or without counts, is not chosen.

    Args:
        result: Result with its `images` if it is about masks.
        name: Prefix of the ids inside the drawings.
    """
    kind = result.task.kind
    if kind not in ("per_pixel", "profile") or (kind == "per_pixel" and result.images is None):
        return []
    y, p = np.asarray(result.y), np.asarray(result.p)
    measure, title, sign = (mean_dice, "Dice", -1) if kind == "per_pixel" else (jensen_shannon, "distance", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        values = np.array([float(measure(y[i : i + 1], p[i : i + 1])) for i in range(len(y))])
    order = np.argsort(sign * values, kind="stable")
    order = order[np.isfinite(values[order])]
    if not len(order):
        return []
    places = {"best": 0, "median": len(order) // 2, "worst": len(order) - 1}
    found = []
    for number, (which, place) in enumerate(places.items()):
        i = int(order[place])
        example = str(i) if result.ids is None else str(result.ids[i])
        caption = f"{which}: {example}, {title} {values[i]:.3f}"
        if kind == "profile":
            drawing = {"svg": _track(y[i], p[i], name=f"{name}-{number}", alt=f"Counts and prediction, {caption}.")}
        else:
            drawing = {"png": _overlay(np.asarray(result.images)[i], y[i], p[i].argmax(axis=-1))}
        found.append({**drawing, "caption": caption})
    return found


def _track(counts: np.ndarray, predicted: np.ndarray, *, name: str, alt: str) -> Markup:
    """Draw the fraction of counts at each position and the predicted one, all outputs after each other."""
    sides = [side.astype(np.float64).reshape(len(side), -1) for side in (counts, predicted)]
    figure = new_figure(4.2, 1.0 + 1.3 * sides[0].shape[1])
    panels = figure.subplots(sides[0].shape[1], 1, sharex=True, squeeze=False)[:, 0]
    for j, panel in enumerate(panels):
        plain_axes(panel, x="position" if j == len(panels) - 1 else "", y="fraction")
        seen, expected = (side[:, j] / max(side[:, j].sum(), 1e-12) for side in sides)
        panel.fill_between(np.arange(len(seen)), seen, color=INK, alpha=0.25, step="mid", linewidth=0)
        panel.plot(expected, color=SERIES[0], linewidth=1.4)
    return to_svg(figure, name=name, alt=alt)


def _overlay(image: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> str:
    """Return the address of a PNG of an image with the outlines of the true and of the predicted mask."""
    shown = image if image.shape[-1] == 3 else image[..., :1].repeat(3, axis=-1)
    times = max(1, -(-_SIDE // max(shown.shape[:2])))
    large = shown.repeat(times, axis=0).repeat(times, axis=1).astype(np.uint8)
    for mask, color in ((truth, _TRUTH), (predicted, _PREDICTED)):
        large[_outline(mask.repeat(times, axis=0).repeat(times, axis=1))] = color
    return png_address(png_bytes(large, optimize=True))


def _outline(mask: np.ndarray) -> np.ndarray:
    """Return the pixels of a class other than the first that touch another class."""
    edge = np.zeros(mask.shape, bool)
    for axis in (0, 1):
        differs = np.diff(mask, axis=axis) != 0
        before, after = ((slice(None),) * axis + (part,) for part in (slice(None, -1), slice(1, None)))
        edge[before] |= differs
        edge[after] |= differs
    return edge & (mask > 0)
