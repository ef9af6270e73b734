"""Answers to the exercises of lesson 13."""

import numpy as np


def wilson(k, n, z=1.96):
    p = k / n
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def textbook(k, n):
    p = k / n
    half = 1.96 * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def split(patients, fraction, seed):
    names = np.random.default_rng(seed).permutation(np.unique(patients))
    inside = np.isin(patients, names[: round(fraction * len(names))])
    return np.flatnonzero(inside), np.flatnonzero(~inside)


def by_image(patients, fraction, seed):
    order = np.random.default_rng(seed).permutation(len(patients))
    return order[: int(fraction * len(order))], order[int(fraction * len(order)) :]


def ece(y, p, bins, *, weighted=True, size=np.abs):
    where = np.minimum((p * bins).astype(int), bins - 1)
    found = [k for k in range(bins) if (where == k).any()]
    gaps = [size(p[where == k].mean() - y[where == k].mean()) for k in found]
    return np.average(gaps, weights=[(where == k).mean() for k in found] if weighted else None)


RIGHT = {"13.1": wilson, "13.2": split, "13.3": 0.0295, "13.4": ece}
WRONG = {
    "13.1": [
        (textbook, "textbook's interval"),
        (lambda k, n: wilson(k, n)[::-1], "exchanged"),
        (lambda k, n: tuple(end * (1 + 1.96**2 / n) for end in wilson(k, n)), "is missing"),
        (lambda k, n: (0.0, 1.0), "too small"),
    ],
    "13.2": [
        (by_image, "patients are in both splits"),
        (lambda patients, fraction, seed: split(patients, fraction, 0), "the same split"),
        (lambda patients, fraction, seed: split(patients, 0.5, seed), "70% were asked for"),
        (
            lambda patients, fraction, seed: (
                split(patients, fraction, seed)[0][1:],
                split(patients, fraction, seed)[1],
            ),
            "once",
        ),
    ],
    "13.3": [(0, "no error ever"), (0.05, "not the rate"), (0.970, "the error rate is"), (0.01, "37%")],
    "13.4": [
        (lambda y, p, bins: ece(y, p, bins, weighted=False), "weight by the fraction"),
        (lambda y, p, bins: ece(y, p, bins, size=float), "Distances of opposite sign"),
        (lambda y, p, bins: ece(y, p, bins, size=np.square), "You square"),
        (lambda y, p, bins: float("nan"), "NaN"),
    ],
}
