"""Checkers of lesson 11: one-hot, information, a variant."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, array, call, exercise, near


@exercise("11.1", "One-hot")
def encode(answer: Any) -> str:
    """Try all bases, an unknown one and small letters."""
    sequence, right = "ACGTNTA", np.vstack([np.eye(4), np.zeros(4), np.eye(4)[3], np.eye(4)[0]])
    result = np.asarray(call(answer, sequence), dtype=float)
    if result.shape == (4, 7):
        raise AnswerError("The shape is (4, length); one row per base of the sequence is asked for: (length, 4).")
    found = array(result, (7, 4), "the one-hot form of 'ACGTNTA'")
    if np.any(found[4] != 0):
        raise AnswerError(f"The row of N is {found[4].tolist()}; an unknown base is a row of zeros.")
    if not np.array_equal(found, right):
        row = int(np.flatnonzero((found != right).any(axis=1))[0])
        raise AnswerError(f"The row of {sequence[row]} is {found[row].tolist()}; the columns are A, C, G, T.")
    if not np.array_equal(array(call(answer, "acgt"), (4, 4), "the one-hot form of 'acgt'"), np.eye(4)):
        raise AnswerError("Small letters are bases, too: genomes write repeats in them.")
    return "All bases, N and small letters are right."


@exercise("11.2", "Information")
def information(answer: Any) -> str:
    """Try a certain, a uniform and a mixed position."""
    counts = np.array([[10, 0, 0, 0], [5, 5, 5, 5], [8, 4, 2, 2], [0, 30, 10, 0]], dtype=float)
    p = counts / counts.sum(axis=1, keepdims=True)
    logs = np.log2(np.where(p > 0, p, 1))
    right = 2 + (p * logs).sum(axis=1)
    result = np.asarray(call(answer, counts), dtype=float)
    if result.shape == (4,) and np.isnan(result).any():
        raise AnswerError("The result contains NaN: 0 times the logarithm of 0 counts as 0.")
    found = array(result, (4,), "bits per position")
    for wrong, why in (
        (-(p * logs).sum(axis=1), "That is the entropy; information is what remains of two bits."),
        (2 - (p * logs).sum(axis=1), "The sign of the sum is wrong: its terms are negative already."),
        (2 + (p * logs).sum(axis=1) * np.log(2), "You use the natural logarithm; bits need base 2."),
    ):
        if np.allclose(found, wrong):
            raise AnswerError(why)
    if not np.allclose(found, right, atol=1e-3):
        raise AnswerError(
            f"A certain position has 2 bits and a uniform one 0; yours have {found[0]:.3g} and {found[1]:.3g}."
        )
    return "A certain position has 2 bits, a uniform one none."


@exercise("11.3", "Score a variant")
def variant(answer: Any) -> str:
    """Score a variant with a predictor that knows one motif."""

    def predict(sequence: Any) -> float:
        if not isinstance(sequence, str):
            raise AnswerError(f"`predict` takes one sequence; it received {type(sequence).__name__}.")
        if len(sequence) != 12:
            raise AnswerError(f"A substitution keeps the length of 12; `predict` received {len(sequence)} bases.")
        return 0.9 if sequence[5:7] == "GT" else 0.3 if sequence[5:7] == "GC" else 0.1

    sequence = "ACCAGGTAAGTC"
    mistakes = {
        0.8: "The sign is exchanged: alternate minus reference.",
        0.1: "That is the probability of the alternate; subtract that of the reference.",
        0.0: "Nothing changes: is the position counted from 1?",
    }
    try:
        first = call(answer, predict, sequence, 6, "G", "A")
    except AnswerError as error:
        if "ValueError" in str(error):
            raise AnswerError(
                "Position 6, counted from 1, is G; your function says that it is not. Python counts from 0."
            ) from None
        raise
    near(first, -0.8, "the effect of G to A at position 6", within=1e-9, mistakes=mistakes)
    near(call(answer, predict, sequence, 7, "T", "C"), -0.6, "the effect of T to C at position 7", within=1e-9)
    try:
        result = answer(predict, sequence, 6, "C", "A")
    except ValueError:
        return "Both effects are right, and a wrong reference base is refused."
    except Exception as error:
        raise AnswerError(
            f"A wrong reference base should raise a ValueError; it raised {type(error).__name__}."
        ) from None
    if result is ...:
        raise NoAnswerError
    raise AnswerError("The effects are right. The base at position 6 is G; a reference of C must raise a ValueError.")
