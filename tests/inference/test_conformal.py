import keras
import numpy as np
import pytest

from deepbio.datasets import Split
from deepbio.errors import ModelError
from deepbio.inference import calibrate, predict_intervals, predict_sets
from deepbio.specs import ModelInput, Task
from deepbio.zoo import describe
from deepbio.zoo.record import ModelRecord, attach


def _identity(outputs):
    """A regression that returns its input, so that the test chooses truth and error."""
    inputs = keras.Input((outputs,))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    task = Task("regression", outputs)
    return attach(model, ModelRecord(None, input=ModelInput("table", (outputs,)), outputs=outputs, task=task))


def test_sets_contain_the_truth_as_often_as_asked_on_the_split_that_taught_them(splice_model, splice):
    calibrated = calibrate(splice_model, splice.valid, coverage=0.9)
    sets = predict_sets(calibrated, splice.valid)
    y = np.asarray(splice.valid.y)
    assert sets.shape == (len(y), 3)
    assert sets[np.arange(len(y)), y].mean() == pytest.approx(0.9, abs=0.01)
    assert predict_sets(calibrated, splice.test).mean() < 0.6  # and not by containing everything


def test_sets_of_two_classes_and_by_class(breast_cancer_model, breast_cancer):
    calibrated = calibrate(breast_cancer_model, breast_cancer.valid, coverage=0.9, by_class=True)
    assert len(describe(calibrated).postprocessing.conformal.cutoff) == 2
    sets, y = predict_sets(calibrated, breast_cancer.valid), np.asarray(breast_cancer.valid.y)
    for k in range(2):
        assert sets[y == k, k].mean() >= 0.9


def test_intervals_contain_the_truth_as_often_as_asked():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2)).astype(np.float32)
    y = x + rng.standard_t(3, size=x.shape) * [1.0, 5.0]
    calibrated = calibrate(_identity(2), Split(x[:2000], y[:2000]), method="none", coverage=0.8)
    low, high = predict_intervals(calibrated, Split(x[2000:], y[2000:]))
    inside = (low <= y[2000:]) & (y[2000:] <= high)
    np.testing.assert_allclose(inside.mean(axis=0), 0.8, atol=0.03)
    assert (high - low)[0, 1] > 3 * (high - low)[0, 0]


def test_a_model_without_the_coverage_that_is_asked_for_is_refused(splice_model, splice):
    with pytest.raises(ModelError, match="--coverage"):
        predict_sets(splice_model, splice.test)
    with pytest.raises(ModelError, match="predict_sets"):
        predict_intervals(calibrate(splice_model, splice.valid, coverage=0.9), splice.test)
    x = np.zeros((50, 1), np.float32)
    numbers = calibrate(_identity(1), Split(x, x), method="none", coverage=0.9)
    with pytest.raises(ModelError, match="predict_intervals"):
        predict_sets(numbers, x)
