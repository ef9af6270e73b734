"""In-silico mutagenesis: the incremental way gives the outputs of the plain way, for every DNA model."""

import keras
import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.inference import predict
from deepbio.interpret import (
    Output,
    dependency_map,
    pairwise_mutagenesis,
    saturation_mutagenesis,
    whole_layers,
    window_mutagenesis,
)
from deepbio.zoo import get_model
from deepbio.zoo.ensemble import average_members


def plain(model, codes, edits):
    """Return the outputs of one sequence with each edit `(position, base)`, by whole windows."""
    rows = np.repeat(codes[None], len(edits), axis=0)
    for row, (position, base) in zip(rows, edits, strict=True):
        row[position] = base
    return model.predict_on_batch(rows)


def sequence(model, seed=0):
    return np.random.Generator(np.random.Philox(seed)).integers(0, 4, model.input_shape[1]).astype(np.uint8)


def test_every_substitution_gives_the_output_of_the_whole_model(dna_model, small_model):
    model = small_model(dna_model)
    codes = sequence(model)
    codes[4] = 4
    length = len(codes)
    largest = 0.0
    for start, end in ((0, 7), (length // 2, length // 2 + 9), (length - 3, length)):
        raw = saturation_mutagenesis(model, codes, start=start, end=end, raw_outputs=True)
        edits = [(p, b) for p in (start, start + 1, end - 1) for b in range(4)]
        expected = plain(model, codes, edits)
        found = raw.substitutions[0][[p - start for p, _ in edits], [b for _, b in edits]]
        np.testing.assert_allclose(found, expected, atol=1e-5 * max(1, np.abs(expected).max()))
        largest = max(largest, np.abs(expected - raw.reference[0]).max())
    assert largest > 1e-6  # otherwise the test would show nothing


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("basset", {"reverse_complement": "average"}, marks=pytest.mark.slow),
        ("dna_cnn", {"input_shape": 64, "reverse_complement": "equivariant"}),
        pytest.param("bpnet", {"reverse_complement": "average"}, marks=pytest.mark.slow),
        pytest.param("dna_cnn", {"input_shape": 70, "composition": True, "frames": True}, marks=pytest.mark.slow),
        ("deepbind", {"input_shape": 50, "network_input": (60,), "pooling": "max_and_mean"}),
        ("deepbind", {"input_shape": 50, "network_input": (40,)}),
        ("deepbind", {"input_shape": 50, "reverse_complement": "average"}),
    ],
)
def test_strands_options_and_resized_inputs_are_exact_too(name, options, small_model):
    model = small_model(name, **options)
    codes = sequence(model, seed=3)
    raw = saturation_mutagenesis(model, codes, raw_outputs=True)
    positions = np.unique(np.linspace(0, len(codes) - 1, 25).astype(int))
    edits = [(p, b) for p in positions for b in range(4)]
    expected = plain(model, codes, edits).reshape(len(positions), 4, *raw.substitutions.shape[3:])
    np.testing.assert_allclose(raw.substitutions[0, positions], expected, atol=1e-5)


def test_recurrent_and_attention_layers_are_named_as_whole(small_model):
    assert whole_layers(small_model("basset")) == ()
    assert whole_layers(small_model("spliceai_80nt")) == ()
    assert len(whole_layers(small_model("danq"))) == 1
    assert "rotary_attention" in whole_layers(small_model("dna_transformer"))[0]


def test_attributions_are_changes_minus_their_mean_over_the_bases(small_model):
    model = small_model("deepbind", input_shape=40)
    codes = sequence(model)
    raw = saturation_mutagenesis(model, codes, raw_outputs=True, start=5, end=25)
    change = raw.substitutions[0, :, :, 1] - raw.reference[0, 1]
    hypothetical = saturation_mutagenesis(model, codes, target=1, start=5, end=25, hypothetical=True)
    np.testing.assert_allclose(hypothetical[0], change - change.mean(axis=1, keepdims=True), atol=1e-6)
    values = saturation_mutagenesis(model, codes, target=1, start=5, end=25)
    assert ((values[0] != 0).sum(axis=1) <= 1).all()
    with pytest.raises(DataError, match="2 outputs"):
        saturation_mutagenesis(model, codes)
    with pytest.raises(DataError, match="start < end <= 40"):
        saturation_mutagenesis(model, codes, target=0, end=41)


