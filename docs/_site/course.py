"""Lessons of the course as pages: the notebooks of `make course`, with outputs, or the lessons as they are written."""

from __future__ import annotations

import json

from tables import ROOT

from deepbio.course import lessons
from deepbio.course.notebook import as_notebook

EXECUTED = ROOT / "build" / "course"


def lesson_pages() -> dict[str, str]:
    """Return the notebook of each lesson by its path; one that was executed before the lesson changed has no outputs."""
    pages = {}
    for lesson in lessons():
        notebook = as_notebook(lesson)
        executed = EXECUTED / f"{lesson.path.stem}.ipynb"
        if executed.exists():
            found = json.loads(executed.read_text(encoding="utf-8"))
            if _sources(found) == _sources(notebook):
                notebook = found
        pages[f"course/{lesson.path.stem}.ipynb"] = json.dumps(notebook, indent=1, ensure_ascii=False)
    return pages


def _sources(notebook: dict) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"]]
