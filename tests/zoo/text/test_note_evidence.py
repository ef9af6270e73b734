"""`note_evidence`: the prior that its logits start from, and the table that starts from the ontology's frequencies."""

import keras
import numpy as np
import pytest

from deepbio.datasets.build import from_arrays
from deepbio.datasets.vignettes import annotated_evidence, posterior, simulate_vignettes
from deepbio.errors import DataError, ModelError
from deepbio.interpret import attention_weights, word_evidence
from deepbio.interpret.additive import additive_evidence, is_additive
from deepbio.layers import EvidenceTable
from deepbio.text import MARK
from deepbio.text.findings import token_of
from deepbio.zoo import get_model

SMALL = {"input_shape": (8,), "outputs": 3, "vocabulary_size": 20, "embedding_dim": 4, "filters": 4, "units": 4}


def test_the_logits_of_an_empty_note_start_from_the_frequencies_of_the_labels():
    model = get_model("note_evidence", prior=[0.1, 0.1, 0.8], **SMALL)
    logits = model.predict_on_batch(np.zeros((1, 8), np.int32))[0]
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), [0.1, 0.1, 0.8], rtol=1e-5)


@pytest.mark.parametrize("prior", [[0.5, 0.5], [0.5, 0.5, 0.0], [1.0, float("nan"), 1.0]])
def test_a_prior_has_a_positive_number_for_each_label(prior):
    with pytest.raises(ModelError, match="one positive number per label, 3 in all"):
        get_model("note_evidence", prior=prior, **SMALL)


@pytest.fixture(scope="module")
def data():
    notes = simulate_vignettes(5, 60, seed=3)
    labels = [notes.diseases[i].name for i in notes.y]
    labels[::6] = ["none of them"] * 10
    return from_arrays(notes.texts, labels, modality="text", length=40, tokenizer={"findings": True, "min_count": 1})


@pytest.fixture(scope="module")
def names():
    return [disease.name for disease in simulate_vignettes(5, 1).diseases]


@pytest.fixture(scope="module")
def model(data, names):
    return get_model("note_evidence", dataset=data, diseases=names, prior=[0.18] * 5 + [0.1], seed=0)


def test_untrained_probabilities_of_findings_are_the_exact_posterior(names):
    notes = simulate_vignettes(5, 60, seed=4)
    assert [disease.name for disease in notes.diseases] == names
    tokens = [token_of(term.id) for term in notes.terms]
    vocabulary = {token: i for i, token in enumerate([*tokens, *(MARK + token for token in tokens)])}
    found = annotated_evidence(names, vocabulary)
    mentioned = np.concatenate([notes.findings == 1, notes.findings == -1], axis=1)
    logits = found.bias + mentioned @ found.table
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(p / p.sum(axis=1, keepdims=True), posterior(notes.findings, notes.model), atol=1e-5)


def test_an_affirmed_finding_speaks_more_for_a_disease_than_a_denied_one_the_more_frequent_it_is():
    notes = simulate_vignettes(50, 1, seed=0)
    fever = token_of("HP:0001945")
    table = annotated_evidence([d.name for d in notes.diseases], {fever: 0, MARK + fever: 1}).table
    frequency = np.array([d.frequency.get("HP:0001945", 0.0) for d in notes.diseases])
    always, never = frequency >= 0.8, frequency == 0
    assert always.sum() > 5
    assert never.sum() > 5
    assert (table[0] - table[1])[always].min() > (table[0] - table[1])[never].max()


def test_the_evidence_of_the_table_adds_up_to_the_logits(model, data):
    assert is_additive(model)
    ids = np.asarray(data.valid.x[:8])
    found = additive_evidence(model)
    np.testing.assert_allclose(found.bias + found.table[ids].sum(axis=1), model.predict_on_batch(ids), atol=1e-4)
    logits = model.predict_on_batch(ids[:1])[0]
    for parts in (attention_weights(model, ids[0], [0, 5]), word_evidence(model, ids[0], [0, 5], steps=2)):
        assert parts is not None
        np.testing.assert_allclose(parts.sum(axis=1), (logits - found.bias)[[0, 5]], atol=1e-4)


def test_what_the_annotations_do_not_state_learns_faster():
    layer = EvidenceTable(4, 3)
    layer.build((None, 2))
    layer.set_weights([np.zeros((4, 3)), np.array([1, 1, 1, 8, 1, 1, 4.0])])  # of four tokens, then of three labels
    model = keras.Sequential(
        [keras.Input((2,), dtype="int32"), layer, keras.layers.Lambda(lambda x: x[:, 0] + x[:, 1])]
    )
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 1.0
    model.train_on_batch(np.array([[2, 3]], np.int32), np.array([[3.0, 3.0, 3.0]]))
    np.testing.assert_allclose(layer.get_weights()[0][2:], [[2, 2, 8], [16, 16, 16]], rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"diseases": ["Kawasaki disease"]}, ModelError, "received 1 diseases and 6 outputs"),
        ({"rate": 0.5}, ModelError, "rate of note_evidence is 1 or more"),
        ({"diseases": ["Typhoid", "Gout", "Flu", "Cold", "Cough"]}, DataError, "no frequencies for Gout, Flu, Cold"),
    ],
)
def test_a_wrong_table_is_refused(data, names, change, error, message):
    with pytest.raises(error, match=message):
        get_model("note_evidence", dataset=data, **{"diseases": names, **change})


def test_a_table_needs_a_tokenizer_of_findings(names):
    with pytest.raises(ModelError, match="reads findings"):
        get_model("note_evidence", diseases=names, **{**SMALL, "outputs": 5})
