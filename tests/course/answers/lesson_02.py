"""Answers to the exercises of lesson 2: one that is right, and wrong ones with a phrase of the explanation."""

import numpy as np


def right_rule(w, b, x, y):
    return (w + y * x, b + y) if y * (w @ x + b) <= 0 else (w, b)


RIGHT = {
    "2.1": right_rule,
    "2.2": 3 / 4,
    "2.3": ((1, 1, -1), (1, 1, 1)),
    "2.4": ([[1, 1], [1, 1]], [1, -1], [1, -1], -0.5),
}
WRONG = {
    "2.1": [
        (lambda w, b, x, y: (w + y * x, b + y), "nothing changes"),
        (lambda w, b, x, y: (w - y * x, b - y) if y * (w @ x + b) <= 0 else (w, b), "sign of the correction"),
        (lambda w, b, x, y: (w + y * x, b) if y * (w @ x + b) <= 0 else (w, b), "b is not"),
        (lambda w, b, x, y: (w + y * x, b + y) if y * (w @ x + b) < 0 else (w, b), "a point on the line"),
        (lambda w, b, x, y: (w + x, b + 1) if y * (w @ x + b) <= 0 else (w, b), "whatever y is"),
    ],
    "2.2": [(1.0, "No line gets all four"), (0.5, "does better"), (0.9, "multiple of 1/4"), (75, "between 0 and 1")],
    "2.3": [
        (((1, 1, 1), (1, 1, 1)), "AND of [-1, 1] is False"),
        (((1, 1, -1), (1, 1, -1)), "OR of [-1, 1] is True"),
        (((1, 1), (1, 1, 1)), "Expected shape (3,)"),
    ],
    "2.4": [
        ([[[1, 1], [1, 1]], [1, 1], [1, -1], -0.5], "Both hidden units answer the same"),
        ([[[1, 1], [1, 1]], [1, -5], [1, -1], -0.5], "carries no information"),
        ([[[1, 1], [1, 1]], [1, -1], [-1, 1], 0.5], "the opposite of XOR"),
        ([[[1, 1], [1, 1]], [1, -1], [1, 1], -0.5], "1 of 4 corners"),
        ([np.ones(2), [1, -1], [1, -1], -0.5], "Expected shape (2, 2)"),
    ],
}
