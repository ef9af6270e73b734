"""Word evidence: integrated gradients add up, and attention is where the architecture has some."""

import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import ModelError
from deepbio.interpret import attention_weights, word_evidence
from deepbio.zoo import get_model

SMALL = {
    "note_lstm": {"embedding_dim": 8, "units": 6},
    "bilstm": {"embedding_dim": 8, "units": 6},
    "gru": {"embedding_dim": 8, "units": 6},
    "text_cnn": {"embedding_dim": 8, "filters": 6},
    "caml": {"embedding_dim": 8, "filters": 6},
    "han": {"embedding_dim": 8, "units": 4, "attention_units": 6},
    "note_transformer": {"embedding_dim": 8, "num_heads": 2, "num_layers": 1},
    "note_evidence": {"embedding_dim": 8, "filters": 8, "units": 8},
}


@pytest.fixture(scope="module")
def data():
    return load_dataset("vignettes", diseases=5, train=60, valid=20, test=20, length=80)


@pytest.mark.parametrize("name", SMALL)
def test_the_parts_of_the_words_add_up_to_the_logit(name, data):
    model = get_model(name, dataset=data, seed=3, **SMALL[name])
    ids = data.train.x[0]
    parts = word_evidence(model, ids, [4, 0], steps=300)
    assert parts.shape == (2, 80)
    assert (parts[:, ids == 0] == 0).all()
    # the other end of the path: a note of the same words, all of whose vectors are zero
    silent = get_model(name, dataset=data, seed=3, **SMALL[name])
    table = silent.get_layer("words")
    table.set_weights([np.zeros_like(table.get_weights()[0])])
    change = model.predict_on_batch(ids[None]) - silent.predict_on_batch(ids[None])
    np.testing.assert_allclose(parts.sum(axis=1), change[0, [4, 0]], atol=2e-3)
    assert np.abs(parts).max() > 0


@pytest.mark.parametrize("name", SMALL)
def test_attention_is_read_where_there_is_some(name, data):
    model = get_model(name, dataset=data, seed=3, **SMALL[name])
    ids = data.train.x[1]
    weights = attention_weights(model, ids, [1, 2, 3])
    if name not in ("caml", "han", "note_evidence"):
        assert weights is None
        return
    assert weights is not None
    assert weights.shape == (3, 80)
    assert (weights[:, ids == 0] == 0).all()
    if name == "note_evidence":  # its terms add up to the logit less the bias
        bias = model.get_layer("head").get_weights()[1]
        logits = model.predict_on_batch(ids[None])[0]
        np.testing.assert_allclose(weights.sum(axis=1), (logits - bias)[[1, 2, 3]], atol=1e-4)
    else:
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-4)


def test_a_model_without_word_vectors_is_refused(data):
    with pytest.raises(ModelError, match="a model with word vectors"):
        word_evidence(get_model("bag_of_words", dataset=data), data.train.x[0], [0])
