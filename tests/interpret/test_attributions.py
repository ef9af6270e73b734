"""Attributions of DNA: complete, zero where nothing is, and as defined by their papers on a model that can be computed by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.errors import DataError, ModelError
from deepbio.incremental.steps import Step
from deepbio.interpret import (
    deep_lift_shap,
    expected_integrated_gradients,
    gradient_correction,
    input_x_gradient,
    integrated_gradients,
    make_references,
    profile_counts,
    profile_shape,
    saliency,
    smoothgrad,
    target_function,
)
from deepbio.interpret.rules import multiplied
from deepbio.zoo import get_model

SLOW = ("basenji2", "spliceai_10k", "spliceai_2k")


def sequences(model, n=2, seed=0):
    return np.random.Generator(np.random.Philox(seed)).integers(0, 4, (n, model.input_shape[1])).astype(np.uint8)


def linear_model():
    """Return a model whose output is a weighted sum of its one-hot input: every method knows the truth."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((12, 4))
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))


def test_on_a_linear_model_every_method_returns_its_weights():
    model = linear_model()
    weights = np.asarray(model.layers[-1].kernel).reshape(12, 4)
    codes = sequences(model, 1)
    hot = np.eye(4, dtype=np.float32)[codes]
    np.testing.assert_allclose(saliency(model, codes)[0], weights, atol=1e-6)
    np.testing.assert_allclose(smoothgrad(model, codes, samples=3)[0], weights, atol=1e-6)
    np.testing.assert_allclose(input_x_gradient(model, codes), weights * hot, atol=1e-6)
    centred = (weights - weights.mean(axis=1, keepdims=True)) * hot
    for method in (integrated_gradients, deep_lift_shap):
        np.testing.assert_allclose(method(model, codes, references="uniform"), centred, atol=1e-6)
        hypothetical = method(model, codes, references="n", hypothetical=True)
        np.testing.assert_allclose(hypothetical[0], weights, atol=1e-6)
    expected = expected_integrated_gradients(model, codes, references="uniform", samples=5)
    np.testing.assert_allclose(expected, centred, atol=1e-6)
    np.testing.assert_allclose(gradient_correction(weights).sum(axis=1), 0, atol=1e-6)


@pytest.mark.parametrize("method", [deep_lift_shap, integrated_gradients])
def test_attributions_add_up_to_the_difference_of_the_outputs(method, dna_model, small_model):
    if dna_model in SLOW and method is deep_lift_shap:
        pytest.skip("its layers are those of the shorter ones")
    model = small_model(dna_model)
    codes = sequences(model, 1)
    if model.input_shape[1] > 3000:
        pytest.skip("long windows are for the slow tests")
    target = (1, 0)
    options = {"references": "dinucleotide", "n_references": 2, "seed": 5}
    values, delta = method(model, codes, target=target, return_convergence_delta=True, **options)
    assert np.abs(delta).max() < 1e-3
    references = make_references(codes, "dinucleotide", 2, 5)
    function = target_function(model, target)
    there = np.asarray(function(model.predict_on_batch(references[0].argmax(-1).astype(np.uint8))))
    here = np.asarray(function(model.predict_on_batch(codes)))
    assert values[0].sum() == pytest.approx(here[0] - there.mean(), abs=1e-3)
    assert np.abs(values).max() > 0


def test_unknown_bases_get_nothing_and_stay_unknown_in_references(small_model):
    model = small_model("deepstarr")
    codes = sequences(model, 1)
    codes[0, 100:120] = 4
    references = make_references(codes, "dinucleotide", 3, 0)
    assert (references[0, :, 100:120] == 0).all()
    assert (references.sum(axis=-1)[0, :, :100] == 1).all()
    for method in (input_x_gradient, integrated_gradients, deep_lift_shap):
        values = method(model, codes, target=0)
        assert (values[0, 100:120] == 0).all()
        assert np.abs(values).max() > 0


def test_references_have_the_composition_that_their_name_says(small_model):
    codes = sequences(small_model("deepstarr"), 1)
    gc = make_references(codes, "gc", 40, 1)[0, :, :, 1:3].sum(axis=-1).mean()
    assert gc == pytest.approx(np.isin(codes, (1, 2)).mean(), abs=0.03)
    shuffled = make_references(codes, "shuffle", 2, 1)[0]
    np.testing.assert_array_equal(shuffled.sum(axis=1)[0], np.bincount(codes[0], minlength=4))
    own = make_references(codes, lambda codes, seed: np.roll(codes, seed, axis=1), 2, 3)
    np.testing.assert_array_equal(own[0, 1].argmax(-1), np.roll(codes[0], 4))
    with pytest.raises(DataError, match="Unknown references 'gcc'"):
        make_references(codes, "gcc", 2, 0)
    with pytest.raises(DataError, match="Expected references"):
        make_references(codes, np.zeros((1, 3, 5), np.uint8), 2, 0)


