"""Arguments that no method can use are refused before anything is computed; each of these was a wrong answer or a foreign error."""

import re

import keras
import numpy as np
import pytest

from deepbio import interpret
from deepbio.datasets import load_dataset
from deepbio.errors import DataError, ModelError
from deepbio.interpret.explain import explain_dna
from deepbio.zoo import get_model

SEQUENCE = "ACGT" * 10


@pytest.fixture(scope="module")
def dna():
    return get_model("deepbind", input_shape=40, outputs=2, seed=1)


@pytest.fixture(scope="module")
def notes():
    data = load_dataset("vignettes", diseases=5, train=60, valid=20, test=20, length=80)
    return get_model("note_lstm", dataset=data, seed=3, embedding_dim=8, units=6), data


@pytest.fixture(scope="module")
def table():
    data = load_dataset("xor")
    return get_model("mlp", dataset=data, seed=0), np.asarray(data.train.x)[:20], np.asarray(data.train.y)[:20]


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(keras.ops.reshape(x, (-1, 160)))


@pytest.mark.parametrize("target", [1.0, True, [0, 1], {"a": 1}, (0, None), interpret.Output(0.5)])  # type: ignore
def test_a_target_that_is_no_index_label_or_function_is_refused(dna, target):
    with pytest.raises(DataError, match="target"):
        interpret.saliency(dna, SEQUENCE, target=target)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("saliency", {"batch_size": 0}, "batch_size is a whole number, 1 or more; received 0"),
        ("deep_lift_shap", {"n_references": 0}, "n_references is a whole number"),
        ("deep_lift_shap", {"batch_size": 2.5}, "batch_size is a whole number"),
        ("integrated_gradients", {"steps": 0}, "steps is a whole number"),
        ("expected_integrated_gradients", {"samples": 0}, "samples is a whole number"),
        ("smoothgrad", {"samples": 0}, "samples is a whole number"),
        ("smoothgrad", {"std": -1}, "std is a number, 0 or more; received -1"),
        ("saturation_mutagenesis", {"start": 0.5}, "start is a whole number"),
        ("window_mutagenesis", {"n": 0}, "n is a whole number"),
        ("window_mutagenesis", {"width": 60}, "a width from 1 to 40; received 60"),
        ("check", {"methods": "saliancy"}, "Did you mean saliency"),
        ("check", {"methods": ["saliency"], "shift": 40}, "a shift below 40"),
        ("check", {"methods": ["saliency"], "subsets": 0}, "subsets is a whole number, 2 or more"),
    ],
)
def test_a_number_that_a_method_of_dna_cannot_use_is_refused(dna, method, options, message):
    with pytest.raises(DataError, match=message):
        getattr(interpret, method)(dna, SEQUENCE, target=0, **options)


def test_motifs_of_an_experiment_do_not_overlap(dna):
    with pytest.raises(DataError, match="spacing is a whole number, 0 or more; received -2"):
        interpret.space(dna, SEQUENCE, ("ACG", "ACG"), [3, -2], target=0)
    with pytest.raises(DataError, match="n is a whole number"):
        interpret.ablate(dna, SEQUENCE, 5, 10, n=0, target=0)


def test_seqlets_have_a_probability_as_threshold():
    values = np.random.default_rng(0).normal(size=(2, 60))
    with pytest.raises(DataError, match="threshold is a number, from 0 to 1; received 2"):
        interpret.recursive_seqlets(values, threshold=2)
    with pytest.raises(DataError, match="bins is a whole number, 2 or more"):
        interpret.recursive_seqlets(values, bins=1)


def test_each_sequence_has_a_name_and_motifs_are_a_file_or_jaspar(dna):
    with pytest.raises(DataError, match="a name for each of 2 sequences; received 1"):
        explain_dna(dna, [SEQUENCE, SEQUENCE], target=0, method="saliency", names=["a"])
    with pytest.raises(DataError, match="or 'jaspar'; there is no file jaspr"):
        explain_dna(dna, SEQUENCE, target=0, method="saliency", motifs="jaspr")


def test_a_model_without_known_shapes_is_refused_with_the_way_to_build_one():
    model = Subclass()
    model(np.zeros((1, 40, 4), np.float32))
    for method in (interpret.saliency, interpret.saturation_mutagenesis, interpret.grad_cam):
        with pytest.raises(ModelError, match=re.escape("keras.Model(inputs, outputs)")):
            method(model, np.zeros((1, 40, 4), np.float32))
    with pytest.raises(ModelError, match=r"begin a Sequential with keras\.Input"):
        interpret.saliency(keras.Sequential([keras.layers.Dense(1)]), SEQUENCE)


