"""Answers to the exercises of lesson 11."""

import numpy as np


def encode(sequence):
    return np.array([[base == column for column in "ACGT"] for base in sequence.upper()], dtype=float)


def entropy(counts, log=np.log2):
    p = counts / counts.sum(axis=1, keepdims=True)
    return -(p * log(np.where(p > 0, p, 1))).sum(axis=1)


def nan(counts):
    p = counts / counts.sum(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        return 2 + (p * np.log2(p)).sum(axis=1)


def effect(predict, sequence, position, reference, alternate, *, start=1, strict=True, sign=1):
    i = position - start
    if strict and sequence[i] != reference:
        raise ValueError(sequence[i])
    return sign * (predict(sequence[:i] + alternate + sequence[i + 1 :]) - predict(sequence))


RIGHT = {"11.1": encode, "11.2": lambda counts: 2 - entropy(counts), "11.3": effect}
WRONG = {
    "11.1": [
        (lambda s: encode(s).T, "(4, length)"),
        (lambda s: np.eye(4)[["ACGT".find(b) for b in s.upper()]], "a row of zeros"),
        (lambda s: encode(s)[:, [0, 2, 1, 3]], "The row of C"),
        (lambda s: np.array([[b == c for c in "ACGT"] for b in s], float), "Small letters"),
    ],
    "11.2": [
        (entropy, "That is the entropy"),
        (lambda counts: 2 - entropy(counts, np.log), "natural logarithm"),
        (nan, "contains NaN"),
        (lambda counts: 2 + entropy(counts), "The sign of the sum"),
    ],
    "11.3": [
        (lambda *a: effect(*a, start=0), "Python counts from 0"),
        (lambda *a: effect(*a, strict=False), "must raise a ValueError"),
        (lambda *a: effect(*a, sign=-1), "alternate minus reference"),
        (lambda predict, s, i, r, a: predict(s[: i - 1] + a + s[i:]), "subtract that of the reference"),
        (lambda predict, s, i, r, a: predict(s[: i - 1] + s[i:]), "keeps the length"),
    ],
}
