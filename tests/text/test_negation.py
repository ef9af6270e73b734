"""NegEx's rules: which words are negated, and where the scope of a negation ends."""

import pytest

from deepbio.datasets.vignettes import simulate_vignettes
from deepbio.text import MARK, mark_negated, words_of


def negated(text: str) -> list[str]:
    return [word.text for word in words_of(text) if word.negated]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No fever.", ["fever"]),
        ("She denies fever, cough or chills.", ["fever", "cough", "chills"]),
        ("He has a rash, without fever.", ["fever"]),
        ("He has a rash but no fever.", ["fever"]),
        ("No fever but a rash.", ["fever"]),
        ("No cough, however he has had a fever.", ["cough"]),
        ("No fever. A rash.", ["fever"]),
        ("There is no sign of itching or hard stools.", ["itching", "hard", "stools"]),
        ("Negative for night sweats.", ["night", "sweats"]),
        ("She has not had any nosebleeds.", ["nosebleeds"]),
        ("Pneumonia was ruled out.", ["pneumonia"]),
        ("Meningitis is unlikely.", ["meningitis"]),
        ("No fever and has a rash.", ["fever"]),
        ("No fever over 38.5 today. Cough.", ["fever", "over", "38", "5", "today"]),
        ("NO FEVER", ["fever"]),
        ("He doesn’t cough.", ["cough"]),
        # what looks like a negation and is none (Chapman et al. 2001, table of pseudo-negations)
        ("No change in the rash.", []),
        ("Not only fever but also a rash.", []),
        ("Gram negative rods.", []),
        ("There was no increase in swelling.", []),
        # nothing is negated
        ("A rash and a fever.", []),
        ("", []),
        ("No.", []),
    ],
)
def test_the_words_that_are_negated(text, expected):
    assert negated(text) == expected


def test_marks_change_nothing_else():
    text = "A boy (6) denies  fever;\nhas a rash — no cough, though!"
    assert mark_negated(text).replace(MARK, "") == text
    assert mark_negated(text) == "A boy (6) denies  ¬fever;\nhas a rash — no ¬cough, though!"


def test_positions_are_those_of_the_text():
    text = "No FEVER, but chills."
    assert [text[word.start : word.end].lower() for word in words_of(text)] == [word.text for word in words_of(text)]


# Notes of `simulate_vignettes` and their negated words, read by a person.
SYNTHETIC = {
    27: (
        "A 33-year-old man comes in with bouts of vomiting. He reports loss of weight, stomach pain and erythema nodosum, "
        "without swollen lymph nodes. The history tells of a rash on the legs but no shortness of breath or itching.",
        "swollen lymph nodes shortness breath itching",
    ),
    33: (
        "An 18-year-old man has had brain imaging abnormality for eight weeks and abnormal basal ganglia MRI signal "
        "intensity. There is no sign of chills. He also complains of weight loss but denies night sweats, fevers or nausea.",
        "chills night sweats fevers nausea",
    ),
    26: (
        "A 57-year-old woman is seen because of resting tremor. There is no sign of itching. She is nauseous. She has no "
        "vomiting or irritability.",
        "itching vomiting irritability",
    ),
    39: (
        "A five-year-old boy has a high fever. No back pain, joint pain or shortness of breath. He denies muscle aches.",
        "back pain joint pain shortness breath muscle aches",
    ),
    17: (
        "An 83-year-old man with a rash on the trunk for 9 days. No anxiety or constipation. Negative for chills.",
        "anxiety constipation chills",
    ),
    0: (
        "A seven-year-old girl is seen because of anti-proteinase 3 antibody positivity. She also complains of periorbital "
        "edema. She reports constipation. She has not had any palpitations, abdominal pain, shortness of breath or sore "
        "throat.",
        "palpitations abdominal pain shortness breath sore throat",
    ),
}


def test_the_negated_words_of_synthetic_notes_are_those_that_a_person_marks():
    notes = simulate_vignettes(50, 40, seed=9, findings=3, negation_probability=0.2)
    for i, (text, words) in SYNTHETIC.items():
        assert notes.texts[i] == text
        assert negated(text) == words.split()
        assert (notes.findings[i] == -1).any()


def test_no_word_of_a_synthetic_note_that_only_affirms_is_negated():
    notes = simulate_vignettes(50, 400, seed=3)
    affirming = [text for text, states in zip(notes.texts, notes.findings, strict=True) if not (states == -1).any()]
    assert len(affirming) > 5
    assert [negated(text) for text in affirming] == [[] for _ in affirming]
