"""The shipped reader of synthetic notes: notes written by hand, and notes of another world."""

import json
from pathlib import Path

import numpy as np
import pytest

from deepbio.datasets.vignettes import posterior, simulate_vignettes
from deepbio.diagnosis import diagnose
from deepbio.inference import predict
from deepbio.zoo import describe, get_model
from deepbio.zoo.get_model import preset_folder

PRESET = "note_evidence.vignettes"
SEED = 7  # of the notes here: no data set or preset uses it
OF_500 = "note_evidence.vignettes_500"
NOTES = json.loads((Path(__file__).parents[2] / "data" / "handwritten_notes.json").read_text(encoding="utf-8"))
README = (
    "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red strawberry "
    "tongue, swollen neck lymph nodes and is irritable."
)


@pytest.fixture(scope="module")
def model():
    return get_model(PRESET)


@pytest.fixture(scope="module")
def notes():
    # of a seed that no training split uses
    return simulate_vignettes(50, 1200, seed=SEED)


def test_the_note_of_the_readme_is_kawasaki_disease(model):
    found = diagnose(README, model=model)
    assert found.candidates[0].name == "Kawasaki disease"
    assert found.candidates[0].probability > 0.5
    assert {"Fever", "Strawberry tongue", "Skin rash", "Irritability"} <= {term.name for term in found.terms}


def test_seven_of_ten_notes_written_by_hand_are_in_the_top_five(model):
    labels = describe(model).task.labels
    p = predict(model, [note["note"] for note in NOTES])
    truth = [labels.index(note["disease"]) for note in NOTES]
    ranks = [int((row > row[k]).sum()) + 1 for row, k in zip(p, truth, strict=True)]
    assert len(set(truth)) == 10
    assert "Kawasaki disease" not in {note["disease"] for note in NOTES}
    assert sum(rank <= 5 for rank in ranks) >= 7, ranks


def _top_1(model, notes):
    """How often the model, and the best possible reader, put the right disease first."""
    best = posterior(notes.findings, notes.model)
    return [float((p.argmax(axis=1) == notes.y).mean()) for p in (predict(model, notes.texts), best)]


def test_it_is_within_five_percent_of_the_best_possible_reader(model, notes):
    own, best = _top_1(model, notes)
    assert own >= 0.95 * best


def test_among_500_diseases_it_is_within_ten_percent_of_the_best_possible_reader():
    own, best = _top_1(get_model(OF_500), simulate_vignettes(500, 1200, seed=SEED))
    assert own >= 0.9 * best


@pytest.mark.parametrize("preset", [PRESET, OF_500])
def test_it_takes_no_more_than_five_megabytes(preset):
    assert sum(file.stat().st_size for file in preset_folder(preset).iterdir()) <= 5e6


@pytest.mark.parametrize(
    "text",
    [
        "The car needs a new tyre and the brakes squeak; he drove it to the garage on Monday and paid in cash.",
        "We the people of the united states, in order to form a more perfect union, establish justice.",
        "El paciente presenta fiebre alta desde hace tres días, con tos seca y dolor de cabeza.",
    ],
)
def test_what_is_no_note_is_none_of_these(model, text):
    assert diagnose(text, model=model, words=0).none_of_these


def test_few_notes_of_the_generator_are_called_none_of_these(model, notes):
    from deepbio.inference import ood_score

    ranks = ood_score(model, notes.texts, rank=True)
    assert (ranks >= 0.99).mean() < 0.03
    assert np.isfinite(ranks).all()