def test_targets_are_indices_labels_contrasts_and_functions(small_model):
    model = small_model("deepstarr")
    codes = sequences(model, 1)
    difference = saliency(model, codes, target=(0, 1))
    np.testing.assert_allclose(
        difference, saliency(model, codes, target=0) - saliency(model, codes, target=1), atol=1e-6
    )
    np.testing.assert_allclose(saliency(model, codes, target=lambda y: y[:, 0] - y[:, 1]), difference, atol=1e-6)
    with pytest.raises(DataError, match="2 outputs"):
        saliency(model, codes)
    with pytest.raises(DataError, match="received target 2"):
        saliency(model, codes, target=2)
    with pytest.raises(ModelError, match="Expected a DNA model"):
        saliency(get_model("image_cnn"), codes)
    splice = get_model("dna_cnn.uci_splice")
    one = saliency(splice, sequences(splice, 1), target="IE")
    np.testing.assert_array_equal(one, saliency(splice, sequences(splice, 1), target=splice_label(splice).index("IE")))
    with pytest.raises(DataError, match="has no label .IF."):
        saliency(splice, sequences(splice, 1), target="IF")


def splice_label(model):
    from deepbio.zoo import describe

    return list(describe(model).task.labels)


def test_both_heads_of_a_profile_are_explained(small_model):
    model = small_model("bpnet", outputs=1)
    codes = sequences(model, 1)
    _, delta = deep_lift_shap(
        model, codes, target=profile_counts(), references="shuffle", n_references=2, return_convergence_delta=True
    )
    assert np.abs(delta).max() < 1e-3
    assert saliency(model, codes, target=profile_shape()).shape == (1, 220, 4)


def test_incomplete_attributions_are_warned_of():
    inputs = keras.Input((12, 4))
    steep = keras.layers.Lambda(lambda x: keras.ops.sum(keras.ops.sign(x - 0.505), axis=(1, 2), keepdims=True)[:, :, 0])
    model = keras.Model(inputs, steep(inputs))
    with pytest.warns(UserWarning, match="miss the difference of the outputs"):
        integrated_gradients(model, "ACGT" * 3, references="uniform")


def test_sequences_are_codes_one_hot_or_strings():
    model = linear_model()
    text = "ACGTACGTACGT"
    codes = np.tile(np.arange(4, dtype=np.uint8), 3)
    expected = saliency(model, text)
    np.testing.assert_array_equal(expected, saliency(model, codes))
    np.testing.assert_array_equal(expected, saliency(model, np.eye(4, dtype=np.float32)[codes][None]))
    with pytest.raises(DataError, match="takes 12 bases; received sequences of 8"):
        saliency(model, "ACGTACGT")


def test_the_smallest_change_of_a_maximum_is_divided_as_any_other():
    low = np.float32(0.1)
    high = np.nextafter(np.nextafter(low, np.float32(1)), np.float32(1))
    middle = np.nextafter(low, np.float32(1))
    x, reference = tf.constant([[[high], [low]]]), tf.constant([[[low], [middle]]])
    step = Step("pool", "pool", (0,), lambda v: tf.reduce_max(v, axis=1, keepdims=True), (1, 1))
    with tf.GradientTape() as tape:
        tape.watch(reference)
        value = multiplied(step, [x], [reference], tf.constant([[[high]]]))
    # the maximum rises by one step, the first position by two, and the second does not lead in `x`
    np.testing.assert_allclose(np.ravel(tape.gradient(value, reference)), [0.5, 0.0], atol=1e-6)


@pytest.mark.parametrize("change", [1.0, 100.0])
def test_a_softmax_that_moves_from_one_position_to_another_keeps_its_whole_change(change):
    x, reference = tf.constant([[change, 0.0, 1.0]]), tf.constant([[0.0, change, -1.0]])
    step = Step("log_softmax", "whole", (0,), tf.nn.log_softmax, (3,))
    upstream = tf.constant([[0.3, 0.5, 0.2]])
    with tf.GradientTape() as tape:
        tape.watch(reference)
        value = tf.reduce_sum(upstream * multiplied(step, [x], [reference], tf.nn.log_softmax(x)))
    moved = tf.reduce_sum((x - reference) * tape.gradient(value, reference))
    expected = tf.reduce_sum(upstream * (tf.nn.log_softmax(x) - tf.nn.log_softmax(reference)))
    np.testing.assert_allclose(moved, expected, atol=1e-4)