def test_a_model_with_two_output_tensors_needs_one_of_them():
    inputs = keras.Input((40, 4))
    x = keras.layers.Flatten()(inputs)
    model = keras.Model(inputs, [keras.layers.Dense(1)(x), keras.layers.Dense(2)(x)])
    with pytest.raises(ModelError, match=re.escape("model.outputs[0]")):
        interpret.saliency(model, SEQUENCE, target=0)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("grad_cam", {"batch_size": 0}, "batch_size is a whole number"),
        ("image_gradients", {"steps": 0}, "steps is a whole number"),
        ("image_gradients", {"method": "smoothgrad", "std": -1}, "std is a number"),
        ("occlusion", {"value": 300}, "value is a number, from 0 to 255; received 300"),
        ("occlusion", {"size": 40}, "a square of 1 to 28 pixels"),
        ("rise", {"masks": 0}, "masks is a whole number"),
        ("rise", {"cells": 0}, "cells is a whole number"),
        ("rise", {"keep": 1}, "keep is a probability between 0 and 1; received 1"),
    ],
)
def test_a_number_that_a_method_of_images_cannot_use_is_refused(method, options, message):
    model, images = get_model("image_cnn", seed=1), np.zeros((1, 28, 28, 1), np.uint8)
    with pytest.raises(DataError, match=message):
        getattr(interpret, method)(model, images, target=0, **options)
    with pytest.raises(DataError, match="takes uint8 images"):
        getattr(interpret, method)(model, images[:0], target=0)


def test_an_image_method_names_what_it_takes_if_the_model_is_of_dna(dna):
    with pytest.raises(DataError, match=r"a model that takes uint8 images \(n, height, width, channels\)"):
        interpret.grad_cam(dna, np.zeros((1, 40), np.uint8), target=0)


@pytest.mark.parametrize("labels", [[5], [-1], ["a"], 0, "a", [True], [0.0]])
def test_word_evidence_takes_indices_of_outputs(notes, labels):
    model, data = notes
    with pytest.raises(DataError, match="a list of indices of outputs, from 0 to 4"):
        interpret.word_evidence(model, data.train.x[0], labels)


@pytest.mark.parametrize("change", [lambda x: x[None], lambda x: x[:5], lambda x: x + 100_000, lambda x: x / 2])
def test_a_note_is_one_row_of_known_token_ids(notes, change):
    model, data = notes
    ids = change(np.asarray(data.train.x[0]))
    with pytest.raises(DataError, match="token ids"):
        interpret.word_evidence(model, ids, [0])
    with pytest.raises(DataError, match="token ids"):
        interpret.text_occlusion(model, ids, target=0)


def test_a_note_as_text_is_explained_as_its_tokens(notes):
    model, data = notes
    ids, text = np.asarray(data.train.x[0]), str(data.train.texts[0])
    evidence = [interpret.word_evidence(model, note, [2], steps=4) for note in (text, ids)]
    np.testing.assert_array_equal(evidence[0], evidence[1])
    hidden = [interpret.text_occlusion(model, note, target=2) for note in (text, ids)]
    np.testing.assert_array_equal(hidden[0], hidden[1])
    assert np.abs(evidence[0]).max() > 0


@pytest.mark.parametrize(
    "change", [lambda y: y - 1, lambda y: y + 1, lambda y: y + 0.5, lambda y: y[:3], lambda y: y.astype(str)]
)
def test_permutation_importance_refuses_classes_that_the_task_does_not_have(table, change):
    model, x, y = table
    with pytest.raises(DataError, match="Expected y with"):
        interpret.permutation_importance(model, x, change(y))


def test_permutation_importance_takes_labels_as_words(table):
    model, x, y = table
    words = np.array(["same", "different"], object)[y]
    by_index = interpret.permutation_importance(model, x, y, n_repeats=2)
    assert interpret.permutation_importance(model, x, words, n_repeats=2).equals(by_index)
    with pytest.raises(DataError, match="n_repeats is a whole number"):
        interpret.permutation_importance(model, x, y, n_repeats=0)


def test_shap_values_need_rows_of_numbers(table):
    model, x, _ = table
    with pytest.raises(DataError, match="rows of numbers"):
        interpret.shap_values(model, [["red", "blue"]], background=x)  # type: ignore
    with pytest.raises(DataError, match="one or more rows of 2 columns"):
        interpret.shap_values(model, x, background=x[:0])
