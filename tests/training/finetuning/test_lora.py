"""LoRA learns beside frozen weights and disappears into them."""

import keras
import numpy as np
import pytest

import deepbio
from deepbio.training.finetuning import layer_groups
from deepbio.training.finetuning.lora import add_lora, merge_lora, train_only_lora
from deepbio.zoo import check_golden_outputs, get_model
from tests.training.finetuning.conftest import SMALL, windows

MODELS = {
    "dna_cnn": {"input_shape": 60, "outputs": 2, **SMALL},  # convolutions and a dense layer
    "basset": {
        "input_shape": 60,
        "outputs": 2,
        "filters": (4,),
        "kernel_size": (5,),
        "pool_size": (2,),
        "units": (4,),
        "reverse_complement": "equivariant",
    },
    "dna_transformer": {
        "input_shape": 64,
        "outputs": 1,
        "embedding_dim": 16,
        "num_layers": 1,
        "num_heads": 2,
    },  # attention
    "image_cnn": {"input_shape": (8, 8, 1), "outputs": 2, "filters": (4,)},
}


def random_input(model, n=5):
    shape = (n, *model.input_shape[1:])
    return np.random.default_rng(1).integers(0, 256 if len(shape) == 4 else 4, shape).astype(model.inputs[0].dtype)


def stir(model):
    """Set LoRA's second matrices to values, as training would."""
    draw = np.random.default_rng(0)
    for weight in model.weights:
        if "lora" in weight.path:
            weight.assign(draw.normal(0, 0.3, weight.shape))


@pytest.mark.parametrize("name", MODELS)
def test_merged_equals_unmerged(name):
    plain, tuned = (get_model(name, seed=0, **MODELS[name]) for _ in range(2))
    x = random_input(plain)
    before = plain(x).numpy()
    add_lora(layer_groups(tuned), 3, seed=0)
    np.testing.assert_array_equal(tuned(x).numpy(), before)  # the second matrix begins with zeros
    stir(tuned)
    unmerged = tuned(x).numpy()
    assert np.abs(unmerged - before).max() > 1e-3
    merge_lora(tuned, plain)
    np.testing.assert_allclose(plain(x).numpy(), unmerged, atol=1e-5)


def test_merged_equals_unmerged_for_an_embedding():
    def note_model():
        layers = [
            keras.layers.Embedding(20, 6),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, name="head"),
        ]
        return keras.Sequential([keras.Input((7,), dtype="int32"), *layers])

    plain, tuned = note_model(), note_model()
    tuned.set_weights(plain.get_weights())
    add_lora(layer_groups(tuned), 2, seed=0)
    stir(tuned)
    x = random_input(plain)
    unmerged = tuned(x).numpy()
    assert np.abs(unmerged - plain(x).numpy()).max() > 1e-3
    merge_lora(tuned, plain)
    np.testing.assert_allclose(plain(x).numpy(), unmerged, atol=1e-5)


def test_only_the_thin_matrices_learn():
    model = get_model("dna_transformer", seed=0, **MODELS["dna_transformer"])
    for grouped in add_lora(layer_groups(model), 2, on=("rotary_attention*",), seed=0):
        train_only_lora(grouped.layer)
        assert [v.name for v in grouped.layer.trainable_variables] == ["lora_kernel_a", "lora_kernel_b"] * 2


def test_a_lora_run_leaves_an_ordinary_preset_and_the_batch_norm_as_it_was(trained, tmp_path):
    run = deepbio.finetune(trained, windows(60), lora_rank=2, epochs=2, out=tmp_path / "lora", verbose=False)
    assert not any("lora" in w.path for w in run.model.weights)
    again = get_model(tmp_path / "lora")
    check_golden_outputs(again, tmp_path / "lora")
    old = {layer.names[1]: layer.layer.get_weights() for layer in layer_groups(get_model(trained))}
    for layer in layer_groups(run.model):
        if layer.head:
            continue
        same = [np.array_equal(a, b) for a, b in zip(old[layer.names[1]], layer.layer.get_weights(), strict=True)]
        assert all(same) if layer.names[1].startswith("batch") else not any(same)


def test_lora_matrices_add_few_weights():
    model = get_model("dna_cnn", input_shape=60, outputs=3, seed=0)
    before = model.count_params()
    add_lora(layer_groups(model), 4, on=("conv1d_1",), seed=0)
    # kernel 5 x 64 x 64: 5 x 64 x 4 and 4 x 64
    assert model.count_params() - before == 5 * 64 * 4 + 4 * 64
