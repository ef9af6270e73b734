"""Answers to the exercises of lesson 3."""

import numpy as np


def right_loss(z, y):
    return np.mean(np.logaddexp(0, z) - y * z)


def naive_loss(z, y):
    p = 1 / (1 + np.exp(-z))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def gradient(w, b, X, y):
    error = 1 / (1 + np.exp(-X @ w - b)) - y
    return X.T @ error / len(y), error.mean()


def squared_gradient(w, b, X, y):
    p = 1 / (1 + np.exp(-X @ w - b))
    return X.T @ ((p - y) * p * (1 - p)) / len(y), ((p - y) * p * (1 - p)).mean()


def descend(step, steps):
    def fit(X, y):
        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(steps):
            dw, db = gradient(w, b, X, y)
            w, b = w - step * dw, b - step * db
        return w, b

    return fit


RIGHT = {"3.1": right_loss, "3.2": gradient, "3.3": (0.231, 0.550), "3.4": descend(0.5, 2000)}
WRONG = {
    "3.1": [
        (lambda z, y: np.sum(np.logaddexp(0, z) - y * z), "divide by the number of examples"),
        (lambda z, y: -right_loss(z, y), "The sign is wrong"),
        (lambda z, y: right_loss(z, y) / np.log(2), "base 2"),
        (lambda z, y: np.logaddexp(0, z) - y * z, "one value per example"),
        (lambda z, y: right_loss(z, 1 - y), "labels are exchanged"),
        (naive_loss, "a logit of 1000"),
    ],
    "3.2": [
        (lambda w, b, X, y: tuple(len(y) * g for g in gradient(w, b, X, y)), "divide by n"),
        (lambda w, b, X, y: tuple(-g for g in gradient(w, b, X, y)), "p - y, not y - p"),
        (lambda w, b, X, y: (X.T @ (X @ w + b - y) / len(y), (X @ w + b - y).mean()), "You use the logit"),
        (lambda w, b, X, y: (gradient(w, b, X, y)[0], 0.0), "that of b is not"),
        (squared_gradient, "a factor p(1 - p) too many"),
        (lambda w, b, X, y: (X @ w - y, 0.0), "Expected shape (3,)"),
    ],
    "3.3": [
        ((0.769, 0.550), "the other class"),
        ((0.231, 0.378), "one standard deviation"),
        ((0.231, 0.939), "multiply the odds"),
        ((0.301, 0.550), "That is the odds"),
    ],
    "3.4": [
        (descend(0.1, 3), "not at the bottom"),
        (descend(-0.1, 50), "uphill"),
        (lambda X, y: (np.full(3, np.inf), 0.0), "step size is too large"),
    ],
}
