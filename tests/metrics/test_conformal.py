import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.metrics import conformal_cutoff, conformal_radius, prediction_sets


def _classes(n, seed):
    """A poor model of four uneven classes: coverage must not depend on its being right."""
    rng = np.random.default_rng(seed)
    y = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    z = rng.normal(size=(n, 4)) + 1.2 * np.eye(4)[y] + [1, 0, 0, 0]
    e = np.exp(2 * z)
    return y, e / e.sum(axis=1, keepdims=True)


def _covered(y, sets):
    return sets[np.arange(len(y)), y]


def test_sets_hold_the_truth_as_often_as_asked_on_average_over_validation_splits():
    shares = []
    for seed in range(200):
        cutoff = conformal_cutoff(*_classes(99, seed), coverage=0.9)
        y, p = _classes(200, 10_000 + seed)
        shares.append(_covered(y, prediction_sets(p, cutoff)).mean())
    # with 99 validation examples the expected coverage is exactly 90 / 100
    assert np.mean(shares) == pytest.approx(0.9, abs=0.01)


def test_cutoffs_by_class_cover_the_rare_class_too():
    y, p = _classes(4000, 0)
    new_y, new_p = _classes(20_000, 1)
    rare = new_y == 3
    together = _covered(new_y, prediction_sets(new_p, conformal_cutoff(y, p)))
    apart = _covered(new_y, prediction_sets(new_p, conformal_cutoff(y, p, by_class=True)))
    assert together[rare].mean() < 0.85
    for k in range(4):
        assert apart[new_y == k].mean() == pytest.approx(0.9, abs=0.04)


def test_a_class_never_seen_is_always_in_the_set():
    cutoff = conformal_cutoff([0, 0, 0], np.full((3, 2), 0.5), coverage=0.5, by_class=True)
    assert prediction_sets([[0.999, 0.001]], cutoff)[0, 1]


def test_intervals_hold_the_truth_as_often_as_asked():
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(200):
        noise = rng.standard_t(3, size=300)
        radius = conformal_radius(noise[:99], np.zeros(99), coverage=0.8)
        shares.append((np.abs(noise[99:]) <= radius).mean())
    assert np.mean(shares) == pytest.approx(0.8, abs=0.01)


def test_too_few_examples_give_an_infinite_interval():
    assert conformal_radius([1.0, 2.0], [1.0, 2.5], coverage=0.9) == np.inf


def test_coverage_of_one_is_refused():
    with pytest.raises(DataError, match="between 0 and 1"):
        conformal_cutoff([0, 1], [[0.5, 0.5], [0.5, 0.5]], coverage=1.0)
