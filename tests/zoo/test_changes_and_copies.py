"""Every model of the registry predicts as it is after each way to change it, and each way to copy it keeps its record or says so."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.inference import evaluate, predict
from deepbio.metrics.calibration import Temperature
from deepbio.zoo import Postprocessing, describe, model_spec
from deepbio.zoo.record import attach
from tests.copies import COPIES
from tests.zoo.test_every_model import every_modality, perturb, some_input, tiny_dataset, tiny_model

# One of each kind of layer and input runs each time; the rest takes minutes.
CHEAP = {("mlp", "table"), ("lenet5", "image"), ("deepbind", "dna"), ("note_evidence", "text")}
pytestmark = [
    pytest.mark.filterwarnings("ignore:You are saving:UserWarning"),
    pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`:UserWarning"),
]


def leaves(model):
    return list(model._flatten_layers(include_self=False))


def set_weights(model):
    model.set_weights([weight * 1.5 + 0.01 for weight in model.get_weights()])
    return True


def freeze(model):
    model.trainable = False
    return False  # which changes no prediction


def enable_lora(model):
    adapted = [layer for layer in leaves(model) if hasattr(layer, "enable_lora") and layer.built]
    for layer in adapted:
        layer.enable_lora(2)
        after = layer.lora_embeddings_b if hasattr(layer, "lora_embeddings_b") else layer.lora_kernel_b
        after.assign(np.full(after.shape, 0.5, np.float32))
    return bool(adapted)


def quantize(model):
    model.quantize("int8")
    changed = [layer for layer in leaves(model) if getattr(layer, "quantization_mode", None)]
    return any(not isinstance(layer, keras.layers.Embedding) for layer in changed)  # which alone changes little


def change_activations(model):
    changed = []
    for layer in leaves(model):
        owner = getattr(layer, "cell", layer)  # of an LSTM or a GRU
        if isinstance(getattr(type(owner), "activation", None), property) or not callable(
            getattr(owner, "activation", None)
        ):
            continue
        owner.activation = (
            keras.activations.relu if owner.activation is keras.activations.tanh else keras.activations.tanh
        )
        changed.append(owner)
    return bool(changed)


def change_epsilon(model):
    normal = [layer for layer in leaves(model) if isinstance(getattr(layer, "epsilon", None), float)]
    for layer in normal:
        layer.epsilon = 0.5
    return bool(normal)


WAYS = {
    "weights": set_weights, "frozen": freeze, "LoRA": enable_lora, "int8": quantize, "activation": change_activations,
    "epsilon": change_epsilon,
}  # fmt: skip


def cases(values):
    """Return each builder and modality with each value; all but the cheap ones are slow."""
    return [
        pytest.param(
            *case.values, value, id=f"{case.id}-{value}", marks=[] if case.values in CHEAP else [pytest.mark.slow]
        )
        for case in every_modality()
        for value in values
    ]


@pytest.mark.parametrize(("name", "modality", "way"), cases(WAYS))
def test_a_changed_model_predicts_and_evaluates_as_keras_runs_it_now(name, modality, way):
    data = tiny_dataset(name, modality, examples=6)
    model = tiny_model(name, data, seed=0)
    perturb(model)
    before = predict(model, data.test, logits=True)
    matters = WAYS[way](model)
    now = keras.ops.convert_to_numpy(model(data.test.x, training=False)).astype(np.float32)
    after = predict(model, data.test, logits=True)
    scale = max(1.0, float(np.abs(now).max()))
    assert np.abs(after - now).max() <= 1e-4 * scale
    assert not matters or np.abs(before - after).max() > 1e-4 * np.abs(before).max()
    assert data.task.probabilities(after) == pytest.approx(evaluate(model, data.test, n_resamples=0).p, abs=1e-6)


def clone(model, folder):
    found = keras.models.clone_model(model)
    found.set_weights(model.get_weights())
    return found


def wrap(model, folder):
    inputs = keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype)
    return keras.Model(inputs, model(inputs))


def swap_last_layer(model, folder):
    return keras.Model(model.inputs, keras.layers.Activation("linear")(model.output))


LOSE = {"clone": clone, "wrapped": wrap, "another last layer": swap_last_layer}
# Keras's older HDF5 format has no place for operations outside of layers: masks of tokens, slices, sums.
NO_H5 = {
    "genomic_benchmarks_cnn", "note_evidence", "hyenadna", "note_lstm", "keras_application", "gru", "bilstm", "note_transformer",
    "malinois", "caml", "vit_tiny", "text_cnn", "bpnet", "chrombpnet", "han", "alexnet", "nucleotide_transformer",
}  # fmt: skip


def calibrated(name, data):
    model = tiny_model(name, data, seed=0)
    perturb(model)
    if data.task.kind != "multiclass":
        return model
    how = Postprocessing("valid", 24, calibration=Temperature(2.5, classes=True))
    return attach(model, replace(describe(model), postprocessing=how))


@pytest.mark.parametrize(("name", "modality", "way"), cases(COPIES))
def test_a_copy_keeps_task_labels_and_postprocessing(name, modality, way, tmp_path):
    data = tiny_dataset(name, modality)
    model, x = calibrated(name, data), some_input(data.input, 3)
    if way == "h5" and model_spec(name).function in NO_H5:
        with pytest.raises(WeightsError, match=r"Save the model as \.keras"):
            COPIES[way](model, tmp_path)
        return
    other = COPIES[way](model, tmp_path)
    assert describe(other).to_dict() == describe(model).to_dict()
    np.testing.assert_array_equal(predict(other, x), predict(model, x))


@pytest.mark.parametrize(("name", "modality", "way"), cases(LOSE))
def test_a_copy_that_lost_its_task_returns_logits_and_says_so(name, modality, way, tmp_path, caplog):
    data = tiny_dataset(name, modality)
    model, x = calibrated(name, data), some_input(data.input, 3)
    found = predict(LOSE[way](model, tmp_path), x)
    np.testing.assert_allclose(found, predict(model, x, logits=True), rtol=1e-5, atol=1e-5)
    assert "task is not known" in caplog.text
