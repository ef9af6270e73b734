"""Check an answer to an exercise: right, not yet (with the reason), or not answered. The solution is never shown."""

import copy
import importlib
import importlib.util
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deepbio.errors import DeepbioError, nearest

VERDICTS = "DEEPBIO_COURSE_VERDICTS"  # a file to which `check` adds a line of JSON: how `check_file` reads the verdicts
Checker = Callable[[Any], str]
_CHECKERS: dict[str, tuple[str, Checker]] = {}


class AnswerError(Exception):
    """An answer is wrong; the message explains why, for the student."""


class NoAnswerError(Exception):
    """The placeholder `...` is still there."""


@dataclass(frozen=True)
class Verdict:
    """What a checker found.

    Args:
        exercise: Number, such as "4.1".
        title: What the exercise asks for.
        status: "right", "not yet" or "not answered".
        reason: Explanation for the student.
    """

    exercise: str
    title: str
    status: Literal["right", "not yet", "not answered"]
    reason: str

    def __str__(self) -> str:
        return f"Exercise {self.exercise}: {self.status}. {self.reason}".rstrip()


def exercise(number: str, title: str) -> Callable[[Checker], Checker]:
    """Register the checker of an exercise: a function of the answer that returns an explanation or raises `AnswerError`."""

    def register(checker: Checker) -> Checker:
        _CHECKERS[number] = (title, checker)
        return checker

    return register


def exercises_of(number: int) -> dict[str, str]:
    """Return the numbers and titles of the exercises of a lesson."""
    name = f"deepbio.course.exercises.lesson_{number:02}"
    if importlib.util.find_spec(name) is not None:
        importlib.import_module(name)
    return {key: title for key, (title, _) in sorted(_CHECKERS.items()) if key.split(".")[0] == str(number)}


def verdict(number: str, answer: Any) -> Verdict:
    """Check an answer.

    Args:
        number: Number of the exercise, such as "4.1".
        answer: What the exercise asks for: a number, a word, an array, a function or a model.

    Raises:
        DeepbioError: there is no such exercise.
    """
    lesson = number.split(".")[0]
    known = exercises_of(int(lesson)) if lesson.isdigit() else {}
    if number not in known:
        raise DeepbioError(f"There is no exercise {number!r}. {nearest(number, known)}")
    title, checker = _CHECKERS[number]
    try:
        if answer is ... or answer is None:
            raise NoAnswerError
        return Verdict(number, title, "right", checker(answer))
    except NoAnswerError:
        return Verdict(number, title, "not answered", "Replace the dots by your answer and run the cell again.")
    except AnswerError as mistake:
        return Verdict(number, title, "not yet", str(mistake))


def check(number: str, answer: Any) -> None:
    """Print whether an answer is right and, if not, why.

    Args:
        number: Number of the exercise, such as "4.1".
        answer: What the exercise asks for: a number, a word, an array, a function or a model.

    Raises:
        DeepbioError: there is no such exercise.

    Example:
        >>> check("2.2", 0.9)
        Exercise 2.2: not yet. Accuracy on four corners is a multiple of 1/4; received 0.9.
    """
    found = verdict(number, answer)
    sys.stdout.write(f"{found}\n")
    if path := os.environ.get(VERDICTS):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(found)) + "\n")


def number(answer: Any, what: str) -> float:
    """Return an answer as a float, or explain that a number is wanted."""
    try:
        value = float(answer)
    except (TypeError, ValueError):
        raise AnswerError(f"Expected a number: {what}. Received {_short(answer)}.") from None
    if not math.isfinite(value):
        raise AnswerError(f"Expected a finite number: {what}. Received {value}.")
    return value


def near(answer: Any, expected: float, what: str, *, within: float, mistakes: dict[float, str] | None = None) -> float:
    """Return a number that is near the expected one; explain a known mistake, else only that it is too small or too large."""
    value = number(answer, what)
    if abs(value - expected) <= within:
        return value
    for wrong, why in (mistakes or {}).items():
        if abs(value - wrong) <= within:
            raise AnswerError(why)
    raise AnswerError(f"{value:g} is too {'small' if value < expected else 'large'}: {what}.")


def array(answer: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Return an answer as an array of floats of this shape, or explain which shape is wanted."""
    try:
        value = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise AnswerError(f"Expected an array: {what}. Received {_short(answer)}.") from None
    if value.shape != shape:
        raise AnswerError(f"Expected shape {shape}: {what}. Received shape {value.shape}.")
    if not np.isfinite(value).all():
        raise AnswerError(f"Expected finite numbers: {what}. Your array contains infinities or NaN.")
    return value


def call(answer: Any, *arguments: Any) -> Any:
    """Call the student's function with copies of the arguments; its errors become a `AnswerError`."""
    if not callable(answer):
        raise AnswerError(f"Expected a function; received {_short(answer)}. Pass it by its name, without brackets.")
    try:
        with np.errstate(all="ignore"):
            result = answer(*copy.deepcopy(arguments))
    except Exception as error:
        raise AnswerError(f"Your function raised {type(error).__name__}: {error}") from error
    if result is ... or result is None:
        raise NoAnswerError
    return result


def _short(answer: Any) -> str:
    text = repr(answer)
    return text if len(text) <= 60 else text[:57] + "..."
