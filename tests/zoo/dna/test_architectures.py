"""Facts of the published networks beyond their reference counts."""

from typing import Any

import keras
import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.zoo import get_model, model_spec
from deepbio.zoo.declared_sizes import without_memory
from deepbio.zoo.dna.window_length import shortest_length

ops: Any = keras.ops


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("bpnet", {"filters": 128, "num_layers": 4}, 217_730),  # 128 filters, 4 dilated layers
        ("basenji2", {"outputs": 1643}, 24_482_794),  # the mouse head of Kelley 2020
        # Genomic Benchmarks' README counts: seven symbols; three classes
        ("genomic_benchmarks_cnn", {"num_symbols": 7}, 6_665),
        ("genomic_benchmarks_cnn", {"num_symbols": 7, "outputs": 3}, 6_675),
    ],
)
def test_other_published_forms_have_their_counts_too(name, options, parameters):
    assert get_model(name, **options).count_params() == parameters


@pytest.mark.parametrize(
    ("name", "options", "trainable"),
    [
        ("enformer", {}, 246_172_353),  # sums over the layers of enformer-pytorch and borzoi-pytorch
        ("enformer", {"outputs": 1643}, 234_894_443),
        ("enformer", {"outputs": 5313 + 1643}, 251_221_292),
        ("borzoi", {}, 185_892_699),
        ("borzoi", {"outputs": 2608}, 176_281_936),
        ("borzoi", {"outputs": 7611 + 2608}, 190_902_667),
        # Hugging Face states 55.9 million for v2-50m: these, 1,049,600 unused positions and a contact head of 193
        ("nucleotide_transformer", {"num_layers": 12}, 54_855_179),
    ],
)
def test_the_large_attention_models_train_as_many_weights_as_their_authors(name, options, trainable):
    with without_memory():
        model = get_model(name, **{**model_spec(name).reference, **options})
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == trainable


def test_basset_trains_4135064_of_its_weights():
    assert sum(int(np.prod(v.shape)) for v in get_model("basset").trainable_variables) == 4_135_064


@pytest.mark.parametrize(
    ("name", "context"),
    [("spliceai_80nt", 80), ("spliceai_400nt", 400), ("spliceai_2k", 2000), ("spliceai_10k", 10000)],
)
def test_spliceai_predicts_each_base_that_has_its_context(name, context):
    assert get_model(name, input_shape=context + 7).output_shape == (None, 7, 3)
    with pytest.raises(ModelError, match=f"at least {context + 1} bases; received {context}"):
        get_model(name, input_shape=context)


def test_bpnet_joins_its_heads_without_loss():
    model = get_model("bpnet", input_shape=200, outputs=2, filters=8, num_layers=3, seed=0)
    x = np.random.default_rng(0).integers(0, 4, (3, 200)).astype(np.uint8)
    profile = keras.Model(model.inputs, model.get_layer("profile_head").output).predict_on_batch(x)
    counts = keras.Model(model.inputs, model.get_layer("counts_head").output).predict_on_batch(x)
    joint = model.predict_on_batch(x)
    np.testing.assert_allclose(ops.logsumexp(joint, axis=1), counts, atol=1e-5)
    np.testing.assert_allclose(ops.softmax(joint, axis=1), ops.softmax(profile, axis=1), atol=1e-6)


def test_bpnets_heads_stand_alone_too():
    options: dict[str, Any] = {"input_shape": 200, "filters": 8, "num_layers": 3}
    assert get_model("bpnet", outputs=2, head="profile", **options).output_shape == (None, 78, 2)
    assert get_model("bpnet", outputs=2, head="counts", **options).output_shape == (None, 2)
    with pytest.raises(ModelError, match="head is 'both', 'profile' or 'counts'"):
        get_model("bpnet", head="count", **options)


def test_an_unknown_base_is_the_fifth_symbol_of_genomic_benchmarks():
    model = get_model("genomic_benchmarks_cnn", input_shape=60, seed=0)
    known, unknown = np.zeros((1, 60), np.uint8), np.full((1, 60), 4, np.uint8)
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate))
    symbols = keras.Model(model.inputs, first.output)
    assert symbols.predict_on_batch(known)[0, 0].tolist() == [1, 0, 0, 0, 0, 0]
    assert symbols.predict_on_batch(unknown)[0, 0].tolist() == [0, 0, 0, 0, 1, 0]


