"""Word vectors from the text files of word2vec, GloVe and fastText."""

import gzip

import numpy as np
import pytest

from deepbio.datasets.build import from_arrays
from deepbio.errors import DataError, ModelError
from deepbio.text import Tokenizer, read_word_vectors
from deepbio.zoo import get_model, load_word_vectors

ROWS = "fever 0.1 0.2 0.3\nRash -1 0 1e-2\n. 9 9 9\nnew york 1 2 3\n"


@pytest.mark.parametrize("header", ["", "4 3\n"])
def test_all_three_formats_give_the_same(tmp_path, header):
    path = tmp_path / "vectors.txt"
    path.write_text(header + ROWS, encoding="utf-8")
    found = read_word_vectors(path, ["fever", "rash", "new york", "cough"])
    assert sorted(found) == ["fever", "new york", "rash"]
    np.testing.assert_allclose(found["rash"], [-1, 0, 0.01])
    assert found["fever"].dtype == np.float32
    packed = tmp_path / "vectors.vec.gz"
    packed.write_bytes(gzip.compress((header + ROWS).encode()))
    np.testing.assert_array_equal(read_word_vectors(packed, ["fever"])["fever"], found["fever"])


def test_a_word_as_it_is_goes_before_its_lower_case(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("Rash 1 1\nrash 2 2\n", encoding="utf-8")
    assert read_word_vectors(path, ["rash"])["rash"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fever 1 2\nrash 1\n", "line 2: expected a word and 2 numbers; found 1"),
        ("fever 1 two\n", "line 1: expected numbers after the word"),
        ("fever 1 nan\n", "line 1: expected finite numbers"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    path = tmp_path / "vectors.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_word_vectors(path, ["fever"])


def test_a_missing_or_binary_file_is_an_error(tmp_path):
    with pytest.raises(DataError, match="Expected a file at .*none.txt"):
        read_word_vectors(tmp_path / "none.txt", ["a"])
    (tmp_path / "vectors.bin").write_bytes(b"3 2\nfever \xff\xfe\x00")
    with pytest.raises(DataError, match="must be saved as text first"):
        read_word_vectors(tmp_path / "vectors.bin", ["a"])


def test_a_model_loads_them_and_negated_words_have_the_vectors_of_their_words(tmp_path):
    texts = [f"{'no ' * (i % 2)}fever on day {i}" for i in range(60)]
    data = from_arrays(texts, ["a", "b"] * 30, modality="text", tokenizer={"negation": True})
    model = get_model("text_cnn", dataset=data, embedding_dim=3, filters=4, seed=0)
    before = model.get_layer("words").get_weights()[0].copy()
    path = tmp_path / "vectors.txt"
    path.write_text("fever 1 2 3\nzebra 4 5 6\n", encoding="utf-8")
    assert load_word_vectors(model, path) == 2
    after = model.get_layer("words").get_weights()[0]
    ids = Tokenizer.from_json(data.input.tokenizer).vocabulary
    for word in ("fever", "¬fever"):
        assert after[ids[word]].tolist() == [1, 2, 3]
    changed = (after != before).any(axis=1)
    assert changed.sum() == 2


def test_vectors_of_another_size_say_which(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("note 1 2 3\n", encoding="utf-8")
    data = from_arrays([f"note {i}" for i in range(40)], ["a", "b"] * 20, modality="text")
    with pytest.raises(
        ModelError, match="vectors of 3 numbers; the embedding has 8. Build the model with embedding_dim=3"
    ):
        load_word_vectors(get_model("text_cnn", dataset=data, embedding_dim=8, filters=2), path)
    with pytest.raises(ModelError, match="text models with an embedding"):
        load_word_vectors(get_model("bag_of_words", dataset=data), path)
