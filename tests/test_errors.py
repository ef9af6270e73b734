"""The errors, and the names that they suggest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio import errors
from deepbio.catalog import catalog_folder
from deepbio.errors import DeepbioError, OptionalDependencyError, nearest
from deepbio.optional import require

names = st.lists(st.text("abcdef_", min_size=1, max_size=12), min_size=1, max_size=50)


@pytest.mark.parametrize(
    "name", ["DataError", "ModelError", "WeightsError", "TrainingError", "OptionalDependencyError"]
)
def test_one_base_catches_every_error(name):
    assert issubclass(getattr(errors, name), DeepbioError)


def test_a_bug_is_not_caught_with_them():
    assert not issubclass(DeepbioError, (ValueError, TypeError, KeyError))


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("basett", "basset"), ("BASSET", "basset"), ("spliceai10k", "spliceai_10k"), ("dna-cnn", "dna_cnn")],
)
def test_a_typo_gets_the_name_that_was_meant(typo, meant):
    assert nearest(typo, ["basset", "basenji", "spliceai_10k", "dna_cnn"]).startswith(f"Did you mean {meant}")


def test_a_name_like_no_other_gets_the_valid_ones():
    assert nearest("zzz", ["b", "a", "a"]) == "Valid names: a, b."


def test_a_long_list_is_cut():
    shown = nearest("zzz", [f"n{i:02}" for i in range(80)])
    assert shown.count(", ") == 60
    assert shown.endswith("n59, ....")


def test_no_names_at_all_are_said_to_be_none():
    assert nearest("x", []) == "There are no valid names."


@given(name=st.text(max_size=15), valid=names)
def test_only_valid_names_are_suggested(name, valid):
    said = nearest(name, valid)
    words = said.removeprefix("Did you mean ").removesuffix("?").split(" or ")
    assert set(words) <= set(valid) or said.startswith("Valid names: ")


@given(valid=names, data=st.data())
def test_a_name_in_capitals_is_found(valid, data):
    chosen = data.draw(st.sampled_from(valid))
    assert nearest(chosen.upper(), valid).startswith(f"Did you mean {chosen}")


def test_a_missing_package_names_the_extra_that_brings_it():
    with pytest.raises(OptionalDependencyError, match=r"Fast shuffling needs .*'not_there'.*deepbio-zoo\[fast\]"):
        require("not_there.sub", extra="fast", purpose="Fast shuffling")


def test_an_unknown_part_of_the_catalog_is_refused():
    with pytest.raises(DeepbioError, match="expected 'zoo', 'datasets' or 'suites'"):
        catalog_folder("models")
