"""A note states exactly its findings, and its words carry no other information."""

import numpy as np
import pytest

from deepbio.datasets.vignettes import posterior
from deepbio.datasets.vignettes.notes import RandomChoices, join, number_in_words, write_note
from deepbio.datasets.vignettes.phrases import Phrases, choose_phrases
from tests.datasets.vignettes.note_reader import lexicon, read_note

README_NOTE = (
    "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red "
    "strawberry tongue, swollen neck lymph nodes and is irritable."
)


@pytest.fixture(scope="module")
def known(notes, ontology):
    return lexicon(choose_phrases(notes.terms, ontology))


def test_a_reader_of_the_words_recovers_every_finding_of_every_note(notes, known):
    for text, states in zip(notes.texts, notes.findings, strict=True):
        found, other = read_note(text, known)
        assert found == {int(j): int(states[j]) for j in np.flatnonzero(states)}, text
        assert not other, text


def test_kawasaki_disease_comes_first_for_a_hand_written_note(notes, known):
    found, _ = read_note(README_NOTE, known)
    names = {notes.terms[j].name: state for j, state in found.items()}
    assert names == dict.fromkeys(
        (
            "Fever",
            "Conjunctival hyperemia",
            "Skin rash",
            "Strawberry tongue",
            "Cervical lymphadenopathy",
            "Irritability",
        ),
        1,
    )
    states = np.zeros((1, len(notes.terms)), np.int8)
    for j, state in found.items():
        states[0, j] = state
    p = posterior(states, notes.model)[0]
    assert notes.diseases[p.argmax()].name == "Kawasaki disease"
    assert p.max() > 0.99


def test_age_and_sex_carry_no_information_about_the_disease(notes):
    male = np.array([" boy " in text or " man " in text for text in notes.texts])
    for disease in range(len(notes.diseases)):
        of_it = male[notes.y == disease]
        assert abs(of_it.mean() - male.mean()) < 4.5 * np.sqrt(0.25 / len(of_it))


def test_notes_are_sentences(notes):
    for text in notes.texts:
        assert text[0] == "A"
        assert text.endswith(".")
        assert "  " not in text
        assert "{" not in text


def test_wording_and_order_vary():
    phrases = [Phrases(("a fever", "is feverish"), ("fever",)), Phrases(("a cough",), ("cough",))]
    choices = RandomChoices(np.random.Generator(np.random.Philox(0)))
    drawn = {write_note(np.array([1, -1]), phrases, choices).split("-year-old ")[1] for _ in range(300)}
    assert len(drawn) > 40
    for start in ("boy is feverish. ", "girl has a fever", "woman presents with a fever. ", "man with a fever for "):
        assert any(note.startswith(start) for note in drawn), start


def test_a_sentence_that_negates_takes_no_second_negation(notes):
    for text in notes.texts:
        for sentence in text.split(". "):
            cues = sum(
                sentence.count(cue) for cue in (" denies ", " but no ", ", without ", "Negative for ", " no sign of ")
            )
            assert cues <= 1, sentence


def test_a_note_without_findings_is_still_a_note():
    choices = RandomChoices(np.random.Generator(np.random.Philox(0)))
    assert write_note(np.zeros(1, np.int8), [Phrases(("x",), ("x",))], choices).endswith(" is seen.")


@pytest.mark.parametrize("n", range(1, 90))
def test_ages_take_the_right_article(n):
    class Fixed(RandomChoices):
        def __init__(self, age, spelled):
            self.answers = [age - 1, 0, spelled]

        def below(self, n):
            return self.answers.pop(0) if self.answers else 0

        def one_of(self, choices):
            return choices[self.below(len(choices))]

        def shuffled(self, values):
            return list(values)

    spelled = write_note(np.zeros(1, np.int8), [Phrases(("x",), ())], Fixed(n, 1))
    digits = write_note(np.zeros(1, np.int8), [Phrases(("x",), ())], Fixed(n, 0))
    vowel = n in (8, 11, 18) or 80 <= n <= 89
    for note, shown in ((spelled, number_in_words(n)), (digits, str(n))):
        assert note.startswith(f"{'An' if vowel else 'A'} {shown}-year-old {'boy' if n < 18 else 'man'} ")


def test_join_and_numbers():
    assert join(["a", "b", "c"], "or") == "a, b or c"
    assert [number_in_words(n) for n in (0, 13, 20, 99)] == ["zero", "thirteen", "twenty", "ninety-nine"]
