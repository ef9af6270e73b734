"""The data set `vignettes` as `load_dataset` gives it."""

import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.datasets.vignettes import simulate_vignettes
from deepbio.errors import DataError
from deepbio.text import UNKNOWN, Tokenizer


@pytest.fixture(scope="module")
def data():
    return load_dataset("vignettes", train=600, valid=100, test=200)


def test_the_splits_are_the_simulated_notes_in_their_order(data):
    notes = simulate_vignettes(50, 900, seed=0)
    assert [len(split) for _, split in data.splits()] == [600, 100, 200]
    assert [*data.train.groups, *data.valid.groups, *data.test.groups] == notes.texts
    np.testing.assert_array_equal(np.concatenate([data.train.y, data.valid.y, data.test.y]), notes.y)
    assert data.labels == tuple(disease.name for disease in notes.diseases)


def test_the_tokenizer_knows_the_words_of_the_training_split_only(data):
    tokenizer = Tokenizer.from_json(data.input.tokenizer)
    assert tokenizer == Tokenizer.fit(list(data.train.groups))
    np.testing.assert_array_equal(tokenizer.encode(list(data.test.groups), 96), data.test.x)
    assert (data.test.x == UNKNOWN).any()
    assert data.input.vocabulary_size == tokenizer.vocabulary_size


def test_no_text_stands_in_two_splits(data):
    data.check_leakage()
    texts = [*data.train.groups, *data.valid.groups, *data.test.groups]
    assert len(set(texts)) == len(texts)


def test_repeated_texts_are_drawn_again(monkeypatch):
    from deepbio.datasets.vignettes import load

    real = load.simulate_vignettes

    def repeats(diseases, examples, *, seed, **how):
        # every third text repeats the one before it
        notes = real(diseases, examples, seed=seed, **how)
        texts = [notes.texts[i - 1] if i % 3 == 2 else text for i, text in enumerate(notes.texts)]
        notes.texts[:] = texts
        return notes

    monkeypatch.setattr(load, "simulate_vignettes", repeats)
    data = load_dataset("vignettes", diseases=5, train=60, valid=10, test=20)
    data.check_leakage()
    assert [len(split) for _, split in data.splits()] == [60, 10, 20]


def test_options_are_kept_for_recipes_and_checked():
    data = load_dataset("vignettes", diseases=5, train=50, valid=10, test=10, length=32, seed=4)
    assert data.options == {"diseases": 5, "train": 50, "valid": 10, "test": 10, "length": 32, "seed": 4}
    assert data.input.shape == (32,)
    with pytest.raises(DataError, match="at least one note"):
        load_dataset("vignettes", test=0)


@pytest.mark.slow
def test_no_default_note_is_longer_than_the_default_length():
    data = load_dataset("vignettes")
    tokenizer = Tokenizer.from_json(data.input.tokenizer)
    for _, split in data.splits():
        assert (tokenizer.encode(list(split.groups), 200)[:, data.input.shape[0] :] == 0).all()
    data.check_leakage()
    data.check_classes()


def test_every_disease_and_noise_can_be_asked_for():
    # 3,598 diseases of Orphanet have ten findings of stated frequency in the release of 2025-01-16
    data = load_dataset("vignettes", diseases="all", train=300, valid=50, test=50, typos=0.05)
    assert len(data.labels) == 3598
    assert data.options["typos"] == 0.05
    assert load_dataset("vignettes", **data.options).fingerprint() == data.fingerprint()


def test_diseases_with_few_findings_can_be_asked_for():
    # 4,281 diseases of Orphanet have a finding of stated frequency in the release of 2025-01-16
    data = load_dataset("vignettes", diseases="all", min_findings=1, train=300, valid=50, test=50)
    assert len(set(data.labels)) == 4281
    assert data.options["min_findings"] == 1
    with pytest.raises(DataError, match="min_findings is a number of findings"):
        load_dataset("vignettes", min_findings=0)
