"""Near duplicates: found on either strand and through small changes, and kept on one side of a split."""

import numpy as np
import pytest

from deepbio.datasets import Dataset, load_dataset
from deepbio.datasets.leakage import check_leakage
from deepbio.datasets.similar import near_groups, similar_images, similar_sequences
from deepbio.errors import DataError
from deepbio.sequence import reverse_complement


def test_a_shifted_a_mutated_and_a_reversed_copy_are_similar(random):
    codes = random.integers(0, 4, (50, 200), np.uint8)
    codes[10, :180] = codes[0, 20:]
    codes[20] = codes[0]
    codes[20, ::67] = (codes[20, ::67] + 1) % 4
    codes[30] = reverse_complement(codes[0])
    pairs, similarity = similar_sequences(codes)
    assert {(0, 10), (0, 20), (0, 30)} <= set(map(tuple, pairs.tolist()))
    assert {i for pair in pairs.tolist() for i in pair} == {0, 10, 20, 30}
    # 169 of 189 12-mers are shared by a copy shifted by 20 of 200 bases: 169 / (189 + 189 - 169)
    assert similarity[pairs.tolist().index([0, 10])] == pytest.approx(169 / 209, abs=0.06)


def test_sequences_without_a_known_12_mer_are_similar_to_none(random):
    assert len(similar_sequences(np.full((20, 100), 4, np.uint8))[0]) == 0
    assert len(similar_sequences(random.integers(0, 4, (20, 8), np.uint8))[0]) == 0


def test_many_copies_form_one_group(random):
    codes = np.repeat(random.integers(0, 4, (2, 100), np.uint8), 40, axis=0)
    assert len(set(near_groups(codes).tolist())) == 2


def test_images_of_other_brightness_and_with_noise_are_similar(random):
    images = random.integers(30, 200, (40, 28, 28, 1)).astype(np.uint8)
    images[7] = images[3] + 20
    images[9] = images[3] + random.integers(-3, 4, images[3].shape)
    pairs = set(map(tuple, similar_images(images)[0].tolist()))
    assert pairs == {(3, 7), (3, 9), (7, 9)}


def test_near_duplicates_are_kept_on_one_side(random):
    codes = random.integers(0, 4, (120, 100), np.uint8)
    codes[60:, :95] = codes[:60, 5:]
    y = np.arange(120) // 60
    loose = check_leakage(Dataset.from_arrays(codes, y))
    assert loose.near
    assert not loose.exact
    tight = Dataset.from_arrays(codes, y, duplicates="near")
    assert check_leakage(tight).clean
    with pytest.raises(DataError, match="among DNA and images only"):
        Dataset.from_arrays(random.normal(size=(60, 2)), np.arange(60) % 2, duplicates="near")


# 8 images in train and validation, 1 in train and test: the README of the data
@pytest.mark.parametrize(
    ("name", "expected"), [("pneumoniamnist", {"train-valid": 8}), ("breastmnist", {"train-test": 1})]
)
def test_the_known_copies_in_published_splits_are_found(shared_data, monkeypatch, name, expected):
    monkeypatch.setenv("DEEPBIO_MIRROR", str(shared_data))
    report = check_leakage(load_dataset(name, duplicates="keep"))
    assert {pair: n for pair, n in report.counts().items() if pair in expected} == expected
    assert all(shared.id.startswith(f"{shared.one}:") for shared in report.exact)