def test_padding_by_n_leaves_an_exons_score_as_it_is():
    exon = np.random.default_rng(0).integers(0, 4, (1, 40)).astype(np.uint8)
    padded = np.pad(exon, ((0, 0), (0, 20)), constant_values=4)
    short, long = (get_model("mmsplice_exon", input_shape=n, seed=0) for n in (40, 60))
    np.testing.assert_allclose(long.predict_on_batch(padded), short.predict_on_batch(exon), atol=1e-6)


def what_the_head_sees_of_frames(length: int) -> keras.Model:
    model = get_model("dna_cnn", input_shape=length, outputs=1, frames=True, seed=0)
    merge_splits = next(layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate))
    return keras.Model(model.inputs, merge_splits.input[-1])


def test_dna_cnn_knows_a_gene_whichever_base_its_frame_starts_at():
    rng = np.random.default_rng(0)
    gene = np.array([[0, 2, 1], [2, 1, 3]], np.uint8)[rng.integers(0, 2, 1001)].ravel()  # AGC and GCT only
    starts = np.stack([gene[start : start + 3000] for start in range(3)] + [rng.permutation(gene)[:3000]])
    first, second, third, shuffled = what_the_head_sees_of_frames(3000).predict_on_batch(starts)
    np.testing.assert_allclose(second, first, atol=0.005)
    np.testing.assert_allclose(third, first, atol=0.005)
    assert np.abs(shuffled - first).max() > 0.05


@pytest.mark.parametrize("length", [60, 61, 62])
def test_frames_take_windows_that_are_no_whole_number_of_codons(length):
    model = what_the_head_sees_of_frames(length)
    assert model.output_shape == (None, 64)
    assert np.isfinite(model.predict_on_batch(np.zeros((1, length), np.uint8))).all()


@pytest.mark.parametrize(
    ("name", "length", "message"),
    [
        ("basset", 167, "at least 168 bases; received 167"),
        ("deepsea", 162, "at least 163 bases"),
        ("danq", 37, "at least 38 bases"),
        ("deepstarr", 15, "at least 16 bases"),
        ("deepbind", 23, "at least 24 bases"),
        ("bpnet", 1114, "at least 1115 bases"),
        ("basenji2", 131_073, "multiple of 128 bases, at least 16512; received 131073. The nearest is 131072"),
        ("enformer", 2048, "multiple of 128 bases, at least 82048; received 2048. The nearest is 82048"),
        ("borzoi", 524_200, "multiple of 128 bases, at least 327808; received 524200. The nearest is 524160"),
    ],
)
def test_a_window_that_does_not_fit_is_told_which_would(name, length, message):
    with pytest.raises(ModelError, match=message):
        get_model(name, input_shape=length)


@pytest.mark.parametrize(
    ("name", "length"), [("basset", 168), ("deepsea", 163), ("danq", 38), ("deepstarr", 16), ("bpnet", 1115)]
)
def test_the_shortest_window_works(name, length):
    small: dict[str, Any] = {"deepsea": {"units": 8}, "danq": {"units": 8}, "bpnet": {"filters": 8}}.get(name, {})
    model = get_model(name, input_shape=length, outputs=1, **small)
    assert np.isfinite(model.predict_on_batch(np.zeros((1, length), np.uint8))).all()


def test_the_shortest_length_counts_dilation_and_pooling():
    assert shortest_length([(3, 1), (2, 2)]) == 4
    assert shortest_length([(1 + 2 * 4, 1)]) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "cls"}, "head is 'mean' or 'masked_lm'; received 'cls'"),
        ({"head": "masked_lm", "outputs": 5}, "one output per token of the vocabulary, 4107; received outputs=5"),
        ({"num_heads": 3}, "multiple of 2 \\* num_heads, 6; received 8"),
        ({"vocabulary_size": 100}, "at least 4,105 tokens"),
        (
            {"rotary": False, "max_positions": 8},
            "enough for 6 tokens; a window of 60 bases has 11. Use windows of at most 30 bases",
        ),
    ],
)
def test_options_of_the_nucleotide_transformer_that_cannot_be_are_refused(options, message):
    small: dict[str, Any] = {"input_shape": 60, "outputs": 2, "embedding_dim": 8, "num_heads": 2, **options}
    with pytest.raises(ModelError, match=message):
        get_model("nucleotide_transformer", **small)
