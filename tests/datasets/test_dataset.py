"""`Dataset`: it holds what its input says, shares no group, misses no class, and has a fingerprint."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets import Dataset, Split, assign_splits
from deepbio.errors import DataError
from deepbio.specs import ModelInput, Task


def _split(y, groups=None, dtype=np.float32):
    y = np.asarray(y, np.int64)
    return Split(np.arange(2 * len(y)).reshape(-1, 2).astype(dtype), y, groups=groups)


def _dataset(train=(0, 1, 2), valid=(0, 1), test=(2,), *, groups=(None, None, None), labels=("low", "mid", "high")):
    parts = [_split(y, g) for y, g in zip((train, valid, test), groups, strict=True)]
    return Dataset("mine", Task.classify(labels), ModelInput("table", (2,)), *parts)


def test_a_split_of_another_dtype_is_named():
    good = _dataset()
    with pytest.raises(DataError, match=r"mine: the valid split .* dtype float64; expected \(2,\) and float32"):
        replace(good, valid=_split([0, 1], dtype=np.float64))


def test_a_split_of_another_shape_is_named():
    good = _dataset()
    with pytest.raises(DataError, match=r"mine: the test split has examples of shape \(3,\)"):
        replace(good, test=Split(np.zeros((2, 3), np.float32), np.zeros(2, np.int64)))


def test_a_group_in_two_splits_is_named_with_both():
    data = _dataset(groups=(["ann", "bob", "cem"], ["dan", "eve"], ["bob"]))
    with pytest.raises(DataError, match="1 group.* in both the train and the test split, for example bob"):
        data.check_leakage()


def test_a_group_is_the_same_whatever_its_type():
    data = _dataset(groups=(np.array([1, 2, 3]), np.array(["2", "5"]), np.array([6])))
    with pytest.raises(DataError, match="both the train and the valid split, for example 2"):
        data.check_leakage()


@given(groups=st.lists(st.integers(0, 20), min_size=3, max_size=60), salt=st.text(max_size=3))
def test_splits_cut_by_group_never_leak(groups, salt):
    names, y = np.array(groups), np.zeros(len(groups), np.int64)
    whole = Split(np.zeros((len(groups), 2), np.float32), y, groups=names)
    part = assign_splits(names, salt=salt)
    cut = [whole.take(part == name) for name in ("train", "valid", "test")]
    Dataset("mine", Task("binary", 1), ModelInput("table", (2,)), *cut).check_leakage()


@given(where=st.integers(0, 29), other=st.sampled_from(["valid", "test"]))
def test_one_leaked_group_among_many_is_found(where, other):
    groups = {"train": np.arange(30), "valid": np.arange(30, 40), "test": np.arange(40, 50)}
    groups[other] = np.concatenate([groups[other][:-1], [where]])
    parts = [_split(np.arange(len(g)) % 3, g) for g in groups.values()]
    data = Dataset("mine", Task("multiclass", 3), ModelInput("table", (2,)), *parts)
    with pytest.raises(DataError, match=f"train and the {other} split, for example {where}\\."):
        data.check_leakage()


def test_splits_without_groups_have_nothing_to_share():
    _dataset().check_leakage()


def test_a_class_that_training_lacks_is_named():
    with pytest.raises(DataError, match="has 2 of 3 classes and lacks mid"):
        _dataset(train=(0, 2, 2)).check_classes()


def test_one_class_only_is_refused():
    with pytest.raises(DataError, match="has 1 of 2 classes and lacks sick"):
        _dataset(train=(0, 0), valid=(1,), test=(1,), labels=("well", "sick")).check_classes()


@pytest.mark.parametrize("bad", [3, -1])
def test_a_label_out_of_range_is_refused_with_its_split(bad):
    with pytest.raises(DataError, match=f"labels of the valid split must be 0 to 2; found .*{bad}"):
        _dataset(valid=(0, bad)).check_classes()


@pytest.mark.parametrize("y", [np.array([0.0, 1.0, 1.5]), np.array([0.0, 1.0, np.nan])])
def test_labels_between_classes_are_refused(y):
    data = _dataset()
    odd = replace(data, train=Split(np.zeros((3, 2), np.float32), y))
    with pytest.raises(DataError, match="labels of the train split must be whole numbers"):
        odd.check_classes()


def test_complete_classes_pass():
    _dataset().check_classes()


def test_the_fingerprint_follows_every_input_label_and_border():
    base = _dataset().fingerprint()
    assert _dataset().fingerprint() == base
    assert _dataset(train=(0, 1, 1)).fingerprint() != base
    assert _dataset(train=(0, 1, 2, 0), valid=(1,)).fingerprint() != base
    moved = _dataset()
    moved.test.x[0, 0] = 77
    assert moved.fingerprint() != base


def test_the_fingerprint_of_a_large_split_does_not_depend_on_how_it_is_stored(tmp_path):
    x = np.random.default_rng(0).normal(size=(9000, 2)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    small = _split([0, 1, 2])

    def fingerprint(source):
        train = Split(source, np.arange(9000) % 3)
        return Dataset("mine", Task("multiclass", 3), ModelInput("table", (2,)), train, small, small).fingerprint()

    assert fingerprint(x) == fingerprint(np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert fingerprint(x) == fingerprint(np.asfortranarray(x))


def test_the_short_form_says_what_it_is():
    assert repr(_dataset()) == "Dataset('mine', multiclass, table (2,), train=3 valid=2 test=1)"
