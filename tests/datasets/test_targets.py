import math

import numpy as np
import pandas as pd
import pytest

from deepbio.datasets.targets import targets
from deepbio.errors import DataError

NAN = float("nan")


@pytest.mark.parametrize(
    ("y", "options", "expected", "labels"),
    [
        (["b", "a", "b"], {}, [1, 0, 1], ("a", "b")),
        (["b", "a", "b"], {"labels": ["b", "a"]}, [0, 1, 0], ("b", "a")),
        (["b", "a", "b"], {"positive": "a"}, [0, 1, 0], ("b", "a")),
        ([10, 9, 10], {}, [1, 0, 1], ("9", "10")),
        ([0, 1, 1], {"labels": ["no", "yes"]}, [0, 1, 1], ("no", "yes")),
        ([0, 1, 1], {"labels": ["no", "yes"], "positive": "no"}, [1, 0, 0], ("yes", "no")),
        ([True, False], {}, [1, 0], ("False", "True")),
        (pd.Series(["b", "a"]), {}, [1, 0], ("a", "b")),
        (np.array(["b", "a"], dtype=object), {}, [1, 0], ("a", "b")),
    ],
)
def test_two_classes_are_a_binary_task(y, options, expected, labels):
    values, task = targets(y, **options)
    assert values.tolist() == expected
    assert values.dtype == np.int64
    assert (task.kind, task.outputs, task.labels) == ("binary", 1, labels)


def test_three_classes_are_multiclass_and_may_lack_examples():
    values, task = targets(["c", "a", "b", "a"])
    assert (values.tolist(), task.kind, task.labels) == ([2, 0, 1, 0], "multiclass", ("a", "b", "c"))
    assert targets([0, 1], labels=["a", "b", "c"])[1].kind == "multiclass"


def test_zeros_ones_and_unknown_are_several_labels():
    values, task = targets([[0, 1], [NAN, 1]], labels=["x", "y"])
    assert (task.kind, task.outputs, task.labels) == ("multilabel", 2, ("x", "y"))
    assert values.dtype == np.float32
    assert math.isnan(values[1, 0])


@pytest.mark.parametrize(
    ("y", "kind", "outputs", "shape"),
    [
        ([0.5, 2.0], None, 1, (2, 1)),
        ([[0.5, 2.0]], None, 2, (1, 2)),
        ([0, 1], "regression", 1, (2, 1)),
        ([[3, 0, 1]], "counts", 3, (1, 3)),
        (np.ones((2, 5, 3)), "profile", 3, (2, 5, 3)),
    ],
)
def test_other_numbers_are_values(y, kind, outputs, shape):
    values, task = targets(y, kind=kind)
    assert task.kind == (kind or "regression")
    assert (task.outputs, values.shape, values.dtype) == (outputs, shape, np.float32)


def test_classes_for_each_position():
    values, task = targets(np.array([[0, 2, 1], [0, 0, 0]]), kind="per_position", labels=["none", "donor", "acceptor"])
    assert (task.kind, task.outputs, values.shape) == ("per_position", 3, (2, 3))


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        ([], {}, "a label for each example"),
        (["a", "a"], {}, r"at least two classes; found only \['a'\]"),
        (["a", "b"], {"labels": ["a", "bb"]}, "Example 2: unknown class 'b'. Did you mean"),
        ([0, 2], {"labels": ["a", "b"]}, "Example 2: unknown class 2. Expected 0 to 1"),
        ([-1, 0], {"labels": ["a", "b"]}, "Example 1: unknown class -1"),
        (["a", "b"], {"positive": "c"}, "'c' must be one of two"),
        (["a", "b", "c"], {"positive": "c"}, "must be one of two"),
        ([0.5, 1.5], {"positive": "c"}, "this is a regression task"),
        (["a", None], {}, "Example 2: expected a word or a number as label; received None"),
        (np.array(["a", NAN], dtype=object), {}, "Example 2: .*received nan"),
        ([0.5, NAN], {}, "Example 2: expected a finite number for a regression task; received nan"),
        ([[0.5, np.inf]], {}, "Example 1: expected a finite number"),
        ([[0, 2]], {"kind": "multilabel"}, "expected 0, 1 or NaN for a multilabel task; received 2"),
        ([[1, -2]], {"kind": "counts"}, "a number from 0 up for a counts task; received -2"),
        (["a", "b"], {"kind": "regression"}, "predicts numbers; received <U1"),
        ([0.5, 1.5], {"kind": "multiclass"}, "words or whole numbers; received float64"),
        ([[0, 1]], {"kind": "binary"}, r"binary task have 1 dimension\(s\)"),
        (np.zeros((2, 2, 2)), {}, "kind='profile'"),
        ([0, 1], {"kind": "binarry"}, "Unknown kind of task 'binarry'. Did you mean binary"),
    ],
)
def test_what_is_no_target_is_refused(y, options, message):
    with pytest.raises(DataError, match=message):
        targets(y, **options)
