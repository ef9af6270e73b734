"""What `summarize` refuses: truths, predictions, groups and settings that no metric has a meaning for."""

import numpy as np
import pandas as pd
import pytest

from deepbio.errors import DataError
from deepbio.metrics import summarize, value
from deepbio.specs import Task

BINARY, VALUES, MARKS = Task("binary", 1), Task("regression", 1), Task("multilabel", 2)
P = np.array([0.1, 0.4, 0.6, 0.9])
REFUSED = {
    "no example": (BINARY, [], [], {}, "empty: a metric needs at least one example"),
    "names of classes": (BINARY, ["ill", "well", "ill", "well"], P, {}, "y contains numbers.*such as 'ill'"),
    "a word among numbers": (VALUES, np.array([1, 2, "x", 4], object), P, {}, "y contains numbers"),
    "an infinite truth": (VALUES, [1, 2, np.inf, 4], P, {}, "y contains infinite values"),
    "no known truth": (MARKS, np.full((4, 2), np.nan), np.tile(P, (2, 1)).T, {}, "y contains no known values"),
    "an infinite prediction": (VALUES, [1, 2, 3, 4], [1, 2, np.inf, 4], {}, "p contains 1 infinite value"),
    "a missing group": (BINARY, [0, 1, 0, 1], P, {"groups": ["a", None, "b", "c"]}, "groups: example 2 has none"),
    "a NaN as group": (BINARY, [0, 1, 0, 1], P, {"groups": [1.0, 2.0, np.nan, 3.0]}, "groups: example 3 has none"),
    "sums other than 1": (
        Task("multiclass", 2),
        [0, 1],
        [[0.2, 0.3], [0.1, 0.4]],
        {},
        "a sum of 0.5. Apply the softmax",
    ),
    "a percentage": (BINARY, [0, 1, 0, 1], P, {"confidence": 95}, "confidence between 0 and 1.*received 1000 and 95"),
    "fewer than no resamples": (BINARY, [0, 1, 0, 1], P, {"n_resamples": -1}, "n_resamples is a whole number"),
    "a NaN as prediction": (BINARY, [0, 1, 0, 1], [0.1, np.nan, 0.2, 0.3], {}, "p contains 1 NaN"),
    "a NaN as class": (BINARY, [0, 1, np.nan, 1], P, {}, "y contains 1 NaN where classes are needed"),
    "masked predictions": (BINARY, [0, 1, 0, 1], np.ma.masked_less(P, 0.3), {}, "p is a masked array with 1 masked"),
    "masked truths": (BINARY, np.ma.masked_equal([0, 1, 0, 1], 1), P, {}, "y contains masked"),
    "words as predictions": (BINARY, [0, 1, 0, 1], ["0.1", "?", "0", "1"], {}, "p contains numbers.*'\\?'"),
    "logits": (BINARY, [0, 1, 0, 1], [-2, 1, 3, -1], {"metrics": ["f1"]}, "threshold 0.5 need p between 0 and 1"),
    "percentages": (MARKS, np.eye(2), 90 * np.eye(2), {"metrics": ["macro_f1"]}, "threshold 0.5 .* received 0 to 90"),
    "one label of two": (
        MARKS,
        [0, 1, 0, 1],
        np.tile(P, (2, 1)).T,
        {},
        "a column of 0, 1 and NaN for each of the 2 labels",
    ),
    "one-hot classes": (Task("multiclass", 2), np.eye(2), np.eye(2), {}, "Pass y.argmax"),
    "a NaN among names of groups": (BINARY, [0, 1, 0, 1], P, {"groups": ["a", np.nan, "b", "c"]}, "example 2 has none"),
    "a group without a name": (
        BINARY,
        [0, 1, 0, 1],
        P,
        {"groups": ["a", "b", " ", ""]},
        "example 3 has none, nor have 1 others",
    ),
    "a missing value of pandas": (
        BINARY,
        [0, 1, 0, 1],
        P,
        {"groups": pd.array(["a", None, "b", "b"], dtype="string")},
        "example 2 ",
    ),
    "one name of a metric": (BINARY, [0, 1, 0, 1], P, {"metrics": "auroc"}, r"such as \['auroc'\]"),
    "half a resample": (BINARY, [0, 1, 0, 1], P, {"n_resamples": 0.5}, "n_resamples is a whole number"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_meaning_is_refused(what):
    task, y, p, settings, message = REFUSED[what]
    with pytest.raises(DataError, match=message):
        summarize(task, y, p, **settings)


def test_python_numbers_in_an_array_of_objects_are_numbers():
    assert value("accuracy", BINARY, np.array([0, 0, 1, 1], object), P) == 1.0


def test_groups_of_words_and_numbers_are_groups():
    found = summarize(BINARY, [0, 1, 0, 1], P, metrics=["accuracy"], groups=np.array(["a", 1, "b", 1], object))
    assert found["accuracy"].reason.startswith("3 groups, ")


def test_a_group_is_the_same_whether_its_number_is_whole_or_text():
    groups = np.array([1, 1.0, "1", 2], object)
    found = summarize(BINARY, [0, 1, 0, 1], P, metrics=["accuracy"], groups=groups)
    assert found["accuracy"].reason.startswith("2 groups, ")


@pytest.mark.parametrize("kind", ["regression", "multilabel", "per_pixel"])
def test_examples_without_a_known_truth_are_no_units(kind):
    rng = np.random.default_rng(0)
    shape = {"regression": (40,), "multilabel": (40, 2), "per_pixel": (40, 3, 3)}[kind]
    y = rng.integers(0, 2, shape).astype(int if kind == "per_pixel" else float)
    p = rng.dirichlet([1, 1], shape) if kind == "per_pixel" else rng.random(shape)
    y[4:] = -1 if kind == "per_pixel" else np.nan
    task, name = (
        Task(kind, 1 if kind == "regression" else 2),
        {"regression": "rmse", "multilabel": "log_loss"}.get(kind, "accuracy"),
    )
    found = summarize(task, y, p, metrics=[name], groups=np.arange(40) // 2)[name]
    assert found.value == value(name, task, y, p)
    assert found.reason.startswith("2 groups, ")
    assert summarize(task, y, p, metrics=[name])[name].reason == "4 examples, 5 needed"


def test_few_resamples_do_not_make_an_interval_narrow():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 300), rng.random(300)
    one, many = (summarize(BINARY, y, p, n_resamples=n) for n in (1, 1000))
    for name, found in many.items():
        assert one[name].high - one[name].low > 0.7 * (found.high - found.low), name


@pytest.mark.parametrize("name", ["mcc", "f1", "kappa"])
def test_a_metric_that_is_0_whatever_is_predicted_has_no_interval_of_width_0(name):
    found = summarize(BINARY, np.zeros(40, int), np.linspace(0.1, 0.9, 40), metrics=[name])[name]
    assert (found.value, found.reason) == (0.0, "all examples are of one class")
    assert np.isnan(found.low)
    assert np.isnan(found.high)
