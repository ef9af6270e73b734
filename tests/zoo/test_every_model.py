"""Every registered model passes the same checks; none can be left out."""

import fnmatch
import functools
import json
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets import Dataset, Split
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.zoo import describe, get_model, list_models, model_spec, save_preset, weights_hash
from deepbio.zoo.build import build
from deepbio.zoo.declared_sizes import without_memory

MODELS = list_models()
SMALL = {"dna": (60,), "image": (32, 32, 1), "table": (12,), "text": (24,)}
# The full size is counted once; everything else is checked on a form that a laptop trains in a second.
SMALL_FORMS = {
    "alexnet": {"input_shape": (67, 67, 1), "width_coefficient": 0.1, "units": (16,)},
    "densenet121": {"num_layers": (2, 2), "growth_rate": 8, "stem": "cifar"},
    "efficientnet_lite0": {"width_coefficient": 0.25, "num_stages": 3, "top_filters": 32},
    "resnet18": {"num_blocks": (1, 1), "filters": 8, "stem": "cifar"},
    "unet": {"input_shape": (20, 24, 1), "filters": 4, "num_blocks": 2},
    "vgg_small": {"filters": (8, 16), "units": 16},
    "vit_tiny": {"embedding_dim": 24, "num_layers": 2, "patch_size": 8},
    "basenji2": {
        "input_shape": (64,),
        "stem_filters": 8,
        "tower_filters": (12, 16),
        "dilated_filters": 8,
        "dilation_rate": (1, 2),
        "cropping": 2,
        "head_filters": 16,
    },
    "basset_factorized": {"filters": (8, 12, 8), "kernel_size": (3, 7, 3), "pool_size": (1, 3, 4), "units": (16, 16)},
    "basset": {"input_shape": (170,), "filters": (24, 16, 16), "units": (32, 32)},
    "bpnet": {"input_shape": (140,), "filters": 16, "num_layers": 3},
    "borzoi": {
        "input_shape": (64,),
        "stem_filters": 8,
        "tower_filters": (12, 16),
        "transformer_filters": 16,
        "num_layers": 1,
        "num_heads": 2,
        "key_dim": 4,
        "value_dim": 8,
        "position_channels": 4,
        "cropping": 4,
        "head_filters": 16,
    },
    "chrombpnet": {"input_shape": (140,), "filters": 16, "num_layers": 3, "bias_filters": 8, "bias_layers": 2},
    "danq": {"filters": 24, "lstm_units": 16, "units": 32},
    "danq_jaspar": {"filters": 24, "lstm_units": 16, "units": 32},
    "deepsea": {"input_shape": (180,), "filters": (16, 24, 32), "units": 32},
    "dna_transformer": {"embedding_dim": 16, "num_heads": 2, "num_layers": 2},
    "dream_rnn": {"filters": 32, "units": 16, "head_filters": 16},
    "enformer": {
        "input_shape": (64,),
        "stem_filters": 8,
        "tower_filters": (12, 16),
        "num_layers": 1,
        "num_heads": 2,
        "key_dim": 4,
        "value_dim": 8,
        "position_channels": 12,
        "cropping": 2,
        "head_filters": 16,
    },
    **{name: {"embedding_dim": 8, "num_layers": 1, "filter_units": 8} for name in fnmatch.filter(MODELS, "hyenadna_*")},
    "malinois": {"filters": (12, 10, 8), "units": (16,), "branch_units": (8, 8)},
    "nucleotide_transformer": {"embedding_dim": 8, "num_layers": 1, "num_heads": 2, "mlp_units": 8},
    "procapnet": {"input_shape": (140,), "filters": 16, "num_layers": 3},
    "sei": {"input_shape": (128,), "filters": (8, 12, 16), "pool_size": 2, "splines": 8, "units": 16},
    **{
        name: {"filters": 8, "num_blocks": 1, "kernel_size": (7, 3), "dilation_rate": (1, 2)}
        for name in fnmatch.filter(MODELS, "spliceai_*")
    },
}
pytestmark = pytest.mark.filterwarnings("ignore:You are saving:UserWarning")


