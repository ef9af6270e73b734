"""Export all lessons for a site: `python -m deepbio.course.export FOLDER [--execute | --myst]`.

Without an option, it writes notebooks without outputs. `--execute` runs them (with nbclient) and keeps their outputs; `--myst` writes
MyST Markdown, which MyST-NB runs while it builds a site.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepbio.course.lesson import Lesson, lesson, lessons
from deepbio.course.notebook import as_myst, as_notebook
from deepbio.errors import DeepbioError
from deepbio.files import writable_folder, write_atomically
from deepbio.optional import require


def execute(lesson: Lesson, *, timeout: int = 180) -> dict[str, Any]:
    """Run a lesson in a Jupyter kernel and return its notebook with outputs.

    Args:
        lesson: Lesson.
        timeout: Seconds that one cell may take.

    Raises:
        OptionalDependencyError: nbclient or ipykernel is missing (extra `course`).
        DeepbioError: a cell raised an error.
    """
    nbformat = require("nbformat", extra="course", purpose="Running a lesson")
    nbclient = require("nbclient", extra="course", purpose="Running a lesson")
    require("ipykernel", extra="course", purpose="Running a lesson")
    notebook = nbformat.from_dict(as_notebook(lesson))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    quiet = ["--IPKernelApp.log_level=40"]
    try:
        nbclient.NotebookClient(notebook, timeout=timeout, kernel_name="python3", extra_arguments=quiet).execute()
    except nbclient.exceptions.CellExecutionError as error:
        raise DeepbioError(f"Lesson {lesson.number} stops with an error:\n{error}") from error
    for cell in notebook["cells"]:  # what TensorFlow prints about the machine is not of the lesson
        if cell["cell_type"] == "code":
            cell["outputs"] = [output for output in cell["outputs"] if output.get("name") != "stderr"]
            cell["metadata"].pop("execution", None)  # times, which differ in every run
    return notebook


def export(
    folder: str | Path,
    *,
    form: str = "notebook",
    only: tuple[int, ...] = (),
    report: Callable[[str], Any] = lambda line: None,
) -> list[Path]:
    """Write lessons into a folder and return the paths.

    Args:
        folder: Folder; created if it does not exist.
        form: "notebook", "executed" or "myst".
        only: Numbers of the lessons; empty for all.
        report: Receives a line after each lesson.

    Raises:
        OptionalDependencyError: "executed" without the extra `course`.
        DeepbioError: a lesson stops with an error.
    """
    target = writable_folder(Path(folder))
    paths = []
    for found in [lesson(number) for number in only] or lessons():
        start = time.perf_counter()
        path = target / f"{found.path.stem}{'.md' if form == 'myst' else '.ipynb'}"
        if form == "myst":
            text = as_myst(found)
        else:
            content = execute(found) if form == "executed" else as_notebook(found)
            text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        with write_atomically(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
        paths.append(path)
        report(f"{path}\t{time.perf_counter() - start:.1f} s")
    return paths


def main() -> None:
    """Run the export from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m deepbio.course.export", description="Export all lessons for a site."
    )
    parser.add_argument("folder", type=Path, help="folder to write into")
    parser.add_argument("--only", type=int, nargs="+", default=[], metavar="N", help="numbers of lessons; default all")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--execute", dest="form", action="store_const", const="executed", help="run them, keep outputs")
    forms.add_argument("--myst", dest="form", action="store_const", const="myst", help="write MyST Markdown")
    options = parser.parse_args()
    try:
        export(options.folder, form=options.form or "notebook", only=tuple(options.only), report=_report)
    except DeepbioError as error:
        parser.exit(2, f"{error}\n")


def _report(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main()
