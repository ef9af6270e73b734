"""A suite damages and attacks notes as they were written, and says so where only their tokens are known."""

from dataclasses import replace

import numpy as np
import pytest

from deepbio.datasets import Dataset
from deepbio.robustness import SUITES, Suite, run_suite
from deepbio.robustness.evaluation import suite as module
from deepbio.zoo import get_model

NOTES = [f"{sign}, {kind} {k} Zebra" for k in range(20) for sign, kind in (("No FEVER", "rare"), ("A cough", "usual"))]


@pytest.fixture
def seen(monkeypatch):
    """Return the examples that a suite damages; attacks are left out."""
    found = []
    errors = module.corruption_errors
    monkeypatch.setitem(SUITES, "robustness_small", Suite("robustness_small", 40, 1, (), 0.1))
    monkeypatch.setattr(module, "corruption_errors", lambda m, x, *a, **o: found.extend(x) or errors(m, x, *a, **o))
    return found


@pytest.fixture
def notes():
    return Dataset.from_arrays(NOTES, np.arange(40) % 2, modality="text", vocabulary=6, groups=np.arange(40), length=8)


def test_notes_are_damaged_as_they_were_written(notes, seen):
    report = run_suite(get_model("bag_of_words", dataset=notes, seed=0), notes)
    assert set(seen) == set(notes.test.texts) <= set(NOTES)
    assert len(seen) == len(notes.test)
    assert "read back" not in report.about


def test_notes_whose_texts_were_not_kept_are_read_back_and_the_report_says_so(notes, seen):
    bare = replace(notes, test=replace(notes.test, texts=None))
    report = run_suite(get_model("bag_of_words", dataset=notes, seed=0), bare)
    assert all(text == text.lower().replace("[unk]", "[UNK]") for text in seen)
    assert "read back from their tokens" in report.about


def test_texts_stay_with_their_examples(notes):
    kept = notes.train.take([3, 0])
    assert kept.texts is not None
    for text, name in zip(kept.texts, kept.names([0, 1]), strict=True):
        assert text == NOTES[int(name) - 1]