def small_form(name: str) -> dict:
    return {key: value for key, value in SMALL_FORMS.get(name, {}).items() if key != "input_shape"}


@functools.cache
def output_shape(name: str, shape: tuple[int, ...], outputs: int) -> tuple[Any, ...]:
    return get_model(name, input_shape=shape, outputs=outputs, **small_form(name)).output_shape


def tiny_dataset(name: str, modality: str, classes: int = 3, examples: int = 24) -> Dataset:
    """Examples whose class shows in every value, so that one step must help."""
    random = np.random.Generator(np.random.Philox(0))
    y = np.arange(examples) % classes
    shape = SMALL_FORMS.get(name, {}).get("input_shape", SMALL[modality])
    if modality == "table":
        x = (random.normal(size=(examples, *shape)) + y[:, None]).astype(np.float32)
        spec = ModelInput("table", shape, mean=(1.0,) * 12, std=(1.3,) * 12)
    elif modality == "text":
        from deepbio.text import Tokenizer

        words = ["fever", "rash", "cough"]
        texts = [f"{words[k]} and {words[k]} with {words[k]}" for k in y]
        tokenizer = Tokenizer.fit(texts, min_count=1)
        x, spec = tokenizer.encode(texts, shape[0]), ModelInput("text", shape, tokenizer=tokenizer.to_json())
    elif modality == "dna":
        x = np.where(
            random.random((examples, *shape)) < 0.5, y[:, None], random.integers(0, 4, (examples, *shape))
        ).astype(np.uint8)
        spec = ModelInput("dna", shape)
    else:
        x = np.clip(random.integers(0, 60, (examples, *shape)) + 80 * y[:, None, None, None], 0, 255).astype(np.uint8)
        spec = ModelInput("image", shape)
    task = Task.classify(tuple("abc"[:classes]))
    outputs = output_shape(name, shape, classes) if modality in ("dna", "image") else ()
    if len(outputs) == 3:  # a prediction at each position
        task, y = Task("per_position", classes, task.labels), np.repeat(y[:, None], outputs[1], axis=1)
    if len(outputs) == 4:  # or at each pixel
        task, y = Task("per_pixel", classes, task.labels), np.tile(y[:, None, None], (1, *outputs[1:3]))
    split = Split(x, y.astype(np.int64))
    return Dataset("tiny", task, spec, split, split, split)


def tiny_model(name: str, data: Dataset, seed: int) -> keras.Model:
    return get_model(name, dataset=data, seed=seed, **small_form(name))


def some_input(input: ModelInput, n: int = 3) -> np.ndarray:
    random = np.random.Generator(np.random.Philox(1))
    high = {"dna": 5, "image": 256, "text": 5, "table": 2}[input.modality]
    return random.integers(0, high, (n, *input.shape)).astype(input.dtype)


def every_modality():
    """Return each builder and modality once: names that differ by defaults alone share every line."""
    cases = {}
    for name in sorted(MODELS, key=lambda name: model_spec(name).parameters):
        for modality in model_spec(name).modality:
            spec = model_spec(name)
            cases.setdefault(
                (spec.module, spec.function, modality), pytest.param(name, modality, id=f"{name}-{modality}")
            )
    return list(cases.values())


def test_the_registry_is_not_empty():
    assert {"perceptron", "logistic", "mlp", "dna_cnn", "image_cnn", "lenet5", "note_lstm"} <= set(MODELS)


def each_model():
    """Return every name; of a long family the large ones only where there is time."""
    specs = map(model_spec, MODELS)
    large = {spec.name for spec in specs if spec.family and spec.parameters > 4_000_000}
    return [pytest.param(name, marks=[pytest.mark.slow] if name in large else []) for name in MODELS]


