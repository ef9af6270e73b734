"""Answers to the exercises of lesson 4."""

import numpy as np


def _backward(X, y, W1, b1, W2, b2, W3, b3, *, flaw=""):
    H1 = np.tanh(X @ W1 + b1)
    H2 = np.tanh(H1 @ W2 + b2)
    Z = H2 @ W3 + b3
    axis = 0 if flaw == "axis" else 1
    P = np.exp(Z - Z.max(axis=axis, keepdims=True))
    P /= P.sum(axis=axis, keepdims=True)
    d3 = P.copy()
    if flaw != "one-hot":
        d3[np.arange(len(y)), y] -= 1
    if flaw != "mean":
        d3 /= len(y)
    if flaw == "sign":
        d3 = -d3
    d2 = d3 @ W3.T * (1 if flaw == "slope" else H2 * (1 - H2) if flaw == "sigmoid" else 1 - H2**2)
    d1 = d2 @ (W2 if flaw == "transpose" else W2.T)
    d1 = d1 * (1 if flaw == "slope" else H1 * (1 - H1) if flaw == "sigmoid" else 1 - H1**2)
    if flaw == "rows":
        return X.T @ d1, d1, H1.T @ d2, d2, H2.T @ d3, d3
    if flaw == "first":
        return 2 * X.T @ d1, d1.sum(axis=0), H1.T @ d2, d2.sum(axis=0), H2.T @ d3, d3.sum(axis=0)
    return X.T @ d1, d1.sum(axis=0), H1.T @ d2, d2.sum(axis=0), H2.T @ d3, d3.sum(axis=0)


def flawed(flaw):
    return lambda *arguments: _backward(*arguments, flaw=flaw)


# By hand: h = 1/(1+e^-1) = 0.73106, p = 1/(1+e^-0.73106) = 0.67504; dw2 = p h, dw1 = p h (1-h) 2
RIGHT = {"4.1": (0.265, 0.493), "4.2": _backward, "4.3": 9.54e-7}
WRONG = {
    "4.1": [
        ((0.265, -0.238), "p - y, and y = 0"),
        ((1.350, 0.493), "slope of the hidden unit, h(1 - h), is missing"),
        ((0.133, 0.493), "a factor x is missing"),
        ((0.265, 0.675), "a factor h is missing"),
    ],
    "4.2": [
        (flawed("mean"), "divide by the number of examples"),
        (flawed("sign"), "P - Y, not Y - P"),
        (flawed("axis"), "axis=1"),
        (flawed("one-hot"), "subtract 1 at the true class"),
        (flawed("slope"), "missing in both hidden layers"),
        (flawed("sigmoid"), "that of a sigmoid"),
        (flawed("transpose"), "d @ W2.T"),
        (flawed("rows"), "Sum over the examples"),
        (flawed("first"), "Wrong: W1. Right: b1, W2, b2, W3, b3"),
        (lambda *arguments: _backward(*arguments)[:4], "Expected six gradients"),
        (lambda X, *rest: X @ np.ones(9), "Your function raised ValueError"),
    ],
    "4.3": [(0.25, "one layer"), (2.5, "multiplied"), (0.5**10, "1/4"), (0.0, "too small")],
}
