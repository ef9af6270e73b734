"""Checkers of lesson 10: an LSTM step, negation, and what a bag of words cannot see."""

import re
from collections import Counter
from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, array, call, exercise

_BEGIN, _END = {"no", "denies", "without"}, {"but", ",", ".", ";"}


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def _step(
    x: Any, h: Any, c: Any, W: Any, U: Any, b: Any, order: str = "ifgo", flaw: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    z = dict(
        zip(order, np.split(x @ W + (0 if flaw == "state" else h @ U) + (0 if flaw == "bias" else b), 4), strict=True)
    )
    g = _sigmoid(z["g"]) if flaw == "candidate" else np.tanh(z["g"])
    new_c = _sigmoid(z["f"]) * c + _sigmoid(z["i"]) * g
    return _sigmoid(z["o"]) * (new_c if flaw == "output" else np.tanh(c if flaw == "old" else new_c)), new_c


@exercise("10.1", "One step of an LSTM")
def lstm(answer: Any) -> str:
    """Compare with the equations, and with the usual mistakes; the equations are compared with Keras in a test."""
    random = np.random.default_rng(10)
    x, h, c = random.normal(size=3), random.normal(size=4), random.normal(size=4)
    W, U, b = random.normal(size=(3, 16)), random.normal(size=(4, 16)), random.normal(size=16)
    result = call(answer, x, h, c, W, U, b)
    if not isinstance(result, tuple) or len(result) != 2:
        raise AnswerError("Expected two values: return h, c.")
    if any(part is ... for part in result):
        raise NoAnswerError
    found = array(result[0], (4,), "the new h"), array(result[1], (4,), "the new c")

    def equals(pair: tuple[np.ndarray, np.ndarray]) -> bool:
        return all(np.allclose(mine, other, atol=1e-9) for mine, other in zip(found, pair, strict=True))

    right = _step(x, h, c, W, U, b)
    if equals(right):
        return "It equals keras.layers.LSTM."
    if equals((right[1], right[0])):
        raise AnswerError("h and c are exchanged: return h, c.")
    for order in ("igfo", "figo", "ifog", "fiog", "oifg", "giof"):
        if equals(_step(x, h, c, W, U, b, order=order)):
            raise AnswerError(f"Your gates are in the order {', '.join(order)}; Keras stores i, f, g, o.")
    for flaw, why in {
        "state": "The state is not read: h U is missing in the gates.",
        "bias": "The biases are missing.",
        "candidate": "The candidate g is a tanh, from -1 to 1: only the gates are sigmoids.",
        "output": "The output is o times tanh(c'); the tanh is missing.",
        "old": "The output uses the old cell; use the new one, c'.",
    }.items():
        if equals(_step(x, h, c, W, U, b, flaw=flaw)):
            raise AnswerError(why)
    part = (
        "The new c is right, h is not." if np.allclose(found[1], right[1]) else "The new c is not right; begin there."
    )
    raise AnswerError(part)


def scope(words: list[str]) -> set[int]:
    """Return the positions of negated words by the rule of the exercise."""
    found, inside = set(), False
    for i, word in enumerate(words):
        if word in _BEGIN:
            inside = True
        elif word in _END:
            inside = False
        elif inside:
            found.add(i)
    return found


@exercise("10.2", "The scope of a negation")
def negation(answer: Any) -> str:
    """Try sentences with one, two and no negation."""
    for text in (
        "fever but no rash",
        "no fever , red eyes",
        "denies fever or chills but has a rash",
        "a rash without itching . fever",
        "fever and rash",
    ):
        words = [str(word) for word in text.split()]
        result = call(answer, words)
        try:
            found = {int(i) for i in result}
        except (TypeError, ValueError):
            raise AnswerError("Expected a set of positions, such as {3, 4}; return integers, not words.") from None
        right = scope(words)
        if found == right:
            continue
        extra, missing = sorted(found - right), sorted(right - found)
        wrong = [i for i in extra if words[i] not in _BEGIN | _END]
        if extra and not wrong:
            raise AnswerError(f"In '{text}', {words[extra[0]]!r} begins or ends a negation; it is not negated itself.")
        if wrong:
            raise AnswerError(
                f"In '{text}', {words[wrong[0]]!r} is not negated: has the negation ended before it, or not begun?"
            )
        raise AnswerError(f"In '{text}', {words[missing[0]]!r} is negated, and your function misses it.")
    return "Five sentences are right, with scopes that end at 'but' and at punctuation."


@exercise("10.3", "What a bag of words cannot see")
def same_bag(answer: Any) -> str:
    """Count words, then compare what is negated."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    words = [re.findall(r"\w+|[,.;]", str(note).lower()) for note in answer]
    first, second = (Counter(w for w in note if w.isalnum()) for note in words)
    if not first or not second:
        raise AnswerError("Expected two notes.")
    if first != second:
        raise AnswerError(f"The words differ: {', '.join(sorted((first - second) + (second - first)))}.")
    if words[0] == words[1]:
        raise AnswerError("Both notes are the same.")
    negated = [{note[i] for i in scope(note)} for note in words]
    if not any(negated):
        raise AnswerError("Nothing is negated: use 'no', 'denies' or 'without'.")
    if negated[0] == negated[1]:
        raise AnswerError(
            f"The same words are negated in both: {', '.join(sorted(negated[0]))}. Negate another finding in the second."
        )
    return "To a bag of words, both are the same note."
