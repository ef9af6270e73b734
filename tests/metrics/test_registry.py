import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from deepbio.errors import DataError
from deepbio.metrics import (
    METRICS,
    accuracy,
    default_metrics,
    direction,
    metric,
    metric_names,
    register_metric,
    registry,
    summarize,
    value,
)
from deepbio.specs import Task

BINARY = Task("binary", 1)


@pytest.fixture(autouse=True)
def _own_metrics_are_forgotten(monkeypatch):
    monkeypatch.setattr(registry, "METRICS", METRICS.copy())
    monkeypatch.setattr(registry, "_NUMBERED", registry._NUMBERED.copy())


def _data(n=60):
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, n), rng.random(n)


def jaccard(y, p):
    return jaccard_score(y, p >= 0.5)


def test_a_registered_metric_is_summarized_with_an_interval():
    register_metric("jaccard", kinds="binary", direction="max", title="Jaccard index", bounds=(0, 1))(jaccard)
    y, p = _data()
    found = summarize(BINARY, y, p, metrics=["jaccard", "auroc"], n_resamples=200)["jaccard"]
    assert found.value == jaccard(y, p) == value("jaccard", BINARY, y, p)
    assert 0 < found.low < found.value < found.high < 1
    assert (metric("jaccard").title, direction("jaccard")) == ("Jaccard index", "max")
    assert "jaccard" in metric_names("binary")


def test_a_metric_without_weights_is_resampled_as_one_that_takes_them():
    y, p = _data()
    register_metric("own_accuracy", kinds="binary", direction="max", bounds=(0, 1))(
        lambda y, p: float(((p >= 0.5) == y).mean())
    )
    register_metric("weighted_accuracy", kinds="binary", direction="max", bounds=(0, 1))(
        lambda y, p, weights=None: accuracy(y, p, weights=weights)
    )
    found = summarize(BINARY, y, p, metrics=["weighted_accuracy", "own_accuracy"], n_resamples=100)
    for end in ("value", "low", "high"):
        assert getattr(found["own_accuracy"], end) == pytest.approx(getattr(found["weighted_accuracy"], end), rel=1e-12)


@pytest.mark.parametrize(
    ("default", "reported"), [(False, []), (True, ["binary", "multiclass"]), (["binary"], ["binary"])]
)
def test_a_registered_metric_is_a_default_where_it_is_marked(default, reported):
    register_metric("own", kinds=["binary", "multiclass"], direction="min", default=default)(jaccard)
    tasks = [BINARY, Task("multiclass", 3), Task("regression", 1)]
    assert [task.kind for task in tasks if "own" in default_metrics(task)] == reported


def test_a_numbered_metric_is_found_for_every_k():
    register_metric("share_below_{k}", kinds="regression", direction="max", title="Within {k}")(
        lambda y, p, k: float((np.abs(y - p) < k).mean())
    )
    assert metric("share_below_3").title == "Within 3"
    assert value("share_below_3", Task("regression", 1), [0.0, 0.0], [2.0, 4.0]) == 0.5
    assert "share_below_5" in metric_names("regression")


def test_a_name_has_one_metric_but_a_cell_of_a_notebook_may_run_twice():
    for _ in range(2):
        register_metric("jaccard", kinds="binary", direction="max")(jaccard)
    with pytest.raises(DataError, match="'accuracy' exists already"):
        register_metric("accuracy", kinds="binary", direction="max")(jaccard)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kinds": "binery", "direction": "max"}, "Did you mean binary"),
        ({"kinds": "binary", "direction": "up"}, "'max'.*received 'up'"),
        ({"kinds": "binary", "direction": "max", "default": ["multiclas"]}, "Did you mean multiclass"),
    ],
)
def test_a_wrong_registration_is_refused(settings, message):
    with pytest.raises(DataError, match=message):
        register_metric("own", **settings)


def test_more_than_five_outputs_are_reported_with_k_of_five():
    assert default_metrics(Task("multiclass", 6))[-1] == "top_5"
    assert default_metrics(Task("multilabel", 6))[-1] == "precision_at_5"
    assert "top_5" not in default_metrics(Task("multiclass", 5))
    assert metric("precision_at_12").title == "Precision at 12"
