"""Hypothesis cases that metrics disagree on most: ties, weights, few examples, one class."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


@st.composite
def binary(draw, *, both_classes=True):
    """Truth, scores with many ties, and integer or fractional weights."""
    n = draw(st.integers(2, 40))
    y = draw(arrays(np.int64, n, elements=st.integers(0, 1)))
    if both_classes:
        y[:2] = 0, 1
    p = draw(arrays(np.float64, n, elements=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.500001, 0.75, 1.0])))
    return y, p, draw(_weights(n))


@st.composite
def classes(draw, *, every_class=True):
    """Class indices, probabilities of three to five classes, and weights."""
    n, k = draw(st.integers(6, 30)), draw(st.integers(3, 5))
    y = draw(arrays(np.int64, n, elements=st.integers(0, k - 1)))
    if every_class:
        y[:k] = np.arange(k)
    parts = draw(arrays(np.int64, (n, k), elements=st.integers(1, 4))).astype(float)
    return y, parts / parts.sum(axis=1, keepdims=True), draw(_weights(n))


@st.composite
def numbers(draw):
    """Two sides that are not constant, with ties, and weights."""
    n = draw(st.integers(3, 40))
    sides = [draw(arrays(np.float64, n, elements=st.integers(-20, 20).map(lambda i: i / 4))) for _ in range(2)]
    for side in sides:
        side[:2] = -1.5, 2.5
    return *sides, draw(_weights(n))


def _weights(n):
    whole = arrays(np.int64, n, elements=st.integers(1, 5))
    parts = arrays(np.float64, n, elements=st.floats(0.1, 4.0))
    return st.one_of(st.none(), whole, parts)
