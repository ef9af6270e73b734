"""The posterior is Bayes' rule, and what the notes really follow."""

import itertools

import numpy as np
import pytest

from deepbio.datasets.vignettes import Disease, posterior
from deepbio.datasets.vignettes.findings import finding_model
from deepbio.errors import DataError

DISEASES = [Disease("d:1", "One", {"fever": 0.5, "rash": 0.9}), Disease("d:2", "Two", {"cough": 0.2, "rash": 0.3})]


@pytest.fixture(scope="module")
def model():
    return finding_model(
        DISEASES,
        ["fever", "cough", "rash"],
        ["fever", "cough"],
        findings=1.0,
        complaint_probability=0.1,
        distractors=0.2,
        negation_probability=0.3,
        prior=np.array([1.0, 2.0]),
    )


def _every_note():
    return np.array(list(itertools.product((-1, 0, 1), (-1, 0, 1), (0, 1))), np.int8)


def test_it_is_bayes_rule_written_out_for_every_possible_note(model):
    affirmed, negated = model.probabilities()
    table = {1: affirmed, -1: negated, 0: 1 - affirmed - negated}
    for states, row in zip(_every_note(), posterior(_every_note(), model), strict=True):
        joint = [model.prior[d] * np.prod([table[int(s)][d, j] for j, s in enumerate(states)]) for d in (0, 1)]
        np.testing.assert_allclose(row, np.array(joint) / sum(joint), rtol=1e-12)


def test_the_probabilities_of_every_possible_note_add_up_to_one(model):
    affirmed, negated = model.probabilities()
    table = {1: affirmed, -1: negated, 0: 1 - affirmed - negated}
    for disease in (0, 1):
        total = sum(np.prod([table[int(s)][disease, j] for j, s in enumerate(states)]) for states in _every_note())
        assert total == pytest.approx(1.0)


def test_an_affirmed_typical_finding_speaks_for_the_disease_and_its_negation_against_it(model):
    silent, yes, no = posterior(np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0]], np.int8), model)[:, 0]
    assert no < silent < yes


def test_on_drawn_notes_it_is_as_right_as_it_says(notes):
    p = posterior(notes.findings, notes.model)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    right = p.argmax(axis=1) == notes.y
    confidence = p.max(axis=1)
    error = np.sqrt((confidence * (1 - confidence)).sum())
    assert abs(right.sum() - confidence.sum()) < 4 * error
    unsure = confidence < 0.9
    assert unsure.sum() > 100
    assert abs(right[unsure].mean() - confidence[unsure].mean()) < 0.12


def test_a_finding_that_is_never_negated_cannot_be_negated(model):
    with pytest.raises(DataError, match="negate another"):
        posterior(np.array([[0, 0, -1]], np.int8), model)
    with pytest.raises(DataError, match=r"\(n, 3\); received \(3,\)"):
        posterior(np.zeros(3, np.int8), model)


def test_a_table_in_chunks_has_the_same_values(model, monkeypatch):
    whole = posterior(_every_note(), model)
    monkeypatch.setattr("deepbio.datasets.vignettes.findings._MAX_VALUES", 1)
    np.testing.assert_array_equal(posterior(_every_note(), model), whole)
