"""No words mean two findings."""

from collections import Counter

import pytest

from deepbio.datasets.vignettes import Ontology, Synonym, Term
from deepbio.datasets.vignettes.phrases import choose_phrases, words
from deepbio.errors import DataError
from deepbio.text.everyday import EVERYDAY, PLAIN


def _term(number, name, *plain):
    return Term(f"HP:{number}", name, tuple(Synonym(s, "EXACT", "layperson") for s in plain), ())


def _phrases(*terms):
    return [p.affirmed for p in choose_phrases(terms, Ontology("x", {t.id: t for t in terms}))]


def test_a_finding_has_its_name_and_its_plain_words():
    assert _phrases(_term(1, "Ptosis", "Drooping upper eyelid")) == [("ptosis", "drooping upper eyelid")]


def test_a_name_wins_over_a_synonym_and_two_synonyms_lose():
    assert _phrases(
        _term(1, "Bloodshot eye", "Red eye", "Sore eye"), _term(2, "Red eye"), _term(3, "Eye ulcer", "Sore eye")
    ) == [("bloodshot eye",), ("red eye",), ("eye ulcer",)]


def test_words_that_a_list_could_spell_are_said_otherwise():
    assert _phrases(_term(1, "Nausea"), _term(2, "Gas"), _term(3, "Nausea and gas"), _term(4, "Wind and gas")) == [
        ("nausea",),
        ("gas",),
        ("nausea with gas",),
        ("Wind and gas".lower(),),
    ]


def test_abbreviations_and_names_keep_their_capitals():
    assert _phrases(_term(1, "EEG abnormality"), _term(2, "Raynaud sign"), _term(3, "Mild Raynaud sign")) == [
        ("EEG abnormality",),
        ("Raynaud sign",),
        ("mild Raynaud sign",),
    ]


def test_two_findings_of_one_name_are_refused():
    with pytest.raises(DataError, match="HP:1 .*same words"):
        _phrases(_term(1, "Fever"), _term(2, "Fever"))


def test_every_term_of_the_ontology_has_words_of_its_own(ontology):
    terms = list(ontology.terms.values())
    owners = {}
    for term, phrases in zip(terms, choose_phrases(terms, ontology), strict=True):
        assert phrases.affirmed
        for phrase in (*phrases.affirmed, *phrases.negated):
            assert owners.setdefault(words(phrase), term.id) == term.id, phrase


def test_hand_written_words_are_about_known_terms_and_take_no_other_terms_name(ontology):
    names = {words(term.name): term.id for term in ontology.terms.values()}
    by_hand = {key: (*yes, *no) for key, (yes, no) in EVERYDAY.items()} | PLAIN
    assert set(by_hand) <= set(ontology.terms)
    for key, phrases in by_hand.items():
        assert {names.get(words(phrase), key) for phrase in phrases} == {key}
    spelled = Counter(key for phrases in by_hand.values() for key in {words(p) for p in phrases})
    assert set(spelled.values()) == {1}
    assert not set(EVERYDAY) & set(PLAIN)


def test_a_negated_phrase_reads_well_after_no():
    for _, negated in EVERYDAY.values():
        assert negated
        assert not any(phrase.startswith(("a ", "an ", "is ")) for phrase in negated)
