"""Cutting by group: nothing shared, shares about right, and no dependence on the order of the rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets import assign_splits, grouped_folds, identical
from deepbio.errors import DataError

groups = st.lists(st.integers(0, 30).map(lambda n: f"patient{n}"), min_size=1, max_size=200)


@given(groups=groups, data=st.data())
def test_no_group_stands_in_two_splits(groups, data):
    y = data.draw(st.lists(st.integers(0, 3), min_size=len(groups), max_size=len(groups)))
    of_group: dict[str, set[str]] = {}
    for group, part in zip(groups, assign_splits(groups, np.array(y)), strict=True):
        of_group.setdefault(group, set()).add(part)
    assert all(len(parts) == 1 for parts in of_group.values())


@given(groups=groups, salt=st.text(max_size=5), seed=st.integers(0, 2**32))
def test_the_order_of_the_rows_does_not_matter(groups, salt, seed):
    order = np.random.default_rng(seed).permutation(len(groups))
    shuffled = [groups[i] for i in order]
    assert assign_splits(groups, salt=salt)[order].tolist() == assign_splits(shuffled, salt=salt).tolist()


@given(
    n=st.integers(40, 400),
    train=st.sampled_from([0.5, 0.6, 0.7, 0.8]),
    salt=st.text(max_size=5),
)
def test_each_label_is_shared_out_by_the_fractions(n, train, salt):
    fractions = {"train": train, "valid": (1 - train) / 2, "test": (1 - train) / 2}
    y = np.arange(n) % 3
    part = assign_splits(np.arange(n), y, fractions=fractions, salt=salt)
    for label in range(3):
        for name, fraction in fractions.items():
            found = np.sum(part[y == label] == name)
            assert abs(found - fraction * np.sum(y == label)) <= 1


@given(sizes=st.lists(st.integers(1, 12), min_size=10, max_size=60))
def test_shares_of_unequal_groups_are_off_by_one_group_at_most(sizes):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    part = assign_splits(groups, fractions={"train": 0.7, "test": 0.3})
    assert abs(np.sum(part == "train") - 0.7 * len(groups)) <= max(sizes) / 2 + 1e-6


def test_another_salt_gives_another_assignment():
    assert (assign_splits(range(100), salt="a-1") != assign_splits(range(100), salt="a-2")).any()


def test_a_split_of_share_zero_stays_empty():
    part = assign_splits(range(500), fractions={"train": 0.5, "valid": 0.0, "test": 0.5})
    assert set(part) == {"train", "test"}


def test_an_assignment_never_changes():
    # The splits of every data set on the shelf, and so every published figure, rest on it. From a shell:
    # for i in 1 2 3 4 5 6 7 8; do echo "$(printf 'fixed\0chr'$i | sha256sum) $i"; done | sort  gives 8 1 7 4 2 6 5 3
    part = assign_splits([f"chr{i}" for i in range(1, 9)], salt="fixed", fractions={"train": 0.5, "test": 0.5})
    assert [i for i in range(1, 9) if part[i - 1] == "train"] == [1, 4, 7, 8]


@pytest.mark.parametrize("fractions", [{"train": 0.7, "test": 0.2}, {"train": 1.5, "test": -0.5}])
def test_shares_that_are_not_shares_are_refused(fractions):
    with pytest.raises(DataError, match="must be 0 or more and add up to 1"):
        assign_splits(range(10), fractions=fractions)


def test_labels_of_another_length_are_refused():
    with pytest.raises(DataError, match="one label an example: expected 10, received 9"):
        assign_splits(range(10), np.zeros(9))


@given(seed=st.integers(0, 1000), folds=st.integers(2, 5))
def test_folds_hold_out_every_example_once_and_share_no_group(seed, folds):
    groups = np.random.default_rng(seed).integers(0, 25, 120)
    y = np.arange(120) % 2
    pairs = grouped_folds(y, groups, folds=folds, seed=seed)
    assert sorted(np.concatenate([test for _, test in pairs]).tolist()) == list(range(120))
    for train, test in pairs:
        assert not set(groups[train]) & set(groups[test])
        assert sorted([*train, *test]) == list(range(120))


def test_folds_of_a_seed_stay_and_of_another_differ():
    y, groups = np.arange(60) % 2, np.arange(60)

    def folds(seed):
        return [test.tolist() for _, test in grouped_folds(y, groups, folds=3, seed=seed)]

    assert folds(1) == folds(1)
    assert folds(1) != folds(2)


def test_more_folds_than_groups_are_refused():
    with pytest.raises(DataError, match="10 folds need at least 10 groups"):
        grouped_folds(np.arange(12) % 2, np.arange(12) // 3, folds=10)


@given(rows=st.lists(st.sampled_from([(0, 0), (0, 1), (1, 0), (2, 2)]), min_size=1, max_size=30))
def test_identical_rows_and_only_they_share_a_number(rows):
    numbers = identical(np.array(rows, np.uint8))
    for i, row in enumerate(rows):
        assert numbers[i] == rows.index(row)
