"""Options are checked by name and by annotated type, as a recipe or the command line spells them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from deepbio.datasets.options import Names, check_options, names_of, serialize_options
from deepbio.errors import DataError


def read(
    path,
    *,
    length: int,
    noise: float = 0.1,
    shape: tuple[int, ...] | None = None,
    window: tuple[float, float] | Literal["full"] | None = None,
    duplicates: Literal["group", "drop"] = "group",
    test: Names = (),
    fractions: Mapping[str, float] | None = None,
    folder: Path | None = None,
    name: str = "x",
):
    """Stands for a builder."""


GOOD = [
    {"length": 5},
    {"length": np.int64(5), "noise": 1},
    {"length": 5, "shape": [6, 6, 1], "window": [40, 400]},
    {"length": 5, "shape": (6, 6, 1), "window": "full"},
    {"length": 5, "test": "chr3", "folder": Path("scans")},
    {"length": 5, "test": [8, "X"], "folder": "scans"},
    {"length": 5, "fractions": {"train": 1, "test": 0.5}},
]


@pytest.mark.parametrize("options", GOOD, ids=range(len(GOOD)))
def test_options_of_the_annotated_types_are_accepted(options):
    check_options(read, options, owner="A data set")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 5, "lenght": 6}, "A data set has no option 'lenght'. Did you mean length"),
        ({"length": 5, "name": "y"}, "A data set has no option 'name'"),
        ({}, "A data set needs length: pass length=..., on the command line --length 200"),
        ({"length": "5"}, "length must be a whole number; received '5'"),
        ({"length": True}, "length must be a whole number; received True"),
        ({"length": 5.0}, "length must be a whole number; received 5.0"),
        ({"length": 5, "noise": "much"}, "noise must be a number; received 'much'"),
        ({"length": 5, "shape": "6,6"}, "shape must be a list; received '6,6'"),
        ({"length": 5, "window": "ful"}, "window must be a list or 'full'; received 'ful'"),
        ({"length": 5, "duplicates": "dropp"}, "duplicates must be 'group' or 'drop'; received 'dropp'"),
        ({"length": 5, "fractions": [1, 2]}, "fractions must be a mapping; received"),
    ],
)
def test_an_option_that_is_unknown_missing_or_of_another_type_is_named(options, message):
    with pytest.raises(DataError, match=message):
        check_options(read, options, owner="A data set")


def test_serialized_options_are_plain_values_without_what_is_empty():
    options = {"csv": Path("a.csv"), "shape": (6, 6, 1), "seed": np.int64(3), "targets": (), "group": None}
    assert serialize_options(options) == {"csv": "a.csv", "shape": [6, 6, 1], "seed": 3}
    assert serialize_options({"group": len, "bed": {"a": Path("a.bed")}}) == {
        "group": "a function of your own",
        "bed": {"a": "a.bed"},
    }


def test_one_name_is_a_list_of_one():
    assert names_of("chr3") == ["chr3"]
    assert names_of(3) == ["3"]
    assert names_of((8, "X")) == ["8", "X"]
