"""The teaching sets: what can and what cannot be learnt from them."""

import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import DataError


def test_xor_is_the_exclusive_or_of_the_signs():
    for _, split in load_dataset("xor").splits():
        x = np.asarray(split.x)
        assert np.array_equal(split.y, (x[:, 0] > 0) ^ (x[:, 1] > 0))


def test_no_line_is_right_for_more_than_three_corners_of_xor():
    # Minsky and Papert 1969. Every separating direction is tried, with every threshold between two points.
    data = load_dataset("xor")
    x, y = np.asarray(data.test.x, np.float64), np.asarray(data.test.y)
    best = 0.0
    for angle in np.linspace(0, np.pi, 90, endpoint=False):
        order = np.argsort(x @ [np.cos(angle), np.sin(angle)])
        ones_below = np.concatenate([[0], np.cumsum(y[order])])
        zeros_above = np.sum(y == 0) - (np.arange(len(y) + 1) - ones_below)
        right = (ones_below + zeros_above) / len(y)
        best = max(best, right.max(), 1 - right.min())
    assert 0.7 <= best <= 0.75


def test_the_corners_of_xor_have_equally_many_points():
    data = load_dataset("xor")
    corners = (np.asarray(data.train.x) > 0) @ [2, 1]
    assert np.bincount(corners).tolist() == [100, 100, 100, 100]


def test_moons_without_noise_lie_on_their_half_circles():
    x, y = (
        np.asarray(part) for part in (load_dataset("two_moons", noise=0.0).train.x, load_dataset("two_moons").train.y)
    )
    upper, lower = x[y == 0], x[y == 1]
    assert np.allclose(np.hypot(*upper.T), 1, atol=1e-6)
    assert np.allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1, atol=1e-6)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5


@pytest.mark.parametrize("name", ["xor", "two_moons"])
def test_a_seed_decides_the_points(name):
    assert load_dataset(name, seed=3).fingerprint() == load_dataset(name, seed=3).fingerprint()
    assert load_dataset(name, seed=3).fingerprint() != load_dataset(name, seed=4).fingerprint()


def test_each_split_is_drawn_anew():
    data = load_dataset("xor")
    drawn = np.concatenate([np.asarray(split.x) for _, split in data.splits()])
    assert len(np.unique(drawn, axis=0)) == len(drawn)


def test_the_options_are_kept_for_recipes():
    data = load_dataset("two_moons", seed=7, noise=0.25)
    assert data.options == {"seed": 7, "noise": 0.25}
    assert load_dataset("two_moons", **data.options).fingerprint() == data.fingerprint()


@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf")])
def test_noise_that_is_no_deviation_is_refused(noise):
    with pytest.raises(DataError, match="noise is a standard deviation"):
        load_dataset("two_moons", noise=noise)
