"""Notes that an earlier version answered wrongly: what is denied, a relative's, repeated, marked up or too little to judge."""

import json
from pathlib import Path

import pytest

from deepbio.diagnosis import diagnose
from deepbio.diagnosis.diagnose import DEFAULT_MODEL
from deepbio.text import normalise, words_of
from deepbio.zoo import get_model

CASES = Path(__file__).parents[1] / "data" / "cases" / "notes"


@pytest.fixture(scope="module")
def model():
    return get_model(DEFAULT_MODEL)


@pytest.fixture
def ask(model):
    return lambda name: diagnose((CASES / name).read_text(encoding="utf-8"), model=model, top=3)


def contexts(found):
    return {term.name: term.context for term in found.terms}


@pytest.mark.parametrize(
    ("file", "denied"),
    [
        ("is_negative_for.txt", {"Fever", "Skin rash", "Arthralgia"}),
        ("was_negative_for.txt", {"Pneumonia"}),
        ("no_c_o.txt", {"Fever", "Skin rash"}),
        ("wrapped_denial.txt", {"Chest pain", "Dyspnea", "Nausea", "Vomiting"}),
    ],
)
def test_what_is_denied(ask, file, denied):
    found = ask(file)
    assert {name for name, context in contexts(found).items() if context == "negated"} == denied
    assert found.none_of_these


def test_a_non_smoker_may_have_a_fever(ask):
    found = contexts(ask("non_smoker.txt"))
    assert found["Fever"] == found["Skin rash"] == "affirmed"


@pytest.mark.parametrize(
    "file",
    [
        "denied_behcet.txt",
        "denied_temporal_arteritis.txt",
        "family.txt",
        "one_word.txt",
        "only_punctuation.txt",
        "only_numbers.txt",
    ],
)
def test_what_says_too_little_is_none_of_these(ask, file):
    assert ask(file).none_of_these


@pytest.mark.parametrize(
    ("one", "other"), [("pasted_once.txt", "pasted_5_times.txt"), ("markup_plain.txt", "markup.html.txt")]
)
def test_two_forms_of_one_note_have_one_answer(ask, one, other):
    first, second = ask(one), ask(other)
    assert first.candidates == second.candidates
    assert first.ood_score == second.ood_score


def test_a_word_5000_times_is_one_word(model):
    assert diagnose("fever " * 5000, model=model).none_of_these


def test_listed_and_unlisted_notes(model):
    for note in json.loads((CASES / "listed.json").read_text(encoding="utf-8")):
        names = [c.name for c in diagnose(note["note"], model=model, top=5).candidates]
        assert note["disease"] in names
    for note in json.loads((CASES / "unlisted.json").read_text(encoding="utf-8")):
        found = diagnose(note["note"], model=model, top=1)
        assert found.none_of_these or found.candidates[0].probability < 0.5, note["disease"]


def test_34_of_37_decided_sentences_are_read_right():
    sentences = json.loads((CASES / "negation.json").read_text(encoding="utf-8"))
    decided = [s for s in sentences if s["denied"] is not None]
    right = 0
    for sentence in decided:
        words = [word for word in words_of(normalise(sentence["text"])) if word.text == sentence["word"]]
        right += bool(words) and words[-1].negated == sentence["denied"]
    assert (len(decided), right >= 34) == (37, True)
