"""`write_report` writes results as one self-contained HTML file; `leaderboard_as` returns a leaderboard in one of four forms."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from deepbio.errors import DataError, nearest
from deepbio.files import write_atomically
from deepbio.report.html import prevalence_script, templates
from deepbio.report.leaderboard import Leaderboard, as_csv, as_markdown, as_text
from deepbio.report.result import Result


def write_report(
    results: Sequence[Result],
    path: str | os.PathLike[str],
    *,
    title: str,
    cards: Mapping[str, str] | None = None,
    worst: int = 0,
    examples: bool = False,
) -> Path:
    """Write the results as one HTML file without outside requests, and return its path.

    The page shows figures and tables of whole splits, and single examples only if `worst` or `examples` asks for them. The same
    results always produce the same bytes.

    Args:
        results: Results, grouped by data set and split in the page, models before baselines.
        path: Path of the file, which is written whole or not at all.
        title: Title of the page.
        cards: Name of a data set to the text of its card (Markdown).
        worst: Number of each model's worst errors to list, with truth and prediction. They may identify patients.
        examples: Whether to show the best, median and worst example: masks over images, profiles along windows. They may
            identify patients.

    Raises:
        DataError: there are no results.
        DeepbioError: the file cannot be written.
    """
    if not results:
        raise DataError("A report needs at least one result; received none.")
    # Drawing is only needed here, and importing it takes as long as drawing.
    from deepbio.report.page import build_sections

    sections = build_sections(results, cards or {}, worst=worst, examples=examples)
    script = prevalence_script() if any(section["decision"] for section in sections) else None
    page = templates().get_template("report.html").render(title=title, sections=sections, script=script)
    target = Path(path)
    with write_atomically(target) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return target


def leaderboard_as(found: Leaderboard, form: Literal["text", "markdown", "csv", "html"]) -> str:
    """Return a leaderboard as aligned text, Markdown, CSV (full precision) or a self-contained HTML page.

    Raises:
        DataError: unknown form.
    """
    if form == "html":
        from deepbio.report.leaderboard_page import as_html  # needs matplotlib

        return as_html(found)
    forms = {"text": as_text, "markdown": as_markdown, "csv": as_csv}
    if form not in forms:
        raise DataError(f"Unknown form {form!r}. {nearest(str(form), [*forms, 'html'])}")
    return forms[form](found)
