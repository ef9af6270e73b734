"""Corruptions of DNA, notes and tables."""

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.robustness import DNA_CORRUPTIONS, NOTE_CORRUPTIONS, table_corruptions
from deepbio.sequence import reverse_complement

NOTE = "A 54-year-old man was seen with hypotension and weakness. There was no fever. The patient was admitted to hospital."


@pytest.fixture
def codes():
    return np.random.Generator(np.random.Philox(3)).integers(0, 4, (40, 500)).astype(np.uint8)


def test_substitutions_replace_a_tenth_of_the_bases_by_others(codes):
    found = DNA_CORRUPTIONS["substitutions"](codes, 5)
    assert (found != codes).mean() == pytest.approx(0.1, abs=0.01)
    assert found.max() < 4


def test_unknown_bases_stay_unknown():
    assert (DNA_CORRUPTIONS["substitutions"](np.full((2, 100), 4, np.uint8), 5) == 4).all()


def test_indels_keep_the_length_and_change_the_frame(codes):
    found = DNA_CORRUPTIONS["indels"](codes, 5)
    assert found.shape == codes.shape
    assert (found != codes)[:, 400:].mean() > 0.5
    assert (found == codes)[:, :5].mean() > 0.7


def test_a_run_of_n_is_one_run_of_its_length(codes):
    unknown = DNA_CORRUPTIONS["unknown_run"](codes, 3) == 4
    assert (unknown.sum(axis=1) == 50).all()
    assert (np.abs(np.diff(unknown.astype(int), axis=1)).sum(axis=1) <= 2).all()


def test_a_shift_moves_every_base_by_the_same(codes):
    found = DNA_CORRUPTIONS["shift"](codes, 1)
    left, right = (found[:, :-1] == codes[:, 1:]).all(axis=1), (found[:, 1:] == codes[:, :-1]).all(axis=1)
    assert (left | right).all()
    assert left.any()
    assert right.any()


def test_the_other_strand_is_the_reverse_complement(codes):
    np.testing.assert_array_equal(DNA_CORRUPTIONS["other_strand"](codes, 5), reverse_complement(codes))


@pytest.mark.parametrize("name", ["ocr", "typos"])
def test_letters_change_at_their_rate_and_the_note_keeps_about_its_length(name):
    mild, strong = (NOTE_CORRUPTIONS[name]([NOTE] * 20, s) for s in (1, 5))
    assert all(note != NOTE for note in strong)
    kept = [sum(len(set(note.split()) & set(NOTE.split())) for note in notes) for notes in (mild, strong)]
    assert kept[0] > 1.5 * kept[1]
    assert all(abs(len(note) - len(NOTE)) < 0.25 * len(NOTE) for note in strong)


def test_dictation_at_full_rate_loses_points_and_mishears():
    (heard,) = NOTE_CORRUPTIONS["dictation"]([NOTE], 5)
    assert "hypertension" in heard
    assert "." not in heard
    assert "five  four" in heard
    assert heard == heard.lower()


def test_truncation_keeps_the_first_words():
    (kept,) = NOTE_CORRUPTIONS["truncation"]([NOTE], 3)
    assert NOTE.startswith(kept)
    assert len(kept.split()) == round(0.5 * len(NOTE.split()))


def test_tables_lose_values_and_gain_noise_in_the_unit_of_each_column():
    random = np.random.Generator(np.random.Philox(5))
    train = (random.standard_normal((400, 2)) * [1, 100]).astype(np.float32)
    kinds = table_corruptions(train)
    noise = kinds["noise"](train, 4) - train
    np.testing.assert_allclose(noise.std(axis=0), train.std(axis=0), rtol=0.12)
    assert "missing" not in kinds
    known = train.copy()
    known[0, 1] = np.nan
    lost = np.isnan(table_corruptions(known)["missing"](train, 5))
    assert not lost[:, 0].any()
    assert lost[:, 1].mean() == pytest.approx(0.6, abs=0.07)
    powers = np.log10(kinds["another_unit"](train, 5) / train)
    np.testing.assert_allclose(powers, np.rint(powers), atol=1e-4)
    assert (np.rint(powers) != 0).mean() == pytest.approx(0.4, abs=0.05)
    np.testing.assert_allclose(np.sort(kinds["swapped_columns"](train, 5), axis=1), np.sort(train, axis=1))


def test_tables_need_rows_of_training():
    with pytest.raises(DataError, match="training split"):
        table_corruptions(np.zeros((0, 3)))
