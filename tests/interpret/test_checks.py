"""Checks of attributions: a good explanation passes, a wrong one fails, and one that ignores the weights is warned of."""

import keras
import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.interpret import check, remove_and_retrain
from deepbio.interpret.checks import curve_area, sensitivity_n, with_permuted_weights
from deepbio.zoo import describe, get_model


def linear_model():
    keras.utils.set_random_seed(4)
    inputs = keras.Input((40, 4))
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))


def test_the_truth_of_a_linear_model_passes_and_its_opposite_fails():
    model = linear_model()
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, (3, 40)).astype(np.uint8)
    weights = np.asarray(model.layers[-1].kernel).reshape(40, 4)
    truth = weights[np.arange(40), codes]

    def explained(y):
        return np.asarray(y)[:, 0]

    for values, sign in ((truth, 1), (-truth, -1)):
        assert (sign * curve_area(model, codes, values, explained, insertion=True, seed=1) > 0).all()
        np.testing.assert_allclose(sensitivity_n(model, codes, values, explained, subsets=50, seed=1), sign, atol=1e-4)


def test_a_table_has_every_check_of_every_method():
    table = check(linear_model(), "ACGT" * 10, methods=["input_x_gradient", "integrated_gradients"], subsets=20)
    assert set(table["check"]) == {
        "deletion", "insertion", "sensitivity_n", "randomization", "shift", "reverse_complement", "agreement",
    }  # fmt: skip
    exact = table[(table["method"] == "input_x_gradient") & (table["check"] == "sensitivity_n")]
    assert exact["value"].item() == pytest.approx(1, abs=1e-4)
    with pytest.raises(DataError, match="Unknown method 'ig'"):
        check(linear_model(), "ACGT" * 10, methods=["ig"])


def test_an_explanation_that_ignores_the_weights_is_warned_of():
    inputs = keras.Input((40, 4))
    same_as_the_next = keras.ops.sum(inputs[:, 1:] * inputs[:, :-1], axis=(1, 2))
    counted = keras.layers.Dense(1, kernel_initializer="ones")(keras.ops.expand_dims(same_as_the_next, -1))
    model = keras.Model(inputs, counted)  # a single weight: permuting it changes nothing
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, (2, 40)).astype(np.uint8)
    with pytest.warns(UserWarning, match="hardly changes if the weights are permuted"):
        check(model, codes, methods=["input_x_gradient"], subsets=5)


def test_permuted_weights_leave_the_model_as_it_is():
    model = linear_model()
    before = model.get_weights()
    other = with_permuted_weights(model, seed=1)
    for one, same, permuted in zip(before, model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
        np.testing.assert_array_equal(np.sort(one.ravel()), np.sort(permuted.ravel()))


def test_permuted_weights_keep_the_labels_of_the_outputs():
    model = get_model("dna_cnn.uci_splice")
    assert describe(with_permuted_weights(model)).task.labels == ("N", "EI", "IE")


def test_removing_the_positions_that_matter_costs_more_than_random_ones():
    random = np.random.Generator(np.random.Philox(0))
    x = random.integers(0, 4, (200, 20)).astype(np.uint8)
    y = x[:, 3] == 2
    values = np.zeros(x.shape)
    values[:, 3] = 1

    def train(changed):
        seen = changed[:, 3] == 2
        return float((seen == y).mean())

    table = remove_and_retrain(x, values, train, fractions=(0.05,), seed=1)
    assert table["largest"].item() < 0.8 < table["random"].item()
