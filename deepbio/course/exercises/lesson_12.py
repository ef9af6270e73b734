"""Checkers of lesson 12: combined gradients, speed-up, a divided batch."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, array, call, exercise, near


@exercise("12.1", "Combine gradients")
def combine(answer: Any) -> str:
    """Try equal and unequal parts."""
    random = np.random.default_rng(12)
    for sizes in ([32, 32], [70, 20, 10]):
        gradients = [random.normal(size=4) for _ in sizes]
        found = array(call(answer, gradients, sizes), (4,), "the gradient of the whole batch")
        right = sum(n * g for n, g in zip(sizes, gradients, strict=True)) / sum(sizes)
        if np.allclose(found, np.sum(gradients, axis=0)):
            raise AnswerError("You add the gradients of the parts; each is a mean already, so the sum is too large.")
        if np.allclose(found, right * sum(sizes)):
            raise AnswerError("Divide by the number of examples of the whole batch.")
        if len(set(sizes)) > 1 and np.allclose(found, np.mean(gradients, axis=0)):
            raise AnswerError(
                "Right for equal parts. A mean of means counts an example of a small part too much: weight by size."
            )
        if not np.allclose(found, right):
            raise AnswerError(
                f"For parts of {sizes} examples, the result differs by {np.abs(found - right).max():.2g}."
            )
    return "Parts are weighted by their size."


@exercise("12.2", "Amdahl's law")
def amdahl(answer: Any) -> str:
    """Compare with 1 / (0.04 + 0.96 / 8)."""
    near(
        answer,
        6.25,
        "the speed-up of 8 devices if 4% cannot be divided",
        within=6e-3,
        mistakes={
            8.0: "Only 96% of the step is divided by 8.",
            25.0: "That is the limit for any number of devices, 1/0.04.",
            7.68: "Speed does not add up; time does: 0.04 + 0.96/8 of the time remains.",
            0.16: "That is the time that remains; the speed-up is its inverse.",
        },
    )
    return "16% of the time remains."


@exercise("12.3", "Divide a batch")
def shares(answer: Any) -> str:
    """Look at the sum, the number and the difference of the parts."""
    for n, replicas in ((128, 4), (10, 4), (100, 8), (3, 4)):
        result = call(answer, n, replicas)
        try:
            found = [int(k) for k in result]
            exact = all(float(k) == int(k) for k in result)
        except (TypeError, ValueError):
            raise AnswerError("Expected a list of integers.") from None
        case = f"{n} examples on {replicas} replicas"
        if not exact:
            raise AnswerError(f"{case}: an example cannot be divided; use integers.")
        if len(found) != replicas:
            raise AnswerError(f"{case}: expected {replicas} numbers; received {len(found)}.")
        if sum(found) != n:
            raise AnswerError(
                f"{case}: your parts have {sum(found)} examples in all; {abs(n - sum(found))} are lost or counted twice."
            )
        if max(found) - min(found) > 1 or min(found) < 0:
            raise AnswerError(
                f"{case}: {found} is not as equal as possible; the slowest replica decides the time of a step."
            )
    return "Every example is counted once, and no replica has more than one example more than another."
