"""The course: thirteen lessons from the perceptron to a variant, each one a lesson, a test and a notebook at once.

A lesson is a Python file in percent format under `lessons/`. `open_lesson` writes it as a notebook or a script; in it, `check`
compares an answer with what the exercise asks for and explains what is wrong without showing the solution.

Example:
    >>> lesson(4).title
    'Back-propagation: the exercise'
    >>> check("2.2", 0.75)
    Exercise 2.2: right. Three corners out of four: the fourth is always on the wrong side of the line.
"""

from deepbio.course.checking import Verdict, check, verdict
from deepbio.course.lesson import Cell, Lesson, lesson, lessons
from deepbio.course.student import check_file, open_lesson

__all__ = ["Cell", "Lesson", "Verdict", "check", "check_file", "lesson", "lessons", "open_lesson", "verdict"]