@pytest.mark.parametrize("name", each_model())
def test_the_reference_form_has_its_published_number_of_parameters(name):
    spec = model_spec(name)
    with without_memory():
        model = get_model(name, **spec.reference)
    assert model.count_params() == spec.parameters
    assert model.output_shape[-1] == spec.reference["outputs"]


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_the_record_builds_the_same_model_again(name, modality):
    data = tiny_dataset(name, modality)
    model = tiny_model(name, data, seed=5)
    again = build(describe(model))
    assert weights_hash(again) == weights_hash(model)
    assert weights_hash(tiny_model(name, data, seed=5)) == weights_hash(model)


class KeepFirst(keras.callbacks.Callback):
    """Keeps the weights that the first epoch ends with."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.weights = self.model.get_weights()


@functools.cache  # two tests want it, and tracing the step takes most of the time
def trained(name: str, modality: str) -> tuple[list[float], list[np.ndarray]]:
    """Return the losses of eight steps, and the weights after the first."""
    data, first = tiny_dataset(name, modality), KeepFirst()
    gentle = {"loss": "auto", "optimizer": "adam", "learning_rate": 1e-3, "schedule": "constant", "callbacks": [first]}
    seed = 0 if name == "keras_applications.mobilenet_v3_small" else 3  # which takes it more than eight steps
    model = tiny_model(name, data, seed=seed)
    run = fit(model, data, epochs=8, batch_size=24, patience=0, seed=0, verbose=False, **gentle)
    return run.history["loss"], first.weights


def outputs_of(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return the outputs without tracing a graph that is used once."""
    return np.asarray(model(x, training=False))


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_training_on_a_tiny_batch_lowers_the_loss(name, modality):
    losses, _ = trained(name, modality)
    assert min(losses[1:]) < losses[0]


def perturb(model: keras.Model) -> None:
    """Move every weight away from its initial value, so that no seed reproduces the model. Variances stay positive."""
    random = np.random.Generator(np.random.Philox(7))
    for weight in model.weights:
        values = np.asarray(weight)
        if values.dtype.kind == "f":
            weight.assign(values + random.uniform(0.05, 0.15, values.shape).astype(values.dtype))


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_a_saved_model_predicts_the_same(name, modality, tmp_path):
    data = tiny_dataset(name, modality)
    model = tiny_model(name, data, seed=2)
    perturb(model)
    x = some_input(data.input)
    save_preset(model, tmp_path / "preset")
    description = tmp_path / "preset" / "preset.json"
    preset = json.loads(description.read_text())
    description.write_text(json.dumps({**preset, "seed": 3}))  # so the initial weights of the loaded model are others
    loaded = get_model(tmp_path / "preset")
    expected = outputs_of(model, x)
    assert np.abs(expected).max() > 0
    np.testing.assert_array_equal(outputs_of(loaded, x), expected)
    assert weights_hash(loaded) == weights_hash(model)
    assert describe(loaded).task == data.task
    model.save(tmp_path / "model.keras")
    by_keras: Any = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(outputs_of(by_keras, x), expected)
    assert describe(by_keras) == describe(model)


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_bfloat16_predicts_nearly_the_same(name, modality):
    data = tiny_dataset(name, modality)
    exact = tiny_model(name, data, seed=3)
    exact.set_weights(trained(name, modality)[1])
    before = keras.mixed_precision.dtype_policy()
    try:
        keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
        rough = tiny_model(name, data, seed=4)
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    rough.set_weights(exact.get_weights())
    x = np.asarray(data.train.x)[:8]
    a, b = outputs_of(exact, x), tf.cast(rough.predict_on_batch(x), tf.float32).numpy()
    assert np.isfinite(b).all()
    assert np.abs(a).max() > 0
    assert np.abs(a - b).max() <= 0.08 * np.abs(a).max()  # vit_tiny: 0.064
