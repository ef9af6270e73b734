"""NegEx's rules: what is denied, and where a denial ends."""

import pytest

from deepbio.text import MARK, mark_negated, words_of


def denied(text: str) -> list[str]:
    return [word.text for word in words_of(text) if word.denied]


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
        # what looks like a denial and is none (Chapman et al. 2001, table of pseudo-negations)
        ("No change in the rash.", []),
        ("Not only fever but also a rash.", []),
        ("Gram negative rods.", []),
        ("There was no increase in swelling.", []),
        # what denies nothing
        ("A rash and a fever.", []),
        ("", []),
        ("No.", []),
    ],
)
def test_the_words_that_are_denied(text, expected):
    assert denied(text) == expected


def test_marks_change_nothing_else():
    text = "A boy (6) denies  fever;\nhas a rash — no cough, though!"
    assert mark_negated(text).replace(MARK, "") == text
    assert mark_negated(text) == "A boy (6) denies  ¬fever;\nhas a rash — no ¬cough, though!"


def test_places_are_those_of_the_text():
    text = "No FEVER, but chills."
    assert [text[word.start : word.end].lower() for word in words_of(text)] == [word.text for word in words_of(text)]


def test_generated_denials_are_marked_and_affirmations_are_not():
    """Every finding of the made-up notes is one that the generator affirmed or denied: the rules must agree."""
    from deepbio.datasets.vignettes import simulate_vignettes
    from deepbio.datasets.vignettes.everyday import EVERYDAY

    notes = simulate_vignettes(50, 400, seed=3)
    right = wrong = 0
    for text, states in zip(notes.texts, notes.findings, strict=True):
        plain = [word.text for word in words_of(text) if not word.denied]
        no = {word.text for word in words_of(text) if word.denied}
        for term, state in zip(notes.terms, states, strict=True):
            if state == -1:
                said = any(set(phrase.split()) - {"of"} <= no for phrase in EVERYDAY[term.id][1])
                right, wrong = right + said, wrong + (not said)
        if not (states == -1).any():
            wrong += len(plain) != len(words_of(text))
    assert wrong == 0
    assert right > 500
