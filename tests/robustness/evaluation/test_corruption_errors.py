"""Errors under corruptions: balanced, comparable to a reference, with intervals."""

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.robustness import Corruption, CorruptionErrors, corruption_errors

Y = np.repeat([0, 1], [80, 20])


def errors(clean, *wrong):
    """Return errors of two severities from how many examples of each class are wrong."""

    def mask(counts):
        return np.concatenate([np.arange(80) < counts[0], np.arange(20) < counts[1]])

    rows = np.array([[mask(one) for one in kind] for kind in wrong])
    names = tuple("abc"[: len(wrong)])
    return CorruptionErrors(names, ("own",) * len(wrong), Y, mask(clean), rows, (1, 5))


def test_the_error_is_the_mean_over_classes():
    found = errors((8, 0), ((8, 10), (80, 10)))
    assert found.clean_error().value == pytest.approx(0.05)
    assert found.error("a", 1).value == pytest.approx((0.1 + 0.5) / 2)
    assert found.error("a").value == pytest.approx((0.3 + 0.75) / 2)
    assert found.increase().value == pytest.approx(0.525 - 0.05)


def test_the_corruption_error_is_relative_to_the_reference():
    found = errors((8, 0), ((8, 2), (8, 2)), ((16, 4), (16, 4)))
    assert found.mce({"a": 0.2, "b": 0.4}).value == pytest.approx((0.1 / 0.2 + 0.2 / 0.4) / 2)
    assert found.relative_mce({"a": 0.2, "b": 0.4}, 0.1).value == pytest.approx((0.05 / 0.1 + 0.15 / 0.3) / 2)


def test_intervals_contain_the_value_and_are_on_the_right_side_of_no_increase():
    found = errors((8, 2), ((16, 4), (24, 6)))
    one = found.mean_error()
    assert one.low < one.value < one.high
    assert one.high - one.low < 0.25
    more = found.increase()
    assert 0 < more.low < more.value < more.high


def test_an_error_of_no_example_has_an_upper_bound():
    one = errors((0, 0), ((8, 2), (8, 2))).clean_error()
    assert (one.value, one.low) == (0, 0)
    assert 0.1 < one.high < 0.2


def test_a_network_errs_more_where_the_spot_is_hidden(trained, examples):
    x, y = examples

    def covered(image, size, random):
        return np.where(np.arange(8)[:, None, None] < size, 100, image)

    hide = Corruption("hide", "own", covered, (0, 1, 2, 4, 8))
    found = corruption_errors(trained, x, y, {"hide": hide})
    values = [found.error("hide", s).value for s in range(1, 6)]
    assert values[0] == found.clean_error().value < 0.1
    assert values[4] == pytest.approx(2 / 3)


def test_what_does_not_fit_is_refused(trained, examples):
    x, y = examples
    with pytest.raises(DataError, match="One|one corruption"):
        corruption_errors(trained, x, y, {})
    with pytest.raises(DataError, match="one class per example"):
        corruption_errors(trained, x, y[:-1], {"a": Corruption("a", "own", lambda x, a, r: x, (1,) * 5)})
    with pytest.raises(DataError, match="b are missing|missing"):
        errors((8, 0), ((8, 2), (8, 2)), ((16, 4), (16, 4))).mce({"a": 1.0})
    with pytest.raises(DataError, match="severities"):
        errors((8, 0), ((8, 2), (8, 2))).error("a", 3)
