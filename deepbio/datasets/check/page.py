"""The data report as one self-contained HTML page with pictures."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping

import numpy as np

from deepbio.datasets.check.findings import DataReport
from deepbio.datasets.dataset import Dataset

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #8884}"
    ".bar{background:#4477aa;height:.8em;display:inline-block}.problem{color:#aa3311}img{image-rendering:pixelated}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}.problem{color:#ff9977}}"
)
_MOST = 40


def report_page(report: DataReport, data: Dataset) -> str:
    """Give the page: problems first, then classes, lengths, GC, leakage; images show one row of examples a class.

    Notes and sequences themselves are not shown.
    """
    parts = [f"<h1>{_e(report.name)}</h1><p>{_e(report.task)}, {_e(report.modality)}</p><h2>What to look at</h2>"]
    parts.append("".join(f'<p class="problem">{_e(p)}</p>' for p in report.problems) or "<p>No problem found.</p>")
    for part, counts in report.classes.items():
        parts.append(f"<h2>Classes in {_e(part)}</h2>{_bars(counts)}")
    if report.lengths:
        rows = [(part, *values) for part, values in report.lengths.items()]
        parts.append("<h2>Lengths</h2>" + _table(("split", "least", "median", "greatest"), rows))
    for part, shares in report.gc.items():
        parts.append(f"<h2>GC content in {_e(part)}</h2>{_bars(shares)}")
    if report.shortcut is not None:
        parts.append("<h2>Shortcut baseline</h2>" + _table(report.shortcut._fields, [tuple(report.shortcut)]))
    for kind in ("exact", "near"):
        rows = [tuple(shared) for shared in getattr(report.leakage, kind)]
        if rows:
            more = f"<p>and {len(rows) - _MOST} more</p>" if len(rows) > _MOST else ""
            head = ("split", "example", "split", "copy", "similarity")
            parts.append(f"<h2>Shared between splits, {kind}</h2>{_table(head, rows[:_MOST])}{more}")
    if report.modality == "image" and data.task.is_classification:
        parts.append("<h2>Examples of training</h2>" + "".join(_row(data, i) for i in range(len(data.labels))))
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


def _bars(values: Mapping[str, float]) -> str:
    most = max([*values.values(), 1e-12])
    rows = "".join(
        f'<tr><td>{_e(name)}</td><td>{_e(value)}</td><td><span class="bar" style="width:{18 * value / most:.2f}rem"></span></td></tr>'
        for name, value in list(values.items())[:_MOST]
    )
    return f"<table>{rows}</table>"


def _row(data: Dataset, label: int) -> str:
    from PIL import Image

    chosen = np.flatnonzero(np.asarray(data.train.y) == label)[:12]
    if not len(chosen):
        return ""
    strip = np.concatenate(list(np.asarray(data.train.x[chosen])), axis=1)
    file = io.BytesIO()
    Image.fromarray(strip[..., 0] if strip.shape[-1] == 1 else strip).save(file, format="PNG")
    name = _e(data.labels[label])
    return f'<p>{name}<br><img alt="{name}" height="64" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"></p>'
