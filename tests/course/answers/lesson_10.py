"""Answers to the exercises of lesson 10."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def step(x, h, c, W, U, b):
    i, f, g, o = np.split(x @ W + h @ U + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def swapped_gates(x, h, c, W, U, b):
    i, g, f, o = np.split(x @ W + h @ U + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def no_tanh(x, h, c, W, U, b):
    i, f, g, o = np.split(x @ W + h @ U + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * c, c


def negated(words, *, ends=("but", ",", ".", ";"), begins=("no", "denies", "without"), itself=False):
    found, inside = set(), False
    for i, word in enumerate(words):
        if word in begins:
            inside = True
            if itself:
                found.add(i)
        elif word in ends:
            inside = False
        elif inside:
            found.add(i)
    return found


RIGHT = {"10.1": step, "10.2": negated, "10.3": ("fever but no rash", "rash but no fever")}
WRONG = {
    "10.1": [
        (swapped_gates, "Keras stores i, f, g, o"),
        (no_tanh, "the tanh is missing"),
        (lambda x, h, c, W, U, b: step(x, 0 * h, c, W, U, b), "h U is missing"),
        (lambda x, h, c, W, U, b: step(x, h, c, W, U, 0 * b), "biases are missing"),
        (lambda *a: step(*a)[::-1], "exchanged"),
        (lambda *a: (step(*a)[0] + 1, step(*a)[1]), "h is not"),
    ],
    "10.2": [
        (lambda words: negated(words, ends=(",", ".", ";")), "'has' is not negated"),
        (lambda words: negated(words, itself=True), "not negated itself"),
        (lambda words: negated(words, begins=("no",)), "misses it"),
        (lambda words: {words[i] for i in negated(words)}, "return integers"),
    ],
    "10.3": [
        (("fever but no rash", "no fever"), "The words differ"),
        (("fever and rash", "rash and fever"), "Nothing is negated"),
        (("fever but no rash", "Fever but no rash"), "Both notes are the same"),
        (("fever, cough but no rash", "cough, fever but no rash"), "The same words are negated"),
    ],
}
