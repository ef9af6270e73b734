import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.sequence import reverse_complement
from deepbio.zoo import get_model, one_hot_model, save_preset
from deepbio.zoo.dna.reverse_complement import average_strands
from tests.zoo.dna.windows import random_windows


@pytest.mark.parametrize(
    ("name", "length", "options"),
    [
        ("basset", 168, {"units": (8,)}),
        ("dream_rnn", 40, {"filters": 8, "units": 4, "head_filters": 4}),
        ("dna_transformer", 40, {"embedding_dim": 8, "num_heads": 2, "num_layers": 1}),
        ("dna_cnn", 60, {"filters": 8}),
    ],
)
def test_an_averaged_model_gives_both_strands_the_same(name, length, options):
    model = get_model(name, input_shape=length, outputs=2, reverse_complement="average", seed=0, **options)
    x = random_windows(4, length)
    np.testing.assert_allclose(model.predict_on_batch(reverse_complement(x)), model.predict_on_batch(x), atol=1e-6)


def test_an_averaged_model_is_the_mean_of_two_readings():
    plain = get_model("deepbind", input_shape=30, outputs=1, seed=0)
    x = random_windows(4, 30)
    expected = (plain.predict_on_batch(x) + plain.predict_on_batch(reverse_complement(x))) / 2
    averaged = average_strands(plain)
    assert averaged.count_params() == plain.count_params()
    np.testing.assert_allclose(averaged.predict_on_batch(x), expected, atol=1e-6)


def test_an_averaged_profile_is_turned_back():
    model = get_model("bpnet", input_shape=140, filters=8, num_layers=3, reverse_complement="average", seed=0)
    x = random_windows(2, 140)
    turned = model.predict_on_batch(reverse_complement(x))[:, ::-1]
    np.testing.assert_allclose(turned, model.predict_on_batch(x), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "length", "options"),
    [
        ("basset", 216, {"units": (8,)}),
        ("deepstarr", 64, {"units": (8,)}),
        ("deepbind", 40, {}),
        ("dna_cnn", 64, {"filters": 8}),
        ("genomic_benchmarks_cnn", 57, {"num_symbols": 4}),
        ("mmsplice_acceptor", 53, {}),
    ],
)
def test_an_equivariant_model_gives_both_strands_the_same(name, length, options):
    model = get_model(name, input_shape=length, outputs=2, reverse_complement="equivariant", seed=0, **options)
    x = random_windows(4, length)
    a, b = model.predict_on_batch(x), model.predict_on_batch(reverse_complement(x))
    assert np.abs(a).max() > 1e-3
    np.testing.assert_allclose(b, a, atol=1e-5)
    plain = get_model(name, input_shape=length, outputs=2, **options)
    assert np.abs(plain.predict_on_batch(x) - plain.predict_on_batch(reverse_complement(x))).max() > 1e-4


def test_an_equivariant_model_has_half_the_free_filters():
    plain, tied = (
        get_model("deepbind", input_shape=40, reverse_complement=choice).layers[2] for choice in ("none", "equivariant")
    )
    assert tied.kernel.shape == (24, 4, 8)
    assert plain.kernel.shape == (24, 4, 16)


def test_an_equivariant_model_is_saved_and_loaded(tmp_path):
    from deepbio.datasets import load_dataset

    data = load_dataset("ecoli_promoters")
    model = get_model("mmsplice_acceptor", dataset=data, reverse_complement="equivariant", seed=0)
    save_preset(model, tmp_path / "p")
    x = random_windows(3, data.input.shape[0])
    np.testing.assert_array_equal(get_model(tmp_path / "p").predict_on_batch(x), model.predict_on_batch(x))


@pytest.mark.parametrize("choice", ["average", "equivariant"])
def test_both_strands_still_begin_with_one_hot(choice):
    model = get_model("deepbind", input_shape=40, outputs=1, reverse_complement=choice, seed=0)
    x = random_windows(2, 40)
    one_hot = (x[..., None] == np.arange(4)).astype(np.float32)
    np.testing.assert_allclose(one_hot_model(model).predict_on_batch(one_hot), model.predict_on_batch(x), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "length", "message"),
    [
        ("danq", 100, "Bidirectional.*no strand-tied form.*'average'"),
        ("spliceai_80nt", 100, "outputs are along the sequence"),
        ("dna_transformer", 100, "strides"),
        ("basset", 600 + 1, "The nearest are 552, 600, 648"),
    ],
)
def test_what_cannot_be_equivariant_says_why(name, length, message):
    with pytest.raises(ModelError, match=message):
        get_model(name, input_shape=length, reverse_complement="equivariant")


def test_a_typo_and_other_modalities_are_refused():
    with pytest.raises(ModelError, match="Did you mean average"):
        get_model("deepbind", reverse_complement="averag")
    with pytest.raises(ModelError, match="reverse_complement is for DNA"):
        get_model("mlp", input_shape=4, reverse_complement="average")
    with pytest.raises(ModelError, match="no option 'reverse_complement'"):
        get_model("lenet5", reverse_complement="average")
