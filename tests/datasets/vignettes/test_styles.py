"""Notes in the styles of clinicians and patients: they state what was drawn, and a reader finds it."""

import numpy as np
import pytest

from deepbio.datasets.vignettes.clinical_notes import STYLES, note_in_style
from deepbio.datasets.vignettes.notes import RandomChoices
from deepbio.datasets.vignettes.styles import simulate_notes
from deepbio.text.findings import TermFinder
from deepbio.text.preparation import Preparation

READ = Preparation(findings=True)
AFFIRMED = {"Fever": "fever", "Skin rash": "a rash", "Arthritis": "arthritis", "Strawberry tongue": "strawberry tongue"}
NEGATED = {"Cough": "cough", "Diarrhea": "diarrhea", "Headache": "headache"}


@pytest.fixture(scope="module")
def finder():
    return TermFinder.of_release()


def written(style, seed, relative=""):
    choices = RandomChoices(np.random.Generator(np.random.Philox(seed)))
    return note_in_style(style, list(AFFIRMED.values()), list(NEGATED.values()), relative, 34, True, choices)


@pytest.mark.parametrize("style", STYLES)
def test_a_reader_finds_what_a_note_affirms_and_negates(style, finder):
    for seed in range(40):
        text = written(style, seed)
        terms = {term.name: term.context for term in finder.find(READ.read(text))}
        assert {name for name in AFFIRMED if terms.get(name) == "affirmed"} == set(AFFIRMED), text
        assert {name for name in NEGATED if terms.get(name) == "negated"} == set(NEGATED), text


@pytest.mark.parametrize("style", STYLES)
def test_what_a_relative_has_or_has_not_happened_is_not_the_patients(style, finder):
    for seed in range(40):
        text = written(style, seed, relative="seizures")
        assert "seizures" in text
        contexts = [term.context for term in finder.find(READ.read(text)) if term.name == "Seizure"]
        assert contexts
        assert set(contexts) <= {"family", "hypothetical"}, text


def test_no_two_styles_write_alike():
    notes = {written(style, 3) for style in STYLES}
    assert len(notes) == len(STYLES)
    assert "\n" in written("template", 3)


@pytest.fixture(scope="module")
def sets():
    return simulate_notes(5, 2000, seed=1, none=0.2, written=False)


def test_a_fifth_of_the_notes_are_about_none_of_the_diseases(sets):
    assert (sets.y == 5).mean() == pytest.approx(0.2, abs=0.03)
    assert np.bincount(sets.y[sets.y < 5]).min() > 250  # 320 expected


def test_sets_of_findings_state_age_and_sex_in_half_of_them(sets):
    sexes = {"ownman", "ownwoman"}
    assert np.mean([bool(sexes & set(text.split())) for text in sets.texts]) == pytest.approx(0.5, abs=0.04)


def test_the_same_seed_writes_the_same_notes():
    one, again = (simulate_notes(5, 30, seed=4) for _ in range(2))
    assert one.texts == again.texts
    assert one.y.tolist() == again.y.tolist()
    assert len(set(one.texts)) == 30
