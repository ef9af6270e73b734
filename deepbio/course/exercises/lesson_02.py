"""Checkers of lesson 2: the perceptron and XOR."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, array, call, exercise, near

CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])


@exercise("2.1", "The perceptron's rule")
def rule(answer: Any) -> str:
    """Try the rule on an error of each sign, on a right answer, and on a point on the line."""
    w, b = np.array([1.0, -2.0]), 0.5
    for x, y, case in (
        (np.array([1.0, 1.0]), 1, "an error with y = +1"),
        (np.array([3.0, 1.0]), -1, "an error with y = -1"),
        (np.array([3.0, 1.0]), 1, "a right answer"),
        (np.array([1.5, 1.0]), 1, "a point on the line, where the sum is 0"),
    ):
        result = call(answer, w, b, x, y)
        if not isinstance(result, tuple) or len(result) != 2:
            raise AnswerError("Expected two values, the new w and the new b: return w, b.")
        if any(part is ... for part in result):
            raise NoAnswerError
        new_w, new_b = array(result[0], (2,), "the new w"), float(array(result[1], (), "the new b"))
        wrong = y * (w @ x + b) <= 0
        if not wrong and not (np.array_equal(new_w, w) and new_b == b):
            raise AnswerError(f"After {case}, nothing changes; your function changes the weights.")
        if wrong and np.array_equal(new_w, w) and new_b == b:
            raise AnswerError(
                f"After {case}, the weights change; your function leaves them. Does it compare y with the sum's sign?"
            )
        if wrong and np.array_equal(new_w, w + x) and y < 0:
            raise AnswerError("The example is added with the sign of its class; yours is added whatever y is.")
        if wrong and np.array_equal(new_w, w - y * x):
            raise AnswerError("The weights move away from the right answer: look at the sign of the correction.")
        if wrong and not np.array_equal(new_w, w + y * x):
            raise AnswerError(f"After {case}, w changes by y times x; received a change of {new_w - w}.")
        if wrong and new_b != b + y:
            raise AnswerError("w is right, b is not: b is the weight of a constant input 1, so the same rule applies.")
    return "Only errors change the weights, and a point on the line counts as one."


@exercise("2.2", "Best accuracy of a line on XOR")
def best_line(answer: Any) -> str:
    """Compare with three quarters."""
    near(
        answer if not isinstance(answer, (int, float)) or (4 * answer) % 1 == 0 else _not_a_quarter(answer),
        0.75,
        "the best accuracy of a line on four corners",
        within=1e-9,
        mistakes={
            1.0: "No line gets all four right: add up the inequalities of the two true corners and of the two false ones.",
            0.5: "A line does better: put one corner alone on its side.",
            75.0: "Answer with a number between 0 and 1.",
        },
    )
    return "Three corners out of four: the fourth is always on the wrong side of the line."


def _not_a_quarter(answer: float) -> float:
    raise AnswerError(f"Accuracy on four corners is a multiple of 1/4; received {answer:g}.")


@exercise("2.3", "AND and OR")
def gates(answer: Any) -> str:
    """Try both gates on the four corners."""
    for name, weights, truth in (("AND", answer[0], [0, 0, 0, 1]), ("OR", answer[1], [0, 1, 1, 1])):
        if weights is ...:
            raise NoAnswerError
        w = array(weights, (3,), f"(w1, w2, b) of {name}")
        sums = CORNERS @ w[:2] + w[2]
        for corner, total, expected in zip(CORNERS, sums, truth, strict=True):
            if (total > 0) != bool(expected):
                raise AnswerError(
                    f"{name} of {corner.astype(int).tolist()} is {bool(expected)}, but your sum is {total:g}. "
                    "Change b first: it moves the line without turning it."
                )
    return "One line serves both; only the bias differs."


@exercise("2.4", "A network that solves XOR")
def network(answer: Any) -> str:
    """Run the network on the four corners; explain which hidden unit does not help."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    W, b = array(answer[0], (2, 2), "W, one row per hidden unit"), array(answer[1], (2,), "b")
    v, c = array(answer[2], (2,), "v"), float(array(answer[3], (), "c"))
    hidden = (CORNERS @ W.T + b > 0).astype(float)
    predicted = (hidden @ v + c > 0).astype(int)
    truth = np.array([0, 1, 1, 0])
    if np.array_equal(predicted, truth):
        return "The hidden layer turns four corners into points that a line separates."
    for unit in range(2):
        if np.ptp(hidden[:, unit]) == 0:
            raise AnswerError(
                f"Hidden unit {unit + 1} answers {hidden[0, unit]:g} for every corner, so it carries no information."
            )
    if np.array_equal(hidden[:, 0], hidden[:, 1]):
        raise AnswerError(
            "Both hidden units answer the same for every corner: one of them is not needed, and XOR needs two."
        )
    if np.array_equal(predicted, 1 - truth):
        raise AnswerError("Your network computes the opposite of XOR: turn the sign of v and c.")
    corner, shown = CORNERS[predicted != truth][0].astype(int).tolist(), hidden.astype(int).tolist()
    raise AnswerError(
        f"{int((predicted != truth).sum())} of 4 corners are wrong, {corner} among them. "
        f"Your hidden units answer {shown} for the four corners."
    )
