"""What a student does with a lesson: open it in a folder, and check the answers in it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from deepbio.course.checking import VERDICTS, Verdict, exercises_of
from deepbio.course.lesson import Lesson, lesson
from deepbio.course.notebook import as_notebook, code_of
from deepbio.errors import DataError, DeepbioError
from deepbio.files import writable_folder, write_atomically

Form = Literal["notebook", "script"]
_SUFFIX = {"notebook": ".ipynb", "script": ".py"}


def open_lesson(number: int, folder: str | Path = "course", *, form: Form = "notebook", replace: bool = False) -> Path:
    """Write a lesson into a folder and return its path.

    Args:
        number: Number of the lesson.
        folder: Folder to write into; created if it does not exist.
        form: "notebook" (.ipynb) or "script" (.py with cells, which VS Code, PyCharm and Spyder run one by one).
        replace: Whether to replace a file that is there, and with it the answers in it.

    Raises:
        DeepbioError: there is no such lesson, or its file exists and `replace` is False.
    """
    found = lesson(number)
    path = writable_folder(Path(folder)) / f"{found.path.stem}{_SUFFIX[form]}"
    if path.exists() and not replace:
        raise DeepbioError(f"{path} exists and may contain your answers. Open it, or start again with --replace.")
    text = found.path.read_text(encoding="utf-8")
    if form == "notebook":
        text = json.dumps(as_notebook(found), indent=1, ensure_ascii=False) + "\n"
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def find_file(number: int, folder: str | Path = "course") -> Path:
    """Return the file of a lesson in a folder: the notebook or the script, whichever was changed last.

    Raises:
        DataError: neither is there.
    """
    found = lesson(number)
    paths = [Path(folder) / f"{found.path.stem}{suffix}" for suffix in _SUFFIX.values()]
    paths = sorted((path for path in paths if path.exists()), key=lambda path: path.stat().st_mtime)
    if not paths:
        raise DataError(
            f"Expected {found.path.stem}.ipynb or .py in the folder {folder}; found neither. "
            f"Write it with: deepbio course open {number} --folder {folder}"
        )
    return paths[-1]


def check_file(number: int, path: str | Path) -> list[Verdict]:
    """Run a student's script or notebook in a process of its own and return the verdict of each exercise.

    The file is run as its owner would run it; check only files of people whom you trust.

    Args:
        number: Number of the lesson.
        path: Script or notebook.

    Raises:
        DataError: the file cannot be read, or it stops with an error before its last exercise.
    """
    found: Lesson = lesson(number)
    file = Path(path)
    if not file.is_file():
        raise DataError(f"Expected a file at {file}; found none.")
    with tempfile.TemporaryDirectory() as folder:
        script, verdicts = Path(folder) / f"{found.path.stem}.py", Path(folder) / "verdicts.jsonl"
        script.write_text(code_of(file), encoding="utf-8")
        search = os.pathsep.join(filter(None, [str(file.parent.resolve()), os.environ.get("PYTHONPATH", "")]))
        environment = os.environ | {VERDICTS: str(verdicts), "MPLBACKEND": "Agg", "PYTHONPATH": search}
        run = subprocess.run(
            [sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        lines = verdicts.read_text(encoding="utf-8").splitlines() if verdicts.exists() else []
    latest = {found.exercise: found for found in (Verdict(**json.loads(line)) for line in lines)}
    missing = [key for key in exercises_of(number) if key not in latest]
    if run.returncode and missing:
        error = "\n".join(run.stderr.strip().splitlines()[-4:])
        raise DataError(f"{file} stops with an error before exercise {missing[0]}:\n{error}")
    titles = exercises_of(number)
    unseen = [
        Verdict(key, titles[key], "not answered", f"{file.name} does not call check({key!r}, ...).") for key in missing
    ]
    return sorted([*latest.values(), *unseen], key=lambda verdict: verdict.exercise)
