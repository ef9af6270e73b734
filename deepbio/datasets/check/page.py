"""The data report as one self-contained HTML page with pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.datasets.check import pictures
from deepbio.datasets.check.findings import DataReport, lengths_of
from deepbio.datasets.dataset import Dataset
from deepbio.sequence import gc_content

_MAX_ROWS, _MAX_PAIRS, _MAX_SEQUENCES = 40, 24, 20_000


def report_page(report: DataReport, data: Dataset) -> str:
    """Return the page: problems, classes, examples, lengths, GC content, bases by position, and leakage with its copies.

    Image data sets show examples and the mean of each class. Notes and sequences are not shown.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("deepbio.datasets.check", ".")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["short"] = lambda value: f"{value:,.4g}" if isinstance(value, float) else value
    images = report.modality == "image"
    shown = range(min(len(data.labels), _MAX_ROWS)) if images and data.task.is_classification else ()
    shared = {kind: getattr(report.leakage, kind) for kind in ("exact", "near")}
    lengths = {part: lengths_of(data, split.x) for part, split in data.splits()} if report.lengths else {}
    return environment.get_template("page.html.j2").render(
        report=report,
        max_rows=_MAX_ROWS,
        examples=[pictures.example_strip(data, i) for i in shown],
        means=[pictures.mean_image(data, i) for i in shown],
        lengths=[(part, *values) for part, values in report.lengths.items()],
        length_histogram=pictures.histogram(lengths, unit="bases" if report.modality == "dna" else "tokens"),
        shared=shared,
        copies={
            kind: [pictures.copies(data, *row[:4]) for row in rows[:_MAX_PAIRS]] if images else []
            for kind, rows in shared.items()
        },
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
        "gc_histogram": pictures.histogram(groups, unit="% G and C in training"),
        "maps": [(label, pictures.base_map(codes[y == i], label)) for i, label in found],
    }
