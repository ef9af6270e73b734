"""Answers to the exercises of lesson 7."""

import math

RIGHT = {
    "7.1": lambda n, k, s, p: (n - k + 2 * p) // s + 1,
    "7.2": lambda k, c, f, g: k * k * c // g * f + f,
    "7.3": 62_378_344,
}
WRONG = {
    "7.1": [
        (lambda n, k, s, p: (n - k + 2 * p) // s, "add 1"),
        (lambda n, k, s, p: (n - k + p) // s + 1, "both sides"),
        (lambda n, k, s, p: math.ceil((n - k + 2 * p) / s) + 1, "Round down"),
        (lambda n, k, s, p: (n - k + 2 * p) / s + 1, "Round down"),
    ],
    "7.2": [
        (lambda k, c, f, g: k * k * c * f // g, "biases are missing"),
        (lambda k, c, f, g: k * k * c * f + f, "groups have no effect"),
        (lambda k, c, f, g: k * k * (c // g) * (f // g) + f, "Divided twice"),
        (lambda k, c, f, g: k * c * f // g + f, "a square"),
    ],
    "7.3": [
        (60_965_224, "with two groups"),
        (3_747_200, "add the dense layers"),
        (62_367_992, "biases"),
        (1e9, "too large"),
    ],
}
