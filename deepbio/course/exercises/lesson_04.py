"""Checkers of lesson 4: back-propagation. A wrong gradient is compared with those that the usual mistakes produce."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, call, exercise, near

NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")


@exercise("4.1", "Two derivatives with pencil and paper")
def by_hand(answer: Any) -> str:
    """Compare with 0.177 and 0.493; name a missing slope, weight or input."""
    if any(part is ... for part in answer):
        raise NoAnswerError
    h = 1 / (1 + np.exp(-1.0))
    p = 1 / (1 + np.exp(-h))
    near(
        answer[1],
        p * h,
        "dL/dw2",
        within=1e-3,
        mistakes={
            (p - 1) * h: "The error at the output is p - y, and y = 0 here.",
            p: "That is dL/dz2; w2 multiplies h, so a factor h is missing.",
            p * p * (1 - p) * h: "There is a factor p(1 - p) too many; it cancels with the loss.",
        },
    )
    near(
        answer[0],
        p * h * (1 - h) * 2,
        "dL/dw1",
        within=1e-3,
        mistakes={
            p * 2: "The slope of the hidden unit, h(1 - h), is missing.",
            p * h * (1 - h): "That is dL/dz1; w1 multiplies x = 2, so a factor x is missing.",
            p * h * 2: "The slope of the hidden unit is h(1 - h), not h.",
        },
    )
    return "The error p - y went back through w2, was damped by h(1 - h) and multiplied by x."


@dataclass(frozen=True)
class _Error:
    """A usual mistake: what to change in the backward pass, and how to explain it."""

    why: str
    mean: float = 1.0
    sign: float = 1.0
    softmax_axis: int = 1
    one_hot: bool = True
    slope_1: str = "right"
    slope_2: str = "right"
    bias: str = "sum"
    transpose: bool = False


_RIGHT = _Error("")
_ERRORS = (
    _Error(
        "The loss is a mean: divide by the number of examples, once, where the error at the output is computed.",
        mean=0.0,
    ),
    _Error("You divide by the number of examples twice.", mean=2.0),
    _Error("The sign is wrong: the error at the output is P - Y, not Y - P.", sign=-1.0),
    _Error("The softmax is taken over the examples: sum over the classes, axis=1, with keepdims=True.", softmax_axis=0),
    _Error("The error at the output is P, not P - Y: subtract 1 at the true class of each example.", one_hot=False),
    _Error("The slope of tanh is missing in both hidden layers: multiply by 1 - H**2.", slope_1="none", slope_2="none"),
    _Error("The slope of tanh is missing in the first hidden layer.", slope_1="none"),
    _Error("The slope of tanh is missing in the second hidden layer.", slope_2="none"),
    _Error(
        "The slope of tanh is 1 - H**2 with H = tanh(Z); yours applies tanh once more.",
        slope_1="twice",
        slope_2="twice",
    ),
    _Error("The slope of tanh is 1 - H**2 with H = tanh(Z); yours uses 1 - Z**2.", slope_1="input", slope_2="input"),
    _Error("The slope of tanh is 1 - H**2; H * (1 - H) is that of a sigmoid.", slope_1="sigmoid", slope_2="sigmoid"),
    _Error("The slope of tanh is 1 - H**2; yours is that of relu.", slope_1="relu", slope_2="relu"),
    _Error(
        "A bias is added to every row, so its gradient is the sum over the rows of the error; you take the mean.",
        bias="mean",
    ),
    _Error("The error goes back through the transposed weights, d @ W2.T; you multiply by W2 itself.", transpose=True),
)


def _slope(kind: str, Z: np.ndarray, H: np.ndarray) -> np.ndarray:
    return {
        "right": 1 - H**2,
        "none": np.ones_like(H),
        "twice": 1 - np.tanh(H) ** 2,
        "input": 1 - Z**2,
        "sigmoid": H * (1 - H),
        "relu": (Z > 0).astype(float),
    }[kind]


def gradients(X: np.ndarray, y: np.ndarray, weights: list[np.ndarray], error: _Error = _RIGHT) -> list[np.ndarray]:
    """Return the six gradients, with a usual mistake if one is passed."""
    W1, b1, W2, b2, W3, b3 = weights
    Z1 = X @ W1 + b1
    H1 = np.tanh(Z1)
    Z2 = H1 @ W2 + b2
    H2 = np.tanh(Z2)
    exponentials = np.exp(H2 @ W3 + b3)
    P = exponentials / exponentials.sum(axis=error.softmax_axis, keepdims=True)
    d3 = error.sign * (P - np.eye(3)[y] * error.one_hot) / len(y) ** error.mean
    d2 = d3 @ W3.T * _slope(error.slope_2, Z2, H2)
    d1 = d2 @ (W2 if error.transpose else W2.T) * _slope(error.slope_1, Z1, H1)
    found = []
    for below, d in ((X, d1), (H1, d2), (H2, d3)):
        found += [below.T @ d, d.mean(axis=0) if error.bias == "mean" else d.sum(axis=0)]
    return found


def _loss(X: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> float:
    W1, b1, W2, b2, W3, b3 = weights
    Z = np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2) @ W3 + b3
    return float(np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y]))


def finite_differences(X: np.ndarray, y: np.ndarray, weights: list[np.ndarray], step: float = 1e-5) -> list[np.ndarray]:
    """Return the six gradients by central differences."""
    found = []
    for k, weight in enumerate(weights):
        slope = np.zeros_like(weight)
        for place in np.ndindex(weight.shape):
            around = []
            for move in (step, -step):
                changed = [w.copy() for w in weights]
                changed[k][place] += move
                around.append(_loss(X, y, changed))
            slope[place] = (around[0] - around[1]) / (2 * step)
        found.append(slope)
    return found


def problem(seed: int = 4) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return inputs, classes and weights: 7 examples, 4 features, two hidden layers of 5 units."""
    random = np.random.default_rng(seed)
    shapes = [(4, 5), (5,), (5, 5), (5,), (5, 3), (3,)]
    return random.normal(size=(7, 4)), np.array([0, 2, 1, 1, 0, 2, 2]), [random.normal(size=s) for s in shapes]


