"""Pictures of the data report, embedded in the page: examples, copies side by side, bases by position, histograms."""

from __future__ import annotations

import base64
import io
import itertools

import numpy as np
from markupsafe import Markup

from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split

COLOURS = ("#4477aa", "#cc6677", "#228833", "#aa8800", "#66ccee", "#aa3377", "#777777")
_WIDTH, _HEIGHT, _BINS = 560, 110, 40


def example_strip(data: Dataset, label: int, *, max_images: int = 12) -> Markup:
    """Return the first training images of one class as one picture, or an empty string if the class has none."""
    chosen = np.flatnonzero(np.asarray(data.train.y) == label)[:max_images]
    if not len(chosen):
        return Markup()
    strip = np.concatenate(list(np.asarray(data.train.x[chosen])), axis=1)
    return Markup("<p>{}<br>{}</p>").format(data.labels[label], picture(strip, data.labels[label]))


def mean_image(data: Dataset, label: int, *, max_images: int = 1000) -> Markup:
    """Return the mean of the first training images of one class, which shows marks at the same position of all."""
    chosen = np.flatnonzero(np.asarray(data.train.y) == label)[:max_images]
    if not len(chosen):
        return Markup()
    mean = np.asarray(data.train.x[chosen]).mean(axis=0).round().astype(np.uint8)
    name = data.labels[label]
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(picture(mean, f"mean of {name}"), name)


def copies(data: Dataset, one: str, id: str, other: str, copy: str) -> Markup:
    """Return an image and its copy in another split side by side."""
    splits = dict(data.splits())
    pair = [_image(splits[part], name) for part, name in ((one, id), (other, copy))]
    if any(image is None for image in pair):
        return Markup()
    gap = np.full((len(pair[0]), 1, pair[0].shape[-1]), 255, np.uint8)  # type: ignore[index]
    return picture(np.concatenate([pair[0], gap, pair[1]], axis=1), f"{id} and {copy}")  # type: ignore[list-item]


def base_map(codes: np.ndarray, name: str) -> Markup:
    """Return the fraction of A, C, G and T (rows) at each position of codes `(n, length)`, dark for frequent bases."""
    fractions = np.stack([(codes == base).mean(axis=0) for base in range(4)])
    tall = np.repeat((255 * (1 - fractions)).astype(np.uint8), 6, axis=0)
    wide = max(1, 480 // codes.shape[1])
    return picture(np.repeat(tall, wide, axis=1)[..., None], f"bases of {name} by position", height=24)


def histogram(values: dict[str, np.ndarray], *, unit: str) -> Markup:
    """Draw the distribution of a number in several groups as steps. Return an empty string if all values are equal."""
    whole = np.concatenate([group for group in values.values() if len(group)] or [np.zeros(1)])
    low, high = float(whole.min()), float(whole.max())
    if low == high:
        return Markup()
    whole_numbers = np.array_equal(whole, np.round(whole)) and high - low < _BINS
    edges = np.arange(low - 0.5, high + 1) if whole_numbers else np.linspace(low, high, _BINS + 1)
    fractions = {name: np.histogram(group, edges)[0] / max(1, len(group)) for name, group in values.items()}
    top = max(fraction.max() for fraction in fractions.values()) or 1.0
    x = (edges - edges[0]) / (edges[-1] - edges[0]) * _WIDTH
    lines, legend = Markup(), []
    for colour, (name, fraction) in zip(itertools.cycle(COLOURS), fractions.items(), strict=False):
        y = _HEIGHT * (1 - fraction / top)
        steps = " ".join(f"{a:.1f},{h:.1f} {b:.1f},{h:.1f}" for a, b, h in zip(x, x[1:], y, strict=False))
        lines += Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5"/>').format(steps, colour)
        legend.append(Markup('<span style="color:{}">&#9632;</span> {}').format(colour, name))
    return Markup(
        f'<svg role="img" aria-label="{{unit}} by group" viewBox="-2 -4 {_WIDTH + 4} {_HEIGHT + 24}" width="{_WIDTH}">'
        f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT}" y2="{_HEIGHT}" stroke="currentColor"/>{{lines}}'
        f'<text y="{_HEIGHT + 16}">{low:.4g}</text><text x="{_WIDTH}" y="{_HEIGHT + 16}" text-anchor="end">{high:.4g} {{unit}}'
        "</text></svg><p>{legend}</p>"
    ).format(unit=unit, lines=lines, legend=Markup("&emsp;").join(legend))


def picture(pixels: np.ndarray, name: str, *, height: int = 64) -> Markup:
    """Return uint8 pixels `(height, width, 1 or 3)` as an embedded PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, format="PNG")
    packed = base64.b64encode(file.getvalue()).decode()
    return Markup('<img alt="{}" height="{}" src="data:image/png;base64,{}">').format(name, height, packed)


def _image(split: Split, name: str) -> np.ndarray | None:
    found = np.flatnonzero(np.asarray(split.names(np.arange(len(split)))) == name)[:1]
    return np.asarray(split.x[found])[0] if len(found) else None
