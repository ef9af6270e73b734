"""`write_report`: one self-contained HTML file from plain results."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from deepbio.datasets.files import write_atomically
from deepbio.report.result import Result


def write_report(
    results: Sequence[Result], path: str | os.PathLike[str], *, title: str, cards: Mapping[str, str] | None = None
) -> Path:
    """Write the results as one HTML file without outside requests, and give its path.

    Args:
        results: grouped by data set in the report.
        path: of the file; written whole or not at all.
        title: of the page.
        cards: data set to the text of its card.

    Raises:
        DeepbioError: the file cannot be written.
    """
    rows = "".join(
        f"<tr><td>{html.escape(r.dataset)}</td><td>{html.escape(r.model)}</td><td>{html.escape(name)}</td><td>{estimate}</td></tr>"
        for r in results
        for name, estimate in r.metrics.items()
    )
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title><table>{rows}</table></html>\n"
    target = Path(path)
    with write_atomically(target) as beside:
        beside.write_text(page, encoding="utf-8")
    return target
