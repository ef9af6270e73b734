"""What the text models are: the counts of their papers, and the parts that are deepbio's own."""

import keras
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer

from deepbio.datasets.build import from_arrays
from deepbio.layers import ContextAttention, LabelAttention, Sentences, TfIdf
from deepbio.text import Tokenizer
from deepbio.zoo import get_model, list_models, model_spec


def test_all_architectures_of_the_notes_zoo_are_there():
    wanted = {
        "note_lstm",
        "bilstm",
        "gru",
        "text_cnn",
        "caml",
        "han",
        "note_transformer",
        "bag_of_words",
        "note_evidence",
    }
    assert wanted == set(list_models(modality="text"))


@pytest.mark.parametrize(
    ("name", "embedding", "rest"),
    [
        # Mullenbach et al. 2018, their code: 55,150 with 50 for a bias that changes nothing
        ("caml", 100, 55_150 - 50),
        # Yang et al. 2016: BiGRU 50+50 twice, context 100, five classes
        ("han", 200, 142_105),
        # Kim 2014: 100 filters of each of three widths on 300 numbers a word, two classes
        ("text_cnn", 300, (3 + 4 + 5) * 300 * 100 + 300 + 300 * 2 + 2),
    ],
)
def test_counts_without_the_embedding_are_the_papers(name, embedding, rest):
    spec = model_spec(name)
    assert spec.parameters - spec.reference["vocabulary_size"] * embedding == rest


@pytest.mark.parametrize("name", list_models(modality="text"))
def test_a_short_note_among_long_ones_is_read_as_alone(name):
    reference = {**model_spec(name).reference, "vocabulary_size": 50, "outputs": 3, "input_shape": (24,)}
    model = get_model(name, **reference, seed=1)
    ids = np.random.Generator(np.random.Philox(5)).integers(1, 50, (5, 24)).astype(np.int32)
    for row, words in enumerate((1, 2, 7, 23, 24)):
        ids[row, words:] = 0
    together = model.predict_on_batch(ids)
    alone = np.concatenate([model.predict_on_batch(ids[row : row + 1]) for row in range(5)])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("name", list_models(modality="text"))
def test_only_bag_of_words_and_nothing_else_ignores_order(name):
    model = get_model(name, input_shape=(12,), outputs=3, vocabulary_size=50, seed=2)
    if name == "note_evidence":
        model.get_layer("head").kernel.assign(np.random.Generator(np.random.Philox(1)).normal(size=(128, 3)))
    ids = np.arange(2, 14, dtype=np.int32)[None]
    changed = np.abs(model.predict_on_batch(ids) - model.predict_on_batch(ids[:, ::-1].copy())).max()
    assert (changed < 1e-6) == (name == "bag_of_words")


def test_tf_idf_is_that_of_scikit_learn():
    texts = ["fever and a rash a rash", "a fever", "no fever and no cough", "a rash a rash a rash zebra"]
    tokenizer = Tokenizer.fit(texts[:3], min_count=1)
    ids = tokenizer.encode(texts, 12)
    counts = np.stack([np.bincount(row, minlength=tokenizer.vocabulary_size) for row in ids])
    counts[:, 0] = 0
    expected = TfidfTransformer(sublinear_tf=True).fit(counts[:3]).transform(counts).toarray()
    layer = TfIdf(tokenizer.vocabulary_size, idf=tokenizer.inverse_document_frequency())
    np.testing.assert_allclose(layer(ids).numpy(), expected, atol=1e-6)


def test_bag_of_words_takes_the_weights_of_words_from_the_training_texts():
    data = from_arrays([f"fever {i % 7} rash {i}" for i in range(60)], ["a", "b"] * 30, modality="text")
    model = get_model("bag_of_words", dataset=data)
    idf = Tokenizer.from_json(data.input.tokenizer).inverse_document_frequency()
    np.testing.assert_allclose(model.get_layer("tf_idf").get_weights()[0], idf)
    assert len(np.unique(idf)) > 3


def test_caml_looks_with_a_softmax_over_words_for_each_label():
    layer = LabelAttention(2)
    x = keras.ops.array([[[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]]])
    layer.build(x.shape)
    layer.query.assign([[2.0, 0.0], [0.0, 0.0]])
    layer.reading.assign([[1.0, 1.0], [1.0, 0.0]])
    mask = keras.ops.array([[True, True, False]])
    e = np.exp(2.0)
    np.testing.assert_allclose(
        layer.attention(x, mask).numpy(), [[[e / (e + 1), 1 / (e + 1), 0], [0.5, 0.5, 0]]], rtol=1e-6
    )
    np.testing.assert_allclose(layer(x, mask=mask).numpy(), [[1.0, 0.5]], rtol=1e-6)
    nothing = keras.ops.array([[False, False, False]])
    np.testing.assert_array_equal(layer(x, mask=nothing).numpy(), [[0.0, 0.0]])


def test_context_attention_of_nothing_is_zero():
    layer = ContextAttention(4)
    x = keras.random.normal((2, 3, 5), seed=0)
    some = layer(x, mask=keras.ops.array([[True, False, False], [False, False, False]])).numpy()
    np.testing.assert_allclose(some[0], x[0, 0].numpy(), rtol=1e-5)
    np.testing.assert_array_equal(some[1], 0)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([1, 9, 2, 3, 9, 0, 0], [[1, 9, 0], [2, 3, 9], [0, 0, 0], [0, 0, 0]]),
        ([1, 2, 3, 4, 9, 5, 0], [[1, 2, 3], [4, 9, 0], [5, 0, 0], [0, 0, 0]]),
        ([9, 9, 9, 9, 9, 9, 9], [[9, 0, 0], [9, 0, 0], [9, 0, 0], [9, 0, 0]]),
        ([0, 0, 0, 0, 0, 0, 0], [[0, 0, 0]] * 4),
    ],
)
def test_sentences_are_rows(ids, expected):
    layer = Sentences((9,), rows=4, words=3)
    assert layer(keras.ops.array([ids, ids])).numpy().tolist() == [expected, expected]


def test_han_ends_sentences_at_the_stops_that_its_tokenizer_knows():
    data = from_arrays([f"Fever {i}. Rash! No cough; none" for i in range(40)], ["a", "b"] * 20, modality="text")
    layer = next(layer for layer in get_model("han", dataset=data).layers if isinstance(layer, Sentences))
    known = Tokenizer.from_json(data.input.tokenizer).vocabulary
    assert sorted(layer.stops) == sorted(known[stop] for stop in ".!;")


def test_the_evidence_of_words_adds_up():
    model = get_model("note_evidence", input_shape=(40,), outputs=4, vocabulary_size=50, seed=0)
    one, other = np.zeros((2, 1, 40), np.int32)
    one[0, :5], other[0, 20:25] = np.arange(2, 7), np.arange(10, 15)
    bias = model.predict_on_batch(np.zeros((1, 40), np.int32))
    both = model.predict_on_batch(one + other)
    # five words apart no convolution sees both, so what each says is what it says alone
    apart = model.predict_on_batch(one) + model.predict_on_batch(other) - bias
    np.testing.assert_allclose(both, apart, atol=1e-5)
