"""Compiled functions of explanations are used again, and never for another model, other weights or another target."""

import keras
import numpy as np
import pytest

from deepbio.inference import replicas
from deepbio.interpret import deep_lift_shap, image_gradients, saliency
from deepbio.zoo import get_model

CODES = np.random.Generator(np.random.Philox(0)).integers(0, 4, (2, 60)).astype(np.uint8)
IMAGES = np.random.Generator(np.random.Philox(1)).integers(0, 256, (2, 16, 16, 1)).astype(np.uint8)
METHODS = {
    "saliency": ("dna_cnn", lambda model, target: saliency(model, CODES, target=target)),
    "deep_lift_shap": ("dna_cnn", lambda model, target: deep_lift_shap(model, CODES, target=target, references="n")),
    "image_gradients": ("image_cnn", lambda model, target: image_gradients(model, IMAGES, target=target, steps=4)),
}


def fresh(name, seed):
    return get_model(name, input_shape=60 if name == "dna_cnn" else (16, 16, 1), outputs=3, seed=seed)


@pytest.fixture(params=METHODS)
def method(request):
    return METHODS[request.param]


@pytest.fixture
def compiled(monkeypatch):
    """Functions that were compiled."""
    found, in_graph = [], replicas.in_graph

    def counted(function):
        found.append(function)
        return in_graph(function)

    monkeypatch.setattr(replicas, "in_graph", counted)
    return found


def test_a_second_explanation_compiles_nothing(method, compiled):
    name, explain = method
    model = fresh(name, 0)
    first = explain(model, 1)
    np.testing.assert_array_equal(explain(model, 1), first)
    assert len(compiled) == 1
    assert np.abs(explain(model, 2) - first).max() > 1e-6
    assert len(compiled) == 2


def test_other_weights_are_explained_as_by_a_new_model(method):
    name, explain = method
    model, other = fresh(name, 0), fresh(name, 1)
    before = explain(model, 1)
    model.set_weights(other.get_weights())
    after = explain(model, 1)
    np.testing.assert_allclose(after, explain(other, 1), atol=1e-6)
    assert np.abs(after - before).max() > 1e-6


def test_a_changed_layer_is_explained_as_it_is(method):
    name, explain = method
    model = fresh(name, 0)
    before = explain(model, 1)
    activations = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.relu
    ]
    for layer in activations:
        layer.activation = keras.activations.elu
    assert np.abs(explain(model, 1) - before).max() > 1e-6


def test_a_function_of_the_user_may_depend_on_anything(method):
    name, explain = method
    model, chosen = fresh(name, 0), [1]

    def target(outputs):
        return outputs[:, chosen[0]]

    np.testing.assert_allclose(explain(model, target), explain(model, 1), atol=1e-6)
    chosen[0] = 2
    np.testing.assert_allclose(explain(model, target), explain(model, 2), atol=1e-6)
    np.testing.assert_allclose(explain(model, (target, 0)), explain(model, (2, 0)), atol=1e-6)


def test_few_functions_are_kept(compiled):
    model = fresh("dna_cnn", 0)
    for target in (0, 1, 2, (0, 1), (1, 2), 0):
        saliency(model, CODES, target=target)
    assert len(compiled) == 6


def test_a_strategy_is_chosen_once(monkeypatch):
    chosen = []
    monkeypatch.setattr(replicas, "strategy_of_predictions", lambda model, strategy: chosen.append(strategy))
    model = fresh("dna_cnn", 0)
    for _ in range(3):
        saliency(model, CODES, target=1)
    assert chosen == ["auto"]