@exercise("4.2", "Back-propagation with two hidden layers and softmax")
def backpropagation(answer: Any) -> str:
    """Compare six gradients with finite differences, then with those of the usual mistakes."""
    X, y, weights = problem()
    result = call(answer, X, y, *weights)
    if not isinstance(result, (tuple, list)) or len(result) != 6:
        raise AnswerError("Expected six gradients in the order of the arguments: return dW1, db1, dW2, db2, dW3, db3.")
    if any(part is ... for part in result):
        raise NoAnswerError
    found = [np.asarray(part, dtype=float) for part in result]
    for name, mine, weight in zip(NAMES, found, weights, strict=True):
        if mine.shape != weight.shape:
            hint = " Sum over the examples." if mine.shape == (7, *weight.shape) else ""
            raise AnswerError(
                f"The gradient of {name} has the shape of {name}, {weight.shape}; yours has {mine.shape}.{hint}"
            )
    expected = finite_differences(X, y, weights)
    wrong = [n for n, mine, right in zip(NAMES, found, expected, strict=True) if not _near(mine, right)]
    if not wrong:
        worst = max(float(np.abs(a - b).max()) for a, b in zip(found, gradients(X, y, weights), strict=True))
        return f"All six agree with finite differences, and with the checker's own back-propagation to {worst:.0e}."
    for error in _ERRORS:
        if all(_near(mine, other) for mine, other in zip(found, gradients(X, y, weights, error), strict=True)):
            raise AnswerError(error.why)
    right = [name for name in NAMES if name not in wrong]
    raise AnswerError(
        f"Wrong: {', '.join(wrong)}. Right: {', '.join(right) or 'none'}. Work backwards: look for the mistake at {wrong[-1]} first, "
        "because what lies below it inherits it."
    )


def _near(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a - b).max() <= 1e-6 * max(1.0, float(np.abs(b).max())))


@exercise("4.3", "A gradient that vanishes")
def vanishing(answer: Any) -> str:
    """Compare with a quarter to the tenth power."""
    expected = 0.25**10
    near(
        answer,
        expected,
        "the damping by ten layers",
        within=expected * 0.02,
        mistakes={
            0.25: "That is one layer; there are ten.",
            2.5: "The factors are multiplied, not added.",
            0.5**10: "The slope at the steepest point is 1/4; 1/2 is the activation there.",
        },
    )
    return "Less than a millionth of the error reaches the first layer."
