import json
import time

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.metrics import METRICS, Estimate, auroc, default_metrics, direction, metric_names, summarize, value
from deepbio.specs import Task


def _example(kind, rng, n=60):
    if kind == "binary":
        return Task(kind, 1), rng.integers(0, 2, n), rng.random((n, 1))
    if kind == "multiclass":
        return Task(kind, 7), rng.permutation(np.arange(n) % 7), rng.dirichlet(np.ones(7), n)
    if kind == "multilabel":
        y = rng.integers(0, 2, (n, 6)).astype(float)
        y[0, 0] = np.nan
        return Task(kind, 6), y, rng.random((n, 6))
    if kind == "regression":
        return Task(kind, 2), rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
    if kind == "counts":
        return Task(kind, 2), rng.poisson(3, (n, 2)), rng.gamma(2, size=(n, 2))
    if kind == "per_position":
        return Task(kind, 3), rng.integers(0, 3, (n, 20)), rng.dirichlet(np.ones(3), (n, 20))
    if kind == "per_pixel":
        return Task(kind, 3), rng.integers(0, 3, (n, 5, 4)), rng.dirichlet(np.ones(3), (n, 5, 4))
    p = rng.dirichlet(np.ones(20), (n, 2)).transpose(0, 2, 1)
    return Task("profile", 2), rng.poisson(2, (n, 20, 2)), p


KINDS = ["binary", "multiclass", "multilabel", "regression", "counts", "per_position", "per_pixel", "profile"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_of_a_kind_has_a_value_inside_its_interval(kind):
    task, y, p = _example(kind, np.random.default_rng(0))
    names = [name for name in metric_names(kind) if name != "top_5" or task.outputs >= 5]
    found = summarize(task, y, p, metrics=names, n_resamples=200)
    assert list(found) == names
    for name, estimate in found.items():
        assert estimate.reason or estimate.low <= estimate.value <= estimate.high, name
        assert estimate.value == pytest.approx(value(name, task, y, p), rel=1e-12)
    json.dumps({name: estimate.to_dict() for name, estimate in found.items()}, allow_nan=False)


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_of_a_kind_are_among_its_metrics(kind):
    task, y, p = _example(kind, np.random.default_rng(0))
    assert set(default_metrics(task)) <= set(metric_names(kind))
    assert list(summarize(task, y, p, n_resamples=0)) == default_metrics(task)


def test_every_metric_suits_some_kind_and_says_which_way_is_better():
    listed = {name for kind in KINDS for name in metric_names(kind)}
    assert set(METRICS) <= listed
    assert {direction(name) for name in listed} == {"max", "min"}


def test_a_thousand_binary_examples_with_a_thousand_resamples_take_less_than_two_seconds():
    task, y, p = _example("binary", np.random.default_rng(0), n=1000)
    summarize(task, y, p, n_resamples=10)
    start = time.process_time()
    summarize(task, y, p)
    assert time.process_time() - start < 2  # 0.1 to 0.3 s measured


def test_groups_widen_the_interval_of_repeated_measurements():
    rng = np.random.default_rng(0)
    y, p, groups = (np.repeat(side, 10) for side in (np.arange(40) % 2, rng.random(40), np.arange(40)))
    task = Task("binary", 1)
    apart = summarize(task, y, p, metrics=["auroc"])["auroc"]
    together = summarize(task, y, p, metrics=["auroc"], groups=groups)["auroc"]
    assert together.value == apart.value == auroc(y, p)
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_unknown_and_unfitting_names_say_what_is_near():
    task = Task("binary", 1)
    with pytest.raises(DataError, match="Did you mean auroc"):
        value("aurocc", task, [0, 1], [0.1, 0.9])
    with pytest.raises(DataError, match="does not suit a regression task"):
        value("auroc", Task("regression", 1), [0.0, 1.0], [0.1, 0.9])
    with pytest.raises(DataError, match="ends with 3 output"):
        value("accuracy", Task("multiclass", 3), [0, 1], [[0.5, 0.5], [0.1, 0.9]])


def test_estimates_survive_json_even_where_undefined():
    estimate = Estimate(float("nan"))
    assert str(estimate) == "undefined"
    again = Estimate.from_dict(json.loads(json.dumps(estimate.to_dict(), allow_nan=False)))
    assert np.isnan(again.value)
