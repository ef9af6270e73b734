"""The data report as one self-contained HTML page, with pictures: examples, copies, bases by position, histograms."""

import itertools
from typing import Any

import numpy as np
from markupsafe import Markup

from deepbio.datasets.check.findings import DataReport, lengths_of
from deepbio.datasets.dataset import Dataset
from deepbio.png import png_address, png_bytes
from deepbio.sequence import gc_content

COLOURS = ("#4477aa", "#cc6677", "#228833", "#aa8800", "#66ccee", "#aa3377", "#777777")
_MAX_ROWS, _MAX_PAIRS, _MAX_SEQUENCES = 40, 24, 20_000
_WIDTH, _HEIGHT, _BINS = 560, 110, 40


def report_page(report: DataReport, data: Dataset) -> str:
    """Return the page: problems, classes, examples, lengths, GC content, bases by position, and leakage with its copies.

    Image data sets show examples and the mean of each class. Notes and sequences are not shown.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.loader = PackageLoader("deepbio.datasets.check", ".")
    environment.filters["short"] = lambda value: f"{value:,.4g}" if isinstance(value, float) else value
    images = report.modality == "image"
    shown = range(min(len(data.labels), _MAX_ROWS)) if images and data.task.is_classification else ()
    shared = {kind: getattr(report.leakage, kind) for kind in ("exact", "near")}
    lengths = {part: lengths_of(data, split.x) for part, split in data.splits()} if report.lengths else {}
    return environment.get_template("page.html.j2").render(
        report=report,
        max_rows=_MAX_ROWS,
        examples=[example_strip(data, i) for i in shown],
        means=[mean_image(data, i) for i in shown],
        lengths=[(part, *values) for part, values in report.lengths.items()],
        length_histogram=histogram(lengths, unit="bases" if report.modality == "dna" else "tokens"),
        shared=shared,
        copies={kind: [copies(data, *row[:4]) for row in rows[:_MAX_PAIRS] if images] for kind, rows in shared.items()},
        **(_gc(report, data) if report.gc else {}),
    )


def _gc(report: DataReport, data: Dataset) -> dict[str, Any]:
    """Return the GC content by class as a table and a histogram, and a map of the bases at each position per class."""
    labels = list(dict.fromkeys(label for means in report.gc.values() for label in means))
    chosen = np.arange(min(len(data.train), _MAX_SEQUENCES))
    codes, y = np.asarray(data.train.x[chosen]), np.asarray(data.train.y)[chosen]
    gc = 100 * gc_content(codes)
    found = [(i, str(label)) for i, label in enumerate(data.labels[:_MAX_ROWS]) if (y == i).any()]
    groups = {label: gc[(y == i) & np.isfinite(gc)] for i, label in found}
    percents = [[f"{m[label]:.1%}" if label in m else "" for m in report.gc.values()] for label in labels]
    return {
        "gc": [(label, *row) for label, row in zip(labels, percents, strict=True)],
        "gc_histogram": histogram(groups, unit="% G and C in training"),
        "maps": [(label, base_map(codes[y == i], label)) for i, label in found],
    }


def example_strip(data: Dataset, label: int, *, max_images: int = 12) -> Markup:
    """Return the first training images of one class as one picture, or an empty string if the class has none."""
    images = _of_class(data, label, max_images)
    if not len(images):
        return Markup()
    strip = np.concatenate(list(images), axis=1)
    return Markup("<p>{}<br>{}</p>").format(data.labels[label], picture(strip, data.labels[label]))


def mean_image(data: Dataset, label: int, *, max_images: int = 1000) -> Markup:
    """Return the mean of the first training images of one class, which shows marks at the same position of all."""
    images = _of_class(data, label, max_images)
    if not len(images):
        return Markup()
    mean = images.mean(axis=0).round().astype(np.uint8)
    name = data.labels[label]
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(picture(mean, f"mean of {name}"), name)


def copies(data: Dataset, one: str, id: str, other: str, copy: str) -> Markup:
    """Return an image and its copy in another split side by side."""
    splits, pair = dict(data.splits()), []
    for part, name in ((one, id), (other, copy)):
        found = np.flatnonzero(np.asarray(splits[part].names(np.arange(len(splits[part])))) == name)[:1]
        pair += list(np.asarray(splits[part].x[found]))
    if len(pair) < 2:
        return Markup()
    gap = np.full((len(pair[0]), 1, pair[0].shape[-1]), 255, np.uint8)
    return picture(np.concatenate([pair[0], gap, pair[1]], axis=1), f"{id} and {copy}")


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
    return Markup('<img alt="{}" height="{}" src="{}">').format(name, height, png_address(png_bytes(pixels)))


def _of_class(data: Dataset, label: int, max_images: int) -> np.ndarray:
    return np.asarray(data.train.x[np.flatnonzero(np.asarray(data.train.y) == label)[:max_images]])
