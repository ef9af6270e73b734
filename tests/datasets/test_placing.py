from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets.placing import PARTS, digests, join_groups, place_examples
from deepbio.errors import DataError


def numbers(n):
    return np.arange(n, dtype=np.float32)[:, None]


def sizes(placed):
    return [int((placed.parts == part).sum()) for part in PARTS]


def test_each_class_is_cut_by_the_fractions():
    y = np.repeat([0, 1], [400, 100])
    placed = place_examples(numbers(500), y, fractions={"train": 0.6, "valid": 0.2, "test": 0.2})
    for label, expected in ((0, [240, 80, 80]), (1, [60, 20, 20])):
        assert [int(((placed.parts == part) & (y == label)).sum()) for part in PARTS] == expected


@given(st.lists(st.integers(0, 30), min_size=60, max_size=120), st.integers(0, 5))
def test_identical_examples_are_never_apart(values, seed):
    x = np.array(values, dtype=np.float32)[:, None]
    try:
        placed = place_examples(x, seed=seed)
    except DataError:  # one value may be most of the examples, so that no split is left for others
        return
    for value in set(values):
        assert len(set(placed.parts[x[:, 0] == value])) == 1


def test_the_order_of_the_examples_does_not_matter():
    x, y = numbers(100), np.arange(100) % 3
    order = np.random.default_rng(0).permutation(100)
    assert (place_examples(x, y).parts[order] == place_examples(x[order], y[order]).parts).all()


def test_another_seed_gives_another_assignment_of_the_same_sizes():
    one, other = place_examples(numbers(200)), place_examples(numbers(200), seed=1)
    assert sizes(one) == sizes(other)
    assert (one.parts != other.parts).any()


def test_groups_that_share_an_example_become_one():
    x = numbers(60)
    groups = np.array([f"p{i // 2}" for i in range(60)])
    x[10] = x[41]  # p5 and p20
    placed = place_examples(x, groups=groups)
    assert len(set(placed.parts[[10, 11, 40, 41]])) == 1
    assert set(placed.groups[[10, 11, 40, 41]]) == {"p20"}  # the first in the alphabet
    assert placed.groups[0] == "p0"


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=20))
def test_joining_groups_agrees_with_a_plain_search(pairs):
    groups = np.array([f"g{a}" for a, _ in pairs])
    other = np.array([f"o{b}" for _, b in pairs])
    merge_splits = join_groups(groups, other)
    expected = [{i} for i in range(len(pairs))]
    for i in range(len(pairs)):
        for j in range(len(pairs)):
            if groups[i] == groups[j] or other[i] == other[j]:
                merged = expected[i] | expected[j]
                for member in merged:
                    expected[member] = merged
    for i, members in enumerate(expected):
        assert set(np.flatnonzero(merge_splits == merge_splits[i]).tolist()) == members
        assert merge_splits[i] == min(groups[list(members)])


def test_digests_see_every_byte_and_read_in_pieces():
    x = np.zeros((5000, 4), dtype=np.uint8)
    x[4999, 3] = 1
    found = digests(x)
    assert Counter(found)[found[0]] == 4999
    assert found[4999] != found[0]
    assert len(found[0]) == 16


PUBLISHED = ["train"] * 30 + ["val"] * 5 + ["test"] * 5


def test_published_splits_are_taken_as_they_are():
    assert sizes(place_examples(numbers(40), split=PUBLISHED)) == [30, 5, 5]
    assert sizes(place_examples(numbers(40), split=[part.upper() for part in PUBLISHED])) == [30, 5, 5]


def test_without_a_published_valid_a_share_of_train_is_set_aside():
    placed = place_examples(numbers(40), split=["train"] * 34 + ["test"] * 6)
    assert sizes(placed) == [28, 6, 6]
    assert set(placed.parts[34:]) == {"test"}


def test_published_splits_that_share_an_example_are_refused_dropped_or_kept():
    x = numbers(40)
    x[3] = x[38]
    with pytest.raises(
        DataError, match=r"train and test splits share 1 .*examples 4 and 39 are one.*duplicates='drop'"
    ):
        place_examples(x, split=PUBLISHED)
    dropped = place_examples(x, split=PUBLISHED, duplicates="drop")
    assert dropped.parts[3] == ""
    assert sizes(dropped) == [29, 5, 5]
    kept = place_examples(x, split=PUBLISHED, duplicates="keep")
    assert sizes(kept) == [30, 5, 5]
    assert kept.groups is None


def test_published_splits_that_share_a_patient_are_refused_even_when_identical_ones_are_dropped():
    groups = np.arange(40)
    groups[34] = groups[38]
    for duplicates in ("group", "drop"):
        with pytest.raises(DataError, match="valid and test splits share 1"):
            place_examples(numbers(40), split=PUBLISHED, groups=groups, duplicates=duplicates)


def test_dropping_leaves_one_of_identical_examples_and_none_under_two_classes():
    x, y = numbers(60), np.zeros(60, dtype=np.int64)
    x[10] = x[11] = x[12]
    x[20], y[20] = x[21], 1
    placed = place_examples(x, y, duplicates="drop", groups=np.arange(60))
    assert sorted(placed.parts[[10, 11, 12]])[:2] == ["", ""]
    assert placed.parts[10] != ""
    assert (placed.parts[[20, 21]] == "").all()
    assert (placed.parts == "").sum() == 4


def test_dropping_unties_groups():
    x = numbers(60)
    x[::2] = -1  # one sequence that stands in every chromosome
    groups = np.arange(60) // 2
    with pytest.raises(
        DataError, match=r"The valid split would be empty: 60 examples form 1 groups.*duplicates='drop'"
    ):
        place_examples(x, groups=groups)
    placed = place_examples(x, groups=groups, duplicates="drop")
    assert sum(sizes(placed)) == 31


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duplicates": "dropp"}, "Unknown duplicates 'dropp'. Did you mean drop"),
        ({"duplicates": "keep"}, "is for published splits"),
        ({"fractions": {"train": 0.5, "test": 0.5}}, "name train, valid and test"),
        ({"fractions": {"train": 0.8, "valid": 0.2, "test": 0.0}}, "each above 0"),
        ({"fractions": {"train": 0.8, "valid": 0.2, "test": 0.2}}, "add up to 1"),
        ({"split": [*PUBLISHED[:-1], "tset"]}, "Example 40: unknown split 'tset'. Did you mean test"),
        ({"split": PUBLISHED[:-1]}, "entry of split an example, 40; received 39"),
        ({"groups": [1, 2]}, "entry of groups an example, 40; received 2"),
        ({"split": ["train"] * 40}, "The published splits have no test"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(DataError, match=message):
        place_examples(numbers(40), **options)
