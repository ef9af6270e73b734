"""What `summarize` refuses: truths, predictions, groups and settings that no metric has a meaning for."""

import numpy as np
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


@pytest.mark.parametrize("name", ["mcc", "f1", "kappa"])
def test_a_metric_that_is_0_whatever_is_predicted_has_no_interval_of_width_0(name):
    found = summarize(BINARY, np.zeros(40, int), np.linspace(0.1, 0.9, 40), metrics=[name])[name]
    assert (found.value, found.reason) == (0.0, "all examples are of one class")
    assert np.isnan(found.low)
    assert np.isnan(found.high)
