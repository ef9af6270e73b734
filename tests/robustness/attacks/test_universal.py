"""One perturbation lowers the accuracy on images that it was not made from, and stays in its ball."""

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.robustness import universal_perturbation


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.12), ("l2", 1.0)])
def test_a_universal_perturbation_generalizes_to_other_images(trained, spot_data, examples, norm, epsilon):
    x, y = np.asarray(spot_data.train.x)[:300], np.asarray(spot_data.train.y)[:300]
    found = universal_perturbation(trained, x, y, epsilon=epsilon, norm=norm)
    size = np.abs(found.delta).max() if norm == "linf" else np.linalg.norm(found.delta)
    assert size <= epsilon + 1e-5
    moved = found.apply(examples[0])
    assert moved.dtype == np.uint8
    assert np.abs(moved.astype(int) - examples[0]).max() <= 255 * np.abs(found.delta).max() + 1e-3
    clean = np.mean(np.asarray(trained(examples[0])).argmax(1) == examples[1])
    assert found.accuracy(trained, *examples).value < clean - 0.15
    np.testing.assert_array_equal(found.delta, universal_perturbation(trained, x, y, epsilon=epsilon, norm=norm).delta)


def test_a_radius_that_makes_no_sense_is_refused(trained, examples):
    with pytest.raises(DataError, match="epsilon above 0"):
        universal_perturbation(trained, *examples, epsilon=8)
