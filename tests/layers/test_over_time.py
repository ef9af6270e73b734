"""Sums, means and softmaxes over the positions that count."""

import keras
import numpy as np
import pytest

from deepbio.layers import SumOverTime, masked_softmax

X = np.array([[[1.0, 2.0], [3.0, 4.0], [50.0, 60.0]], [[7.0, 8.0]] * 3], np.float32)
MASK = np.array([[True, True, False], [False, False, False]])


@pytest.mark.parametrize(("mean", "expected"), [(False, [[4, 6], [0, 0]]), (True, [[2, 3], [0, 0]])])
def test_masked_positions_do_not_count_and_no_position_gives_zeros(mean, expected):
    layer = SumOverTime(mean=mean)
    np.testing.assert_array_equal(layer(X, mask=MASK).numpy(), expected)
    again = SumOverTime.from_config(layer.get_config())
    np.testing.assert_array_equal(again(X, mask=MASK).numpy(), expected)
    np.testing.assert_allclose(layer(X).numpy(), X.mean(axis=1) if mean else X.sum(axis=1))


def test_a_softmax_adds_up_to_one_or_to_zero_in_any_precision():
    for dtype in ("float32", "float16", "bfloat16"):
        scores = keras.ops.cast([[1.0, 2.0, 30_000.0], [1.0, 1.0, 1.0]], dtype)
        weights = keras.ops.cast(masked_softmax(scores, MASK, axis=1), "float32").numpy()
        np.testing.assert_allclose(weights.sum(axis=1), [1, 0], atol=0.01)
        assert weights[0, 2] == 0
