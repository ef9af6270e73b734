"""A lesson: a Python file in percent format, read as cells.

A line `# %% [markdown]` begins prose, written as comments; a line `# %%` begins code, and a title after it (`# %% Loss by epoch`)
describes the figure of the code.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from deepbio.errors import DeepbioError

FOLDER = Path(__file__).parent / "lessons"
_BEGIN = re.compile(r"^# %%[ \t]*(\[markdown\])?[ \t]*(.*)$", flags=re.M)


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson.

    Args:
        kind: "markdown" or "code".
        text: Markdown, or Python.
        title: Description of the figure of a cell of code; empty if it has none.
    """

    kind: Literal["markdown", "code"]
    text: str
    title: str = ""


@dataclass(frozen=True)
class Lesson:
    """One lesson of the course.

    Args:
        path: File in percent format, named `04_backpropagation.py`.
    """

    path: Path
    cells: tuple[Cell, ...] = field(repr=False)

    @property
    def number(self) -> int:
        """Number of the lesson."""
        return int(self.path.stem.split("_")[0])

    @cached_property
    def prose(self) -> str:
        """All Markdown of the lesson."""
        return "\n\n".join(cell.text for cell in self.cells if cell.kind == "markdown")

    @property
    def title(self) -> str:
        """Title, without its number."""
        return re.findall(r"^# \d+\. (.+)$", self.prose, flags=re.M)[0]

    @property
    def goals(self) -> tuple[str, ...]:
        """What a reader can do after the lesson."""
        after = self.prose.split("After this lesson, you can", 1)[1].strip()
        items = after.split("\n\n")[1 if not after.startswith("- ") else 0]
        return tuple(" ".join(item.split()) for item in re.split(r"^- ", items, flags=re.M)[1:])

    @property
    def exercises(self) -> tuple[str, ...]:
        """Numbers of the exercises, such as "4.1"."""
        return tuple(re.findall(r"^#+ Exercise (\d+\.\d+)", self.prose, flags=re.M))


def read_lesson(path: Path) -> Lesson:
    """Read a file in percent format.

    Raises:
        DeepbioError: the file has text before its first cell.
    """
    text = path.read_text(encoding="utf-8")
    parts = _BEGIN.split(text)
    if parts[0].strip():
        raise DeepbioError(f"Expected {path.name} to begin with a line '# %%'; received {parts[0].strip()[:60]!r}.")
    cells = []
    for markdown, title, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if markdown:
            body = re.sub(r"^# ?", "", body, flags=re.M)
        cells.append(Cell("markdown" if markdown else "code", body.strip("\n"), title.strip()))
    return Lesson(path, tuple(cells))


def lessons() -> tuple[Lesson, ...]:
    """Return all lessons in order."""
    return tuple(read_lesson(path) for path in sorted(FOLDER.glob("[0-9][0-9]_*.py")))


def lesson(number: int) -> Lesson:
    """Return one lesson.

    Raises:
        DeepbioError: the course has no lesson of this number.

    Example:
        >>> lesson(4).exercises
        ('4.1', '4.2', '4.3')
    """
    paths = {int(path.name[:2]): path for path in sorted(FOLDER.glob("[0-9][0-9]_*.py"))}
    if number not in paths:
        raise DeepbioError(
            f"The course has the lessons 1 to {max(paths)}; received {number}. See `deepbio course list`."
        )
    return read_lesson(paths[number])
