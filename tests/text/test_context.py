"""ConText's properties: which words are negated, past, hypothetical, uncertain or a relative's, and where a scope ends."""

import json
from pathlib import Path

import pytest

from deepbio.datasets.vignettes import simulate_vignettes
from deepbio.text import MARK, mark_context, mark_negated, normalise, words_of


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
        ("No fever over 38.5 today. Cough.", ["fever", "over", "38", "5"]),
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


DATA = Path(__file__).parents[1] / "data" / "notes"


def _state(text: str, word: str) -> str:
    return next(found.state for found in reversed(words_of(text)) if found.text == word)


@pytest.mark.parametrize(
    ("text", "word", "state"),
    [
        ("His father had gout.", "gout", "family"),
        ("Gout in his father.", "gout", "family"),
        ("Father reports gout.", "gout", "affirmed"),
        ("My daughter is 9. She has gout.", "gout", "affirmed"),
        ("FH: gout\nHPI: cough", "cough", "affirmed"),
        ("Past medical history: gout.", "gout", "historical"),
        ("Come back if gout recurs.", "gout", "hypothetical"),
        ("Cannot exclude gout.", "gout", "uncertain"),
        ("Suspected gout, fever.", "fever", "affirmed"),
        # lists, bullets, templates and signs
        ("Denies:\n- gout\n- cough", "cough", "negated"),
        ("No gout\n- cough", "cough", "affirmed"),
        ("Gout: no. Cough: yes.", "gout", "negated"),
        ("Gout: no. Cough: yes.", "cough", "affirmed"),
        ("Gout: no\nPulse 58", "gout", "negated"),
        ("Gout: no\nPulse 58", "pulse", "affirmed"),
        ("Cough: no\ngout since May", "gout", "affirmed"),
        ("Gout (-), cough (+)", "cough", "affirmed"),
        ("[ ] gout [x] cough", "gout", "negated"),
        ("-gout -wheeze +cough", "cough", "affirmed"),
        # what only looks like a negation
        ("A non-drinker with gout.", "gout", "affirmed"),
        ("Gout is not relieved by rest.", "gout", "affirmed"),
        ("Not without gout.", "gout", "affirmed"),
        ("No allergies; gout since May.", "gout", "affirmed"),
        # an article of its own ends the list of a "no", which is the article of that list; and of a "without" whose list has none
        ("No fever, chills and a cough.", "cough", "affirmed"),
        ("No fever, chills and a cough.", "chills", "negated"),
        ("No fever and an itchy elbow.", "elbow", "affirmed"),
        ("Seen without fever, chills and a cough.", "cough", "affirmed"),
        ("Seen without a fever, a sore throat and a cough.", "cough", "negated"),
        ("Came w/o fever and a cough.", "fever", "negated"),
        ("Came w/o fever and a cough.", "cough", "affirmed"),
        ("No fever, chills or a cough.", "cough", "negated"),
        ("No fever and cough.", "cough", "negated"),
        ("Denies fever, chills and a cough.", "cough", "negated"),
        ("Negative for fever and a cough.", "cough", "negated"),
    ],
)
def test_the_state_of_a_word(text, word, state):
    assert _state(text, word) == state


@pytest.mark.parametrize(
    "text", ["Patient denies chest pain, shortness of breath, nausea, vomiting and gout, but has a cough."]
)
@pytest.mark.parametrize("width", [20, 33, 47])
def test_a_hard_wrapped_note_reads_as_one_line(text, width):
    import textwrap

    wrapped = "\n".join(textwrap.wrap(text, width))
    assert [(w.text, w.state) for w in words_of(wrapped) if w.text != "\n"] == [
        (w.text, w.state) for w in words_of(text)
    ]


def test_nine_of_ten_sentences_written_before_the_rules_are_read_right():
    # tests/data/notes/context_sentences.json: 153 sentences; 145 at the first reading, before any rule was changed
    sentences = json.loads((DATA / "context_sentences.json").read_text(encoding="utf-8"))["sentences"]
    right = sum((_state(s["text"], s["word"]) == "negated") == (s["state"] == "negated") for s in sentences)
    assert len(sentences) >= 150
    assert right / len(sentences) >= 0.9


# Sentences on which the reading of commit fd5afd2 was wrong, each with a word that is denied or is not.
WRONG_BEFORE = [
    ("She no longer reports fever.", "fever", True),
    ("Fever: no. Cough: yes.", "fever", True),
    ("This baby is negative for hepatitis/HIV.", "hiv", True),
    ("Lack of fever", "fever", True),
    ("Negative: fever, chills. Positive: cough", "fever", True),
    ("32 yo non-smoker with fever and productive cough.", "fever", False),
    ("Cannot walk, has fever and rash.", "fever", False),
    ("A man with no significant past medical history was admitted with fever and rash.", "fever", False),
    ("Cannot rule out pneumonia.", "pneumonia", False),
    ("No fever, now with cough.", "cough", False),
]


@pytest.mark.parametrize(("text", "word", "denied"), WRONG_BEFORE)
def test_sentences_that_were_read_wrongly(text, word, denied):
    assert (_state(normalise(text), word) == "negated") is denied


def test_words_of_relatives_and_of_what_has_not_happened_are_left_out():
    assert (
        mark_context("No rash. Mother had gout and fever. Return if seizures.")
        == "No ¬rash. xxother. Return if xxother."
    )