def test_epistasis_of_pairs_is_that_of_whole_windows_and_symmetric(small_model):
    model = small_model("basset")
    codes = sequence(model)
    found = pairwise_mutagenesis(model, codes, target=1, start=40, end=46)
    np.testing.assert_array_equal(found, found.transpose(2, 3, 0, 1))
    a, b = (codes[41] + 1) % 4, (codes[44] + 2) % 4
    both = codes.copy()
    both[[41, 44]] = a, b
    y0, y1, y2 = plain(model, codes, [(0, codes[0]), (41, a), (44, b)])[:, 1]
    expected = model.predict_on_batch(both[None])[0, 1] - y1 - y2 + y0
    assert found[1, a, 4, b] == pytest.approx(expected, abs=1e-5)
    assert dependency_map(found).shape == (6, 6)


def test_windows_are_shuffled_deleted_inserted_and_masked(small_model):
    model = small_model("deepstarr")
    codes = sequence(model)
    own = model.predict_on_batch(codes[None])[0, 0]
    deleted = window_mutagenesis(model, codes, edit="delete", width=20, step=50, target=0)
    cut = np.r_[codes[:50], codes[70:], np.full(20, 4, np.uint8)]
    assert deleted[0, 1] == pytest.approx(model.predict_on_batch(cut[None])[0, 0] - own, abs=1e-5)
    masked = codes.copy()
    masked[100:120] = 4
    found = window_mutagenesis(model, codes, edit="n", width=20, step=50, target=0)
    assert found[0, 2] == pytest.approx(model.predict_on_batch(masked[None])[0, 0] - own, abs=1e-5)
    for edit in ("shuffle", "insert"):
        found = window_mutagenesis(model, codes, edit=edit, width=20, step=50, target=0, n=3, seed=1)
        assert found.shape == (1, 5)
        np.testing.assert_array_equal(
            found, window_mutagenesis(model, codes, edit=edit, width=20, step=50, target=0, n=3, seed=1)
        )
    with pytest.raises(DataError, match="edit is"):
        window_mutagenesis(model, codes, edit="swap", target=0)


@pytest.mark.slow
def test_outputs_along_a_sequence_are_explained_at_a_position(small_model):
    model = small_model("spliceai_80nt")
    codes = sequence(model)
    raw = saturation_mutagenesis(model, codes, start=45, end=50, raw_outputs=True)
    values = saturation_mutagenesis(
        model, codes, target=(Output(1, position=5), Output(0, position=5)), start=45, end=50, hypothetical=True
    )
    difference = raw.substitutions[0, :, :, 5, 1] - raw.substitutions[0, :, :, 5, 0]
    np.testing.assert_allclose(values[0], difference - difference.mean(axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize(("activation", "outputs"), [("sigmoid", 1), ("softmax", 3), ("identity", 2), ("exp", 2)])
def test_substitutions_in_an_ensemble_are_those_of_whole_windows(activation, outputs):
    members = [get_model("deepbind", input_shape=40, outputs=outputs, seed=seed) for seed in range(2)]
    model = average_members(members, activation=activation)
    codes = sequence(model)
    edits = [(p, b) for p in (0, 17, 39) for b in range(4)]
    raw = saturation_mutagenesis(model, codes, raw_outputs=True)
    found = raw.substitutions[0][[p for p, _ in edits], [b for _, b in edits]]
    expected = plain(model, codes, edits)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.ptp(expected, axis=0).min() > 1e-3


def _add_lora(layer):
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.full(layer.lora_kernel_b.shape, 0.5, np.float32))


@pytest.mark.parametrize(
    "change",
    [_add_lora, lambda layer: setattr(layer, "activation", keras.activations.tanh)],
    ids=["lora", "activation"],
)
def test_a_model_that_was_changed_is_explained_as_it_is(change):
    model = get_model("deepbind", input_shape=30, outputs=2, seed=3)
    x = np.random.Generator(np.random.Philox(0)).integers(0, 4, (1, 30), np.uint8)
    before = saturation_mutagenesis(model, x, raw_outputs=True)
    change(next(layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Dense)))
    after = saturation_mutagenesis(model, x, raw_outputs=True)
    changed = np.repeat(x, 120, axis=0)
    changed[np.arange(120), np.repeat(np.arange(30), 4)] = np.tile(np.arange(4), 30)
    whole = predict(model, changed, logits=True).reshape(30, 4, 2)
    assert np.abs(after.reference - before.reference).max() > 1e-3
    np.testing.assert_allclose(after.substitutions[0], whole, atol=1e-5 * np.abs(whole).max())


def test_a_quantized_model_has_no_windows():
    model = get_model("deepbind", input_shape=30, outputs=2, seed=3)
    next(layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Dense)).quantize("int8")
    with pytest.raises(ModelError, match=r"Expected layers of floats; quantized: .*before quantize\(\)"):
        saturation_mutagenesis(model, "ACGTAC" * 5, target=0)
