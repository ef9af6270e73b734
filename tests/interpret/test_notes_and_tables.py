"""Occlusion of notes and attributions of tables."""

import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import DataError, ModelError
from deepbio.interpret import permutation_importance, shap_values, text_occlusion
from deepbio.text import MARK, Tokenizer
from deepbio.zoo import describe, get_model


@pytest.fixture(scope="module")
def data():
    return load_dataset("vignettes", diseases=5, train=60, valid=20, test=20, length=80)


def test_hiding_a_word_or_a_sentence_changes_the_output_by_its_value(data):
    model = get_model("text_cnn", dataset=data, seed=3, embedding_dim=8, filters=6)
    ids = np.asarray(data.train.x[0])
    values = text_occlusion(model, ids, target=2)
    hidden = ids.copy()
    hidden[4] = 1
    expected = model.predict_on_batch(ids[None])[0, 2] - model.predict_on_batch(hidden[None])[0, 2]
    assert values[4] == pytest.approx(expected, abs=1e-5)
    assert (values[ids == 0] == 0).all()
    sentences = text_occlusion(model, ids, target=2, unit="sentence")
    assert 1 < len(np.unique(sentences[ids != 0])) < (ids != 0).sum()
    with pytest.raises(DataError, match="unit is"):
        text_occlusion(model, ids, target=2, unit="letter")
    with pytest.raises(ModelError, match="text model"):
        text_occlusion(get_model("mlp", input_shape=5, outputs=1), ids)


def test_a_denied_phrase_is_replaced_by_the_affirmed_one():
    options = {"tokenizer": {"negation": True, "min_count": 1}, "length": 80}
    data = load_dataset("vignettes", diseases=5, train=60, valid=20, test=20, **options)
    model = get_model("text_cnn", dataset=data, seed=3, embedding_dim=8, filters=6)
    tokenizer = Tokenizer.from_json(describe(model).input.tokenizer)
    known = tokenizer.vocabulary
    denied = [word for word in known if word.startswith(MARK) and word.removeprefix(MARK) in known][:2]
    affirmed = [word.removeprefix(MARK) for word in denied]
    plain = next(word for word in known if word.isalpha() and MARK + word not in known)
    words = [plain, *denied, affirmed[0], plain]
    ids = np.array([known[word] for word in words] + [0] * (80 - len(words)), np.int32)

    def output(*words):
        return model.predict_on_batch(np.array([known.get(word, 1) for word in words] + [0] * (80 - len(words)))[None])[
            0
        ]

    values = text_occlusion(model, ids, target=lambda y: y, unit="phrase", replacement="opposite")
    assert values.shape == (80, 5)
    own = output(*words)
    said = output(plain, *affirmed, affirmed[0], plain)
    np.testing.assert_allclose(values[1:3], np.tile(own - said, (2, 1)), atol=1e-5)  # both words of the phrase
    np.testing.assert_allclose(values[3], own - output(plain, *denied, denied[0], plain), atol=1e-5)
    np.testing.assert_allclose(values[0], own - output("unknown", *denied, affirmed[0], plain), atol=1e-5)
    assert np.abs(own - said).max() > 1e-3
    with pytest.raises(DataError, match="replacement is"):
        text_occlusion(model, ids, target=2, replacement="nothing")


@pytest.fixture(scope="module")
def table():
    data = load_dataset("breast_cancer")
    model = get_model("logistic", dataset=data, seed=1)
    kernel = np.zeros(model.get_layer("head").kernel.shape, np.float32)
    kernel[3] = 2.0
    model.get_layer("head").set_weights([kernel, np.zeros(1, np.float32)])
    return data, model


def test_permutation_importance_finds_the_only_column_that_counts(table):
    data, model = table
    found = permutation_importance(
        model, np.asarray(data.valid.x[np.arange(len(data.valid))]), np.asarray(data.valid.y), n_repeats=3
    )
    assert found["feature"][0] == describe(model).input.features[3]
    assert found["importance"][1:].abs().max() < 1e-6
    with pytest.raises(DataError, match="rows of"):
        permutation_importance(model, np.zeros((3, 2)), np.zeros(3))


def test_shap_values_add_up_and_lie_on_the_only_column_that_counts(table):
    pytest.importorskip("shap")
    data, model = table
    rows = np.asarray(data.valid.x[np.arange(12)])
    values = shap_values(model, rows[:2], background=rows[2:], seed=1)
    logits = model.predict_on_batch(rows)[:, 0]
    np.testing.assert_allclose(values.sum(axis=1), logits[:2] - logits[2:].mean(), atol=1e-3)
    np.testing.assert_allclose(np.delete(values, 3, axis=1), 0, atol=1e-4)
