"""Answers to the exercises of lesson 9."""

import numpy as np

RIGHT = {
    "9.1": lambda w, b, x: abs(w @ x + b) / np.abs(w).sum(),
    "9.2": lambda x, g, e: np.clip(x + e * np.sign(g), 0, 1),
    "9.3": lambda m, x, e: np.clip(np.clip(m, x - e, x + e), 0, 1),
}
WRONG = {
    "9.1": [
        (lambda w, b, x: abs(w @ x + b) / np.linalg.norm(w), "Euclidean distance"),
        (lambda w, b, x: abs(w @ x) / np.abs(w).sum(), "bias b is missing"),
        (lambda w, b, x: -abs(w @ x + b) / np.abs(w).sum(), "not negative"),
        (lambda w, b, x: abs(w @ x + b) / np.abs(w).max(), "one pixel alone"),
    ],
    "9.2": [
        (lambda x, g, e: np.clip(x - e * np.sign(g), 0, 1), "Downhill"),
        (lambda x, g, e: x + e * np.sign(g), "between 0 and 1"),
        (lambda x, g, e: np.clip(x + e * g, 0, 1), "takes its sign"),
        (lambda x, g, e: np.clip(x + 2 * e * np.sign(g), 0, 1), "largest change is 0.200"),
    ],
    "9.3": [
        (lambda m, x, e: np.clip(m, 0, 1), "more than epsilon"),
        (lambda m, x, e: np.clip(m, x - e, x + e), "below 0 or above 1"),
        (lambda m, x, e: np.clip(x + e * np.sign(m - x), 0, 1), "inside the box has moved"),
        (lambda m, x, e: np.where(np.abs(m - x) > e, x, m), "not the nearest"),
    ],
}
