"""Splits by group: nothing shared, fractions about right, and no dependence on the order of the rows."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets import assign_splits, grouped_folds, identical
from deepbio.datasets.splitting import SPLITS, digests, merge_groups, split_examples
from deepbio.errors import DataError

groups = st.lists(st.integers(0, 30).map(lambda n: f"patient{n}"), min_size=1, max_size=200)


@given(groups=groups, data=st.data())
def test_no_group_is_in_two_splits(groups, data):
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
def test_each_label_is_split_by_the_fractions(n, train, salt):
    fractions = {"train": train, "valid": (1 - train) / 2, "test": (1 - train) / 2}
    y = np.arange(n) % 3
    part = assign_splits(np.arange(n), y, fractions=fractions, salt=salt)
    for label in range(3):
        for name, fraction in fractions.items():
            found = np.sum(part[y == label] == name)
            assert abs(found - fraction * np.sum(y == label)) <= 1


@given(sizes=st.lists(st.integers(1, 12), min_size=10, max_size=60))
def test_splits_of_unequal_groups_are_off_by_one_group_at_most(sizes):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    part = assign_splits(groups, fractions={"train": 0.7, "test": 0.3})
    assert abs(np.sum(part == "train") - 0.7 * len(groups)) <= max(sizes) / 2 + 1e-6


def test_another_salt_gives_another_assignment():
    assert (assign_splits(range(100), salt="a-1") != assign_splits(range(100), salt="a-2")).any()


def test_a_split_of_fraction_zero_stays_empty():
    part = assign_splits(range(500), fractions={"train": 0.5, "valid": 0.0, "test": 0.5})
    assert set(part) == {"train", "test"}


def test_an_assignment_never_changes():
    # The splits of every data set of the catalog, and so every published figure, depend on it. From a shell:
    # for i in 1 2 3 4 5 6 7 8; do echo "$(printf 'fixed\0chr'$i | sha256sum) $i"; done | sort  gives 8 1 7 4 2 6 5 3
    part = assign_splits([f"chr{i}" for i in range(1, 9)], salt="fixed", fractions={"train": 0.5, "test": 0.5})
    assert [i for i in range(1, 9) if part[i - 1] == "train"] == [1, 4, 7, 8]


@pytest.mark.parametrize("fractions", [{"train": 0.7, "test": 0.2}, {"train": 1.5, "test": -0.5}])
def test_fractions_that_do_not_add_up_to_one_are_refused(fractions):
    with pytest.raises(DataError, match="must be 0 or more and add up to 1"):
        assign_splits(range(10), fractions=fractions)


def test_labels_of_another_length_are_refused():
    with pytest.raises(DataError, match="one label per example: expected 10, received 9"):
        assign_splits(range(10), np.zeros(9))


@given(seed=st.integers(0, 1000), folds=st.integers(2, 5))
def test_folds_test_every_example_once_and_share_no_group(seed, folds):
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


def numbers(n):
    return np.arange(n, dtype=np.float32)[:, None]


def sizes(assigned):
    return [int((assigned.splits == name).sum()) for name in SPLITS]


def test_each_class_is_cut_by_the_fractions():
    y = np.repeat([0, 1], [400, 100])
    assigned = split_examples(numbers(500), y, fractions={"train": 0.6, "valid": 0.2, "test": 0.2})
    for label, expected in ((0, [240, 80, 80]), (1, [60, 20, 20])):
        assert [int(((assigned.splits == name) & (y == label)).sum()) for name in SPLITS] == expected


@given(st.lists(st.integers(0, 30), min_size=60, max_size=120), st.integers(0, 5))
def test_identical_examples_are_never_apart(values, seed):
    x = np.array(values, dtype=np.float32)[:, None]
    try:
        assigned = split_examples(x, seed=seed)
    except DataError:  # one value may be most of the examples, so that no split is left for others
        return
    for value in set(values):
        assert len(set(assigned.splits[x[:, 0] == value])) == 1


def test_the_order_of_the_examples_does_not_matter():
    x, y = numbers(100), np.arange(100) % 3
    order = np.random.default_rng(0).permutation(100)
    assert (split_examples(x, y).splits[order] == split_examples(x[order], y[order]).splits).all()


def test_another_seed_gives_another_assignment_of_the_same_sizes():
    one, other = split_examples(numbers(200)), split_examples(numbers(200), seed=1)
    assert sizes(one) == sizes(other)
    assert (one.splits != other.splits).any()


def test_groups_that_share_an_example_become_one():
    x = numbers(60)
    groups = np.array([f"p{i // 2}" for i in range(60)])
    x[10] = x[41]  # p5 and p20
    assigned = split_examples(x, groups=groups)
    assert len(set(assigned.splits[[10, 11, 40, 41]])) == 1
    assert set(assigned.groups[[10, 11, 40, 41]]) == {"p20"}  # the first in the alphabet
    assert assigned.groups[0] == "p0"


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=20))
def test_joining_groups_agrees_with_a_plain_search(pairs):
    groups = np.array([f"g{a}" for a, _ in pairs])
    other = np.array([f"o{b}" for _, b in pairs])
    merged = merge_groups(groups, other)
    expected = [{i} for i in range(len(pairs))]
    for i in range(len(pairs)):
        for j in range(len(pairs)):
            if groups[i] == groups[j] or other[i] == other[j]:
                both = expected[i] | expected[j]
                for member in both:
                    expected[member] = both
    for i, members in enumerate(expected):
        assert set(np.flatnonzero(merged == merged[i]).tolist()) == members
        assert merged[i] == min(groups[list(members)])


def test_digests_see_every_byte_and_read_in_pieces():
    x = np.zeros((5000, 4), dtype=np.uint8)
    x[4999, 3] = 1
    found = digests(x)
    assert Counter(found)[found[0]] == 4999
    assert found[4999] != found[0]
    assert len(found[0]) == 16


PUBLISHED = ["train"] * 30 + ["val"] * 5 + ["test"] * 5


def test_published_splits_are_taken_as_they_are():
    assert sizes(split_examples(numbers(40), split=PUBLISHED)) == [30, 5, 5]
    assert sizes(split_examples(numbers(40), split=[part.upper() for part in PUBLISHED])) == [30, 5, 5]


def test_without_a_published_valid_a_fraction_of_train_is_set_aside():
    assigned = split_examples(numbers(40), split=["train"] * 34 + ["test"] * 6)
    assert sizes(assigned) == [28, 6, 6]
    assert set(assigned.splits[34:]) == {"test"}


def test_published_splits_that_share_an_example_are_refused_dropped_or_kept():
    x = numbers(40)
    x[3] = x[38]
    with pytest.raises(
        DataError, match=r"train and test splits share 1 .*examples 4 and 39 are one.*duplicates='drop'"
    ):
        split_examples(x, split=PUBLISHED)
    dropped = split_examples(x, split=PUBLISHED, duplicates="drop")
    assert dropped.splits[3] == ""
    assert sizes(dropped) == [29, 5, 5]
    kept = split_examples(x, split=PUBLISHED, duplicates="keep")
    assert sizes(kept) == [30, 5, 5]
    assert kept.groups is None


def test_published_splits_that_share_a_patient_are_refused_even_when_identical_ones_are_dropped():
    groups = np.arange(40)
    groups[34] = groups[38]
    for duplicates in ("group", "drop"):
        with pytest.raises(DataError, match="valid and test splits share 1"):
            split_examples(numbers(40), split=PUBLISHED, groups=groups, duplicates=duplicates)


def test_dropping_keeps_one_of_identical_examples_and_none_under_two_classes():
    x, y = numbers(60), np.zeros(60, dtype=np.int64)
    x[10] = x[11] = x[12]
    x[20], y[20] = x[21], 1
    assigned = split_examples(x, y, duplicates="drop", groups=np.arange(60))
    assert sorted(assigned.splits[[10, 11, 12]])[:2] == ["", ""]
    assert assigned.splits[10] != ""
    assert (assigned.splits[[20, 21]] == "").all()
    assert (assigned.splits == "").sum() == 4


def test_dropping_separates_groups():
    x = numbers(60)
    x[::2] = -1  # one sequence in every chromosome
    groups = np.arange(60) // 2
    with pytest.raises(
        DataError, match=r"The valid split would be empty: 60 examples form 1 groups.*duplicates='drop'"
    ):
        split_examples(x, groups=groups)
    assigned = split_examples(x, groups=groups, duplicates="drop")
    assert sum(sizes(assigned)) == 31


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duplicates": "dropp"}, "Unknown duplicates 'dropp'. Did you mean drop"),
        ({"duplicates": "keep"}, "is for published splits"),
        ({"fractions": {"train": 0.5, "test": 0.5}}, "name train, valid and test"),
        ({"fractions": {"train": 0.8, "valid": 0.2, "test": 0.0}}, "each above 0"),
        ({"fractions": {"train": 0.8, "valid": 0.2, "test": 0.2}}, "add up to 1"),
        ({"split": [*PUBLISHED[:-1], "tset"]}, "Example 40: unknown split 'tset'. Did you mean test"),
        ({"split": PUBLISHED[:-1]}, "entry of split per example, 40; received 39"),
        ({"groups": [1, 2]}, "entry of groups per example, 40; received 2"),
        ({"split": ["train"] * 40}, "The published splits have no test"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(DataError, match=message):
        split_examples(numbers(40), **options)


@pytest.mark.parametrize("groups", range(3, 11))
def test_few_groups_are_always_cut_into_three(groups):
    x = np.random.default_rng(0).normal(size=(120, 1))
    donors = np.array([f"donor{i % groups}" for i in range(120)])
    for seed in range(20):
        assigned = split_examples(x, np.arange(120) // 60, groups=donors, seed=seed)
        assert set(assigned.splits) == {"train", "valid", "test"}
        assert all(len(set(assigned.splits[donors == donor])) == 1 for donor in set(donors))


def test_two_groups_cannot_be_cut_and_the_message_speaks_of_groups():
    with pytest.raises(DataError, match="form 2 groups, and three splits need at least three. Add groups") as caught:
        split_examples(np.arange(40)[:, None], groups=["a", "b"] * 20)
    assert "chromosome" not in str(caught.value)
