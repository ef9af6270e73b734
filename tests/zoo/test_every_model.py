"""Every registered model passes the same checks; none can be left out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets import Dataset, Split
from deepbio.specs import InputSpec, Task
from deepbio.training import fit
from deepbio.zoo import describe, get_model, list_models, model_spec, save_preset, weights_hash
from deepbio.zoo.get_model import build

MODELS = list_models()
SMALL = {"dna": (60,), "image": (32, 32, 1), "table": (12,), "text": (24,)}
pytestmark = pytest.mark.filterwarnings("ignore:You are saving:UserWarning")


def tiny_dataset(modality: str, classes: int = 3, examples: int = 24) -> Dataset:
    """Examples whose class shows in every value, so that one step must help."""
    random = np.random.Generator(np.random.Philox(0))
    y = np.arange(examples) % classes
    shape = SMALL[modality]
    if modality == "table":
        x = (random.normal(size=(examples, *shape)) + y[:, None]).astype(np.float32)
        spec = InputSpec("table", shape, mean=(1.0,) * 12, deviation=(1.3,) * 12)
    elif modality == "text":
        from deepbio.text import Tokenizer

        words = ["fever", "rash", "cough"]
        texts = [f"{words[k]} and {words[k]} with {words[k]}" for k in y]
        tokenizer = Tokenizer.fit(texts, min_count=1)
        x, spec = tokenizer.encode(texts, shape[0]), InputSpec("text", shape, tokenizer=tokenizer.to_json())
    elif modality == "dna":
        x = np.where(
            random.random((examples, *shape)) < 0.5, y[:, None], random.integers(0, 4, (examples, *shape))
        ).astype(np.uint8)
        spec = InputSpec("dna", shape)
    else:
        x = np.clip(random.integers(0, 60, (examples, *shape)) + 80 * y[:, None, None, None], 0, 255).astype(np.uint8)
        spec = InputSpec("image", shape)
    split = Split(x, y.astype(np.int64))
    return Dataset("tiny", Task.classify(tuple("abc"[:classes])), spec, split, split, split)


def some_input(input: InputSpec, n: int = 3) -> np.ndarray:
    random = np.random.Generator(np.random.Philox(1))
    high = {"dna": 5, "image": 256, "text": 5, "table": 2}[input.modality]
    return random.integers(0, high, (n, *input.shape)).astype(input.dtype)


def every_modality():
    return [pytest.param(name, m, id=f"{name}-{m}") for name in MODELS for m in model_spec(name).modality]


def test_the_registry_is_not_empty():
    assert {"perceptron", "logistic", "mlp", "dna_cnn", "image_cnn", "lenet5", "note_lstm"} <= set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_the_reference_form_has_its_published_number_of_parameters(name):
    spec = model_spec(name)
    assert get_model(name, **spec.reference).count_params() == spec.parameters


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_built_from_defaults(name):
    assert get_model(name, **dict(model_spec(name).reference)).output_shape[-1] == model_spec(name).reference["outputs"]


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_the_record_builds_the_same_model_again(name, modality):
    data = tiny_dataset(modality)
    model = get_model(name, dataset=data, seed=5)
    again = build(describe(model))
    assert weights_hash(again) == weights_hash(model)
    assert weights_hash(get_model(name, dataset=data, seed=5)) == weights_hash(model)


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_training_on_a_tiny_batch_lowers_the_loss(name, modality):
    data = tiny_dataset(modality)
    model = get_model(name, dataset=data, seed=0)
    gentle = {"loss": "auto", "optimizer": "adam", "learning_rate": 1e-3, "schedule": "constant"}
    run = fit(model, data, epochs=8, batch_size=24, patience=0, seed=0, verbose=False, **gentle)
    assert min(run.history["loss"][1:]) < run.history["loss"][0]


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_a_saved_model_predicts_the_same(name, modality, tmp_path):
    data = tiny_dataset(modality)
    model = get_model(name, dataset=data, seed=2)
    x = some_input(data.input)
    save_preset(model, tmp_path / "preset")
    loaded = get_model(tmp_path / "preset")
    np.testing.assert_array_equal(loaded.predict_on_batch(x), model.predict_on_batch(x))
    assert describe(loaded).task == data.task


@pytest.mark.parametrize(("name", "modality"), every_modality())
def test_bfloat16_predicts_nearly_the_same(name, modality):
    data = tiny_dataset(modality)
    exact = get_model(name, dataset=data, seed=3)
    before = keras.mixed_precision.dtype_policy()
    try:
        keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
        rough = get_model(name, dataset=data, seed=3)
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    x = some_input(data.input, 8)
    a, b = exact.predict_on_batch(x), tf.cast(rough.predict_on_batch(x), tf.float32).numpy()
    assert np.isfinite(b).all()
    assert np.abs(a - b).max() <= 0.1 * max(1.0, np.abs(a).max())
