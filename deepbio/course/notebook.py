"""A lesson in other forms: a Jupyter notebook (nbformat 4.5), MyST Markdown, and back to the code that it runs.

Both are written here, without jupytext: a lesson has cells of two kinds and no outputs, which is twenty lines of JSON.
"""

import json
import re
from pathlib import Path
from typing import Any

from deepbio.course.lesson import Cell, Lesson
from deepbio.errors import DataError

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def as_notebook(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson as a notebook without outputs: the content of an `.ipynb` file, format 4.5."""
    return {
        "cells": [_cell(cell, f"lesson-{lesson.number:02}-{i:03}") for i, cell in enumerate(lesson.cells)],
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}, "title": lesson.title},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(cell: Cell, name: str) -> dict[str, Any]:
    written: dict[str, Any] = {"cell_type": cell.kind, "id": name, "metadata": {}, "source": cell.text}
    if cell.kind == "code":
        written |= {"execution_count": None, "outputs": []}
        if cell.title:
            written["metadata"] = {"mystnb": {"image": {"alt": cell.title}}}
    return written


def as_myst(lesson: Lesson) -> str:
    """Return a lesson as MyST Markdown, whose `{code-cell}` blocks MyST-NB runs."""
    header = "---\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"
    blocks = []
    for cell in lesson.cells:
        if cell.kind == "markdown":
            blocks.append(cell.text)
            continue
        alt = f"---\nmystnb:\n  image:\n    alt: {json.dumps(cell.title)}\n---\n" if cell.title else ""
        blocks.append(f"```{{code-cell}} ipython3\n{alt}{cell.text}\n```")
    return header + "\n" + "\n\n".join(blocks) + "\n"


def code_of(path: Path) -> str:
    """Return the Python of a script, or of the code cells of a notebook without its magic commands.

    Raises:
        DataError: the file is neither.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    try:
        cells = json.loads(text)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"Expected a script (.py) or a notebook (.ipynb) at {path}; it cannot be read: {error}"
        ) from error
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", "\n\n".join(code) + "\n", flags=re.M)
