"""Checkers of lesson 8: augmentation."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, array, call, exercise

_CHANGES = (
    ("a", True, "a cell has no upper side, so its type is the same after a rotation."),
    ("b", False, "the side is what is asked for; a mirror image exchanges it."),
    ("c", False, "look at a 6 upside down."),
    ("d", True, "it is the same molecule, read from the other strand, and either strand counts."),
    ("e", False, "the donor is no longer exactly in the middle."),
)


@exercise("8.1", "Does the meaning stay?")
def meaning(answer: Any) -> str:
    """Compare five judgements; explain the first that is wrong."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    for (name, right, why), given in zip(_CHANGES, answer, strict=True):
        if given not in (True, False):
            raise AnswerError(f"{name}: expected True or False; received {given!r}.")
        if bool(given) != right:
            raise AnswerError(f"{name}: {why}")
    return "All five are right: whether a change is allowed depends on the label."


@exercise("8.2", "MixUp")
def mixup(answer: Any) -> str:
    """Mix two images; look at the image and the label."""
    random = np.random.default_rng(8)
    x1, x2 = random.uniform(size=(2, 3, 3))
    for y1, y2, weight in ((0, 2, 0.3), (1, 1, 0.6)):
        result = call(answer, x1, y1, x2, y2, weight, 4)
        if not isinstance(result, tuple) or len(result) != 2:
            raise AnswerError("Expected two values: return x, y.")
        if any(part is ... for part in result):
            raise NoAnswerError
        x = array(result[0], (3, 3), "the mixed image")
        right = weight * x1 + (1 - weight) * x2
        if np.allclose(x, (1 - weight) * x1 + weight * x2):
            raise AnswerError("The weights are exchanged: `weight` belongs to x1.")
        if np.allclose(x, (x1 + x2) / 2):
            raise AnswerError("You mix in equal parts; `weight` belongs to x1, 1 - weight to x2.")
        if not np.allclose(x, right):
            raise AnswerError("The image is not the weighted mean of both.")
        if np.ndim(result[1]) == 0:
            raise AnswerError(
                "The label is one number. A mean of class numbers is a third class: mix the one-hot vectors."
            )
        y = array(result[1], (4,), "the mixed label, one probability per class")
        if abs(y.sum() - 1) > 1e-9:
            raise AnswerError(
                f"The probabilities of the label add up to {y.sum():g}, not to 1. Are both classes the same here?"
            )
        if not np.allclose(y, weight * np.eye(4)[y1] + (1 - weight) * np.eye(4)[y2]):
            raise AnswerError("The image is right; the label is not mixed with the same weights.")
    return "Image and label are mixed with the same weight."


@exercise("8.3", "The reverse complement")
def reverse_complement(answer: Any) -> str:
    """Compare with deepbio's; name a missing reversal."""
    from deepbio.sequence import decode, encode, one_hot, reverse_complement

    sequence = "GATTACCA"
    x = np.asarray(one_hot(encode(sequence)), dtype=float)
    found = array(call(answer, x), (8, 4), "the one-hot form of the reverse complement")
    if np.array_equal(found, x[::-1]):
        raise AnswerError("Reversed, but not complemented: A and T, C and G must change.")
    if np.array_equal(found, x[:, ::-1]):
        raise AnswerError("Complemented, but not reversed: the other strand runs backwards.")
    if np.array_equal(found, x):
        raise AnswerError("Nothing has changed.")
    right = reverse_complement(encode(sequence))
    if not np.array_equal(found, one_hot(right)):
        raise AnswerError(f"The reverse complement of {sequence} is {decode(right)}; yours is another.")
    return f"{sequence} becomes {decode(right)}."
