"""Checkers of lesson 5: multilayer perceptrons."""

from typing import Any

import numpy as np

from deepbio.course.checking import AnswerError, NoAnswerError, array, call, exercise, near


@exercise("5.1", "Number of weights")
def count(answer: Any) -> str:
    """Compare with 7,510; name missing biases and layers."""
    near(
        answer,
        64 * 100 + 100 + 100 * 10 + 10,
        "weights and biases of 64 inputs, 100 hidden units and 10 outputs",
        within=0.5,
        mistakes={
            7400: "The biases are missing: one for each hidden unit and each output.",
            6500: "The output layer is missing.",
            1010: "The hidden layer is missing.",
            174: "Every unit is connected with every unit below: multiply, do not add.",
        },
    )
    return "64 x 100 + 100 and 100 x 10 + 10."


@exercise("5.2", "Collapse two layers")
def collapse(answer: Any) -> str:
    """Compare the outputs of one layer with those of two."""
    random = np.random.default_rng(5)
    W1, b1, W2, b2 = (random.normal(size=s) for s in ((4, 6), (6,), (6, 3), (3,)))
    result = call(answer, W1, b1, W2, b2)
    if not isinstance(result, tuple) or len(result) != 2:
        raise AnswerError("Expected two values: return W, b.")
    if any(part is ... for part in result):
        raise NoAnswerError
    W, b = np.asarray(result[0], dtype=float), np.asarray(result[1], dtype=float)
    if W.shape == (3, 4):
        raise AnswerError("W has shape (3, 4), the transpose of what maps 4 inputs to 3 outputs.")
    W, b = array(W, (4, 3), "W maps 4 inputs to 3 outputs"), array(b, (3,), "b has one value per output")
    if not np.allclose(W, W1 @ W2):
        raise AnswerError(
            "W is not right: apply both layers to an input x without biases, and collect what multiplies x."
        )
    if np.allclose(b, b2) or np.allclose(b, b2 + W2.sum(axis=0)):
        raise AnswerError("W is right. b lacks the first bias, which passes through the second layer, too.")
    if not np.allclose(b, b1 @ W2 + b2):
        raise AnswerError("W is right, b is not: apply both layers to x = 0.")
    return "Two linear layers are one."


@exercise("5.3", "The largest learning rate")
def largest_rate(answer: Any) -> str:
    """Compare with 2/40."""
    near(
        answer,
        0.05,
        "the learning rate above which |1 - 40 rate| exceeds 1",
        within=1e-6,
        mistakes={
            0.025: "At 1/40, the steep direction arrives in one step. It diverges when 1 - 40 rate falls below -1.",
            2.0: "That is the limit of the flat direction; the steep one diverges long before.",
            2 / 41: "The curvatures do not add up: each direction is on its own.",
        },
    )
    return "2 divided by the largest curvature."
