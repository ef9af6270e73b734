"""The data report as one self-contained HTML page with pictures."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np

from deepbio.datasets.check import pictures
from deepbio.datasets.check.findings import DataReport, lengths_of
from deepbio.datasets.dataset import Dataset
from deepbio.sequence import gc_content

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #8884}"
    ".bar{background:#4477aa;height:.8em;display:inline-block}.problem{color:#aa3311}img{image-rendering:pixelated;max-width:100%}"
    ".row{display:flex;flex-wrap:wrap;gap:.6rem}figure{margin:0}svg{max-width:100%}text{font-size:12px;fill:currentColor}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}.problem{color:#ff9977}}"
)
_MAX_ROWS, _MAX_PAIRS, _MAX_SEQUENCES = 40, 24, 20_000


def report_page(report: DataReport, data: Dataset) -> str:
    """Return the page: problems, classes, examples, lengths, GC content, bases by position, and leakage with its copies.

    Image data sets show examples and the mean of each class. Notes and sequences are not shown.
    """
    parts = [f"<h1>{_e(report.name)}</h1><p>{_e(report.task)}, {_e(report.modality)}</p><h2>What to look at</h2>"]
    parts.append("".join(f'<p class="problem">{_e(p)}</p>' for p in report.problems) or "<p>No problem found.</p>")
    parts.append(f"<h2>Classes</h2>{_classes(report.classes)}")
    if report.modality == "image" and data.task.is_classification:
        shown = range(min(len(data.labels), _MAX_ROWS))
        parts.append("<h2>Examples of training</h2>" + "".join(pictures.example_strip(data, i) for i in shown))
        means = "".join(pictures.mean_image(data, i) for i in shown)
        parts.append(f"<h2>Mean image of each class</h2><div class=row>{means}</div>")
    if report.lengths:
        rows = [(part, *values) for part, values in report.lengths.items()]
        head = ("split", "minimum", "first quartile", "median", "third quartile", "maximum")
        parts.append("<h2>Lengths</h2>" + _table(head, rows))
        unit = "bases" if report.modality == "dna" else "tokens"
        lengths = {part: lengths_of(data, split.x) for part, split in data.splits()}
        parts.append(pictures.histogram(lengths, unit=unit))
    if report.gc:
        parts.append("<h2>GC content</h2>" + _gc_table(report.gc) + _dna_pictures(data))
    if report.shortcut is not None:
        head = ("learned from", "accuracy", "most frequent class", "AUROC")
        parts.append("<h2>Shortcut baseline</h2>" + _table(head, [tuple(report.shortcut)]))
    for kind in ("exact", "near"):
        rows = [tuple(shared) for shared in getattr(report.leakage, kind)]
        if rows:
            more = f"<p>and {len(rows) - _MAX_ROWS} more</p>" if len(rows) > _MAX_ROWS else ""
            head = ("split", "example", "split", "copy", "similarity")
            shown = [pictures.copies(data, *row[:4]) for row in rows[:_MAX_PAIRS]] if report.modality == "image" else []
            parts.append(f"<h2>Shared between splits, {kind}</h2><div class=row>{''.join(shown)}</div>")
            parts.append(f"{_table(head, rows[:_MAX_ROWS])}{more}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_e(report.name)}</title><style>{_STYLE}</style>'
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _e(value: object) -> str:
    return html.escape(f"{value:,.4g}" if isinstance(value, float) else str(value))


def _table(head: tuple[str, ...], rows: list[tuple]) -> str:
    top = "".join(f"<th>{_e(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _classes(classes: Mapping[str, Mapping[str, int]]) -> str:
    """Return a table with one row per label, one column per split, and a bar for training."""
    train = classes["train"]
    largest = max([*train.values(), 1])
    rows = "".join(
        f"<tr><td>{_e(label)}</td>"
        + "".join(f"<td>{counts[label]:,}</td>" for counts in classes.values())
        + f'<td><span class="bar" style="width:{18 * train[label] / largest:.2f}rem"></span></td></tr>'
        for label in list(train)[:_MAX_ROWS]
    )
    more = f"<p>and {len(train) - _MAX_ROWS} more</p>" if len(train) > _MAX_ROWS else ""
    return (
        f"<table><tr><th></th>{''.join(f'<th>{_e(part)}</th>' for part in classes)}<th></th></tr>{rows}</table>{more}"
    )


def _gc_table(gc: Mapping[str, Mapping[str, float]]) -> str:
    labels = list(dict.fromkeys(label for means in gc.values() for label in means))[:_MAX_ROWS]
    rows = [(label, *(f"{means[label]:.1%}" if label in means else "" for means in gc.values())) for label in labels]
    return _table(("class", *gc), rows)


def _dna_pictures(data: Dataset) -> str:
    """Return the GC content of the training sequences by class, and the bases at each position."""
    chosen = np.arange(min(len(data.train), _MAX_SEQUENCES))
    codes, y = np.asarray(data.train.x[chosen]), np.asarray(data.train.y)[chosen]
    gc = 100 * gc_content(codes)
    found = [i for i in range(min(len(data.labels), _MAX_ROWS)) if (y == i).any()]
    groups = {str(data.labels[i]): gc[(y == i) & np.isfinite(gc)] for i in found}
    drawn = pictures.histogram(groups, unit="% G and C in training")
    maps = "".join(
        f"<p>{_e(data.labels[i])}<br>{pictures.base_map(codes[y == i], str(data.labels[i]))}</p>" for i in found
    )
    return f"{drawn}<h2>Bases by position in training</h2><p>Rows A, C, G, T; black is every sequence.</p>{maps}"
