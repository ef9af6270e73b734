"""Checkers of lesson 3: logistic regression."""

import math
from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, array, call, exercise, near


def _example(seed: int = 3, n: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3)) + np.array([0.5, 0, 0])
    y = (random.uniform(size=n) < 1 / (1 + np.exp(-X @ [1.0, -0.5, 0.2] - 0.4))).astype(float)
    return X, y, np.array([0.4, -0.3, 0.8]), 0.25


def _loss(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, z) - y * z


@exercise("3.1", "The negative log-likelihood")
def loss(answer: Any) -> str:
    """Compare with the stable form; name other sums, signs and bases; then try extreme logits."""
    z, y = np.array([0.3, -1.2, 2.5, -0.4]), np.array([1.0, 0.0, 1.0, 1.0])
    each = _loss(z, y)
    value = near_loss(call(answer, z, y), each, _loss(z, 1 - y))
    for logit, label, expected in ((1000.0, 1.0, 0.0), (-1000.0, 0.0, 0.0), (1000.0, 0.0, 1000.0)):
        extreme = number_or_nan(call(answer, np.array([logit]), np.array([label])))
        if not abs(extreme - expected) <= 1e-6:
            raise AnswerError(
                f"Right for small logits ({value:.4f}), but a logit of {logit:g} with y = {label:g} returns {extreme:g} "
                f"and should return {expected:g}: the exponential overflows, or a logarithm meets 0."
            )
    return "Mean, sign and base are right, and a logit of 1000 does not overflow."


def number_or_nan(value: Any) -> float:
    """Return one number of any shape as a float, and NaN for anything else."""
    flat = np.asarray(value, dtype=float).ravel()
    return float(flat[0]) if flat.size == 1 else math.nan


def near_loss(value: Any, each: np.ndarray, swapped: np.ndarray) -> float:
    """Return the loss if it is the mean of `each`; explain the usual other values."""
    if np.shape(value) == each.shape:
        raise AnswerError("Your function returns one value per example; the loss is their mean, one number.")
    return near(
        value,
        float(each.mean()),
        "the loss of four examples",
        within=1e-9,
        mistakes={
            float(each.sum()): "You return the sum; divide by the number of examples.",
            -float(
                each.mean()
            ): "The sign is wrong: a likelihood is at most 1, so its negative logarithm is at least 0.",
            float(each.mean()) / math.log(2): "You use the logarithm of base 2; the natural one is meant.",
            float(each.mean()) / math.log(10): "You use the logarithm of base 10; the natural one is meant.",
            float(swapped.mean()): "The labels are exchanged: y = 1 goes with ln p, y = 0 with ln(1 - p).",
        },
    )


@exercise("3.2", "The gradient")
def gradient(answer: Any) -> str:
    """Compare with central differences; name a missing mean, a wrong sign and a missing sigmoid."""
    X, y, w, b = _example()
    result = call(answer, w, b, X, y)
    if not isinstance(result, tuple) or len(result) != 2:
        raise AnswerError("Expected two values, the gradients of w and of b: return dw, db.")
    if any(part is ... for part in result):
        raise NoAnswerError
    dw, db = array(result[0], (3,), "the gradient of w"), float(array(result[1], (), "the gradient of b"))
    z = X @ w + b
    error = 1 / (1 + np.exp(-z)) - y
    right_w, right_b = X.T @ error / len(y), error.mean()
    found = np.append(dw, db)
    for wrong, why in (
        (
            np.append(right_w, right_b) * len(y),
            "You return the sum over the examples; the loss is a mean, so divide by n.",
        ),
        (-np.append(right_w, right_b), "The sign is wrong: at the logit, the gradient is p - y, not y - p."),
        (
            np.append(X.T @ (z - y) / len(y), (z - y).mean()),
            "You use the logit where the probability belongs: p = sigmoid(z).",
        ),
        (
            np.append(
                X.T @ (error * (error + y) * (1 - error - y)) / len(y), (error * (error + y) * (1 - error - y)).mean()
            ),
            "There is a factor p(1 - p) too many: that is the gradient of the squared error; in cross-entropy it cancels.",
        ),
    ):
        if np.allclose(found, wrong, atol=1e-9):
            raise AnswerError(why)
    if not np.allclose(dw, right_w, atol=1e-9):
        raise AnswerError(
            f"The gradient of w differs from finite differences by up to {np.abs(dw - right_w).max():.2g}."
        )
    if abs(db - right_b) > 1e-9:
        raise AnswerError("The gradient of w is right, that of b is not: b is the weight of a constant input 1.")
    return "It agrees with finite differences."


@exercise("3.3", "Probabilities from logits")
def probabilities(answer: Any) -> str:
    """Compare with the sigmoid of -1.2 and of 0.2."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    near(
        answer[0],
        0.2315,
        "the probability at a logit of -1.2",
        within=6e-4,
        mistakes={
            0.7685: "That is the probability of the other class: 1 - p.",
            0.3012: "That is the odds, exp(-1.2); p = odds / (1 + odds).",
        },
    )
    near(
        answer[1],
        0.5498,
        "the probability two standard deviations above the mean",
        within=6e-4,
        mistakes={
            0.3775: "That is one standard deviation above the mean; two are asked for.",
            0.9387: "You multiplied the probability by the odds ratio; multiply the odds, or add to the logit.",
            1.2214: "That is the odds; p = odds / (1 + odds).",
        },
    )
    return "Add to the logit, then apply the sigmoid; the odds were multiplied by exp(1.4) = 4.06."


@exercise("3.4", "Gradient descent")
def descent(answer: Any) -> str:
    """Fit a small data set and look at the gradient at the end."""
    X, y, _, _ = _example(n=200)
    result = call(answer, X, y)
    if not isinstance(result, tuple) or len(result) != 2:
        raise AnswerError("Expected two values: return w, b.")
    if any(part is ... for part in result):
        raise NoAnswerError
    try:
        w, b = array(result[0], (3,), "w"), float(array(result[1], (), "b"))
    except AnswerError as mistake:
        if "finite" in str(mistake):
            raise AnswerError("The weights are infinite or NaN: the step size is too large.") from None
        raise
    error = 1 / (1 + np.exp(-X @ w - b)) - y
    slope = float(np.abs(np.append(X.T @ error / len(y), error.mean())).max())
    start = float(np.log(2))
    reached = float(_loss(X @ w + b, y).mean())
    if reached > start:
        raise AnswerError(
            f"The loss is {reached:.3f}, more than at the start ({start:.3f}): uphill, or a step that is too large."
        )
    if slope > 1e-3:
        raise AnswerError(
            f"Downhill, but not at the bottom: the largest gradient is {slope:.2g}. Take more steps, or larger ones."
        )
    return f"The loss fell from {start:.3f} to {reached:.3f}, and the largest gradient is {slope:.1g}."
