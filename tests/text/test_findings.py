"""Terms of the Human Phenotype Ontology in plain text."""

import numpy as np
import pytest

from deepbio.datasets.vignettes import simulate_vignettes
from deepbio.text.findings import TermFinder


@pytest.fixture(scope="module")
def finder():
    return TermFinder.of_release()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He has had a high fever for three days.", {"HP:0001945": False}),
        ("Denies headaches or a sore throat.", {"HP:0002315": True, "HP:0033050": True}),
        # the longest phrase wins: not "lymph nodes", and not "swollen lymph nodes" anywhere
        ("swollen neck lymph nodes", {"HP:0025289": False}),
        ("Rashes, seizures.", {"HP:0000988": False, "HP:0001250": False}),
        ("No fever today, but fever last week", {"HP:0001945": True}),
        ("Nothing of note; lives in Cologne.", {}),
        ("", {}),
    ],
)
def test_terms_and_their_denials(finder, text, expected):
    found = finder.find(text)
    for id, negated in expected.items():
        assert any(term.id == id and term.negated is negated for term in found), found
    if not expected:
        assert found == []


def test_places_are_those_of_the_words(finder):
    text = "A boy with a strawberry tongue."
    (term,) = [term for term in finder.find(text) if term.id == "HP:0031042"]
    assert text[term.start : term.end] == "strawberry tongue"


def test_the_findings_of_made_up_notes_are_recognised(finder):
    # what each note says is known; phrases that two terms of the whole ontology share cost a few
    notes = simulate_vignettes(50, 300, seed=11)
    ids = np.array([term.id for term in notes.terms])
    hits = said = found = 0
    for text, states in zip(notes.texts, notes.findings, strict=True):
        truth = {(id, state < 0) for id, state in zip(ids[states != 0], states[states != 0], strict=True)}
        seen = {(term.id, term.negated) for term in finder.find(text)}
        hits, said, found = hits + len(truth & seen), said + len(truth), found + len(seen)
    assert hits / said > 0.98
    assert hits / found > 0.9


@pytest.mark.parametrize(
    ("text", "name", "context"),
    [
        ("both eyes red, no pus", "Conjunctival hyperemia", "affirmed"),
        ("cannot rise from a low chair", "Proximal muscle weakness", "affirmed"),
        ("No reflexes in the left leg", "Areflexia", "affirmed"),
        ("no scalp tenderness", "Scalp tenderness", "negated"),
        ("a tick on the thigh", "tick bite", "affirmed"),
        ("Mother had uveitis.", "Uveitis", "family"),
        ("Return if fever.", "Fever", "hypothetical"),
    ],
)
def test_phrases_written_by_hand_in_their_context(finder, text, name, context):
    assert (name, context) in [(term.name, term.context) for term in finder.find(text)]


def test_tokens_name_each_finding_of_the_patient_once(finder):
    text = "Fever, no cough. Fever again. Mother had a rash. Return if seizures. High fever."
    assert finder.tokens(text) == "hp0001945 ¬hp0012735"
    assert finder.tokens("38M with fever") == "hp0001945 ownyoungadult ownman"


def test_a_finding_that_a_model_does_not_know_becomes_a_more_general_one(finder):
    assert finder.tokens("Cervical lymphadenopathy", frozenset({"hp0002716"})) == "hp0002716"
    assert finder.tokens("No cervical lymphadenopathy", frozenset({"hp0002716", "¬hp0002716"})) == ""


def test_every_hand_written_name_is_a_finding(finder):
    from deepbio.datasets.vignettes.cues import CUES
    from deepbio.text.phrase_tables import CLINICAL, OWN

    names = {name for cues in CUES.values() for name in cues.split("|")} | set(CLINICAL) | set(OWN)
    assert names <= set(finder.ids)
    assert len(CUES) == 50
