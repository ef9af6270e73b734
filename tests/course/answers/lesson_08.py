"""Answers to the exercises of lesson 8."""

import numpy as np


def mix(x1, y1, x2, y2, weight, classes):
    return weight * x1 + (1 - weight) * x2, weight * np.eye(classes)[y1] + (1 - weight) * np.eye(classes)[y2]


RIGHT = {"8.1": (True, False, False, True, False), "8.2": mix, "8.3": lambda x: x[::-1, ::-1]}
WRONG = {
    "8.1": [
        ((False, False, False, True, False), "a: a cell has no upper side"),
        ((True, True, False, True, False), "b: the side is what is asked for"),
        ((True, False, True, True, False), "c: look at a 6"),
        ((True, False, False, True, True), "e: the donor"),
        (("yes", False, False, True, False), "expected True or False"),
    ],
    "8.2": [
        (lambda x1, y1, x2, y2, w, n: mix(x2, y2, x1, y1, w, n), "weights are exchanged"),
        (lambda x1, y1, x2, y2, w, n: (w * x1 + (1 - w) * x2, w * y1 + (1 - w) * y2), "a third class"),
        (lambda x1, y1, x2, y2, w, n: ((x1 + x2) / 2, mix(x1, y1, x2, y2, w, n)[1]), "equal parts"),
        (lambda x1, y1, x2, y2, w, n: (mix(x1, y1, x2, y2, w, n)[0], np.eye(n)[y1]), "not mixed"),
    ],
    "8.3": [
        (lambda x: x[::-1], "not complemented"),
        (lambda x: x[:, ::-1], "not reversed"),
        (lambda x: x, "Nothing has changed"),
        (lambda x: np.roll(x[::-1, ::-1], 1, axis=0), "yours is another"),
    ],
}
