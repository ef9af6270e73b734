"""`write_report`: one self-contained HTML file from plain results."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from deepbio.errors import DataError
from deepbio.files import write_atomically
from deepbio.report.result import Result
from deepbio.report.templates_of import templates


def write_report(
    results: Sequence[Result],
    path: str | os.PathLike[str],
    *,
    title: str,
    cards: Mapping[str, str] | None = None,
    worst: int = 0,
) -> Path:
    """Write the results as one HTML file without outside requests, and give its path.

    The page holds no single example, unless `worst` asks for some: figures and tables of whole splits only. The same
    results give the same bytes.

    Args:
        results: grouped by data set and split in the page, models before baselines.
        path: of the file; written whole or not at all.
        title: of the page.
        cards: data set to the text of its card (Markdown).
        worst: how many of each model's worst errors to name, with truth and prediction. They may be patients'.

    Raises:
        DataError: there are no results.
        DeepbioError: the file cannot be written.
    """
    if not results:
        raise DataError("A report needs at least one result; received none.")
    # Drawing is only needed here, and importing it takes as long as drawing.
    from deepbio.report.page import build_sections

    sections = build_sections(results, cards or {}, worst=worst)
    page = templates().get_template("report.html").render(title=title, sections=sections)
    target = Path(path)
    with write_atomically(target) as beside:
        beside.write_text(page, encoding="utf-8")
    return target
