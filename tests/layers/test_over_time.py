"""Sums, means and softmaxes over the positions that count."""

import keras
import numpy as np
import pytest

from deepbio.layers import SumOverTime, WordDropout, masked_softmax

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


def test_word_dropout_makes_words_unknown_in_training_only():
    ids = np.tile(np.array([5, 6, 7, 0], np.int32), (1000, 1))
    layer = WordDropout(0.25, seed=3)
    np.testing.assert_array_equal(layer(ids).numpy(), ids)
    drawn = layer(ids, training=True).numpy()
    assert drawn.dtype == np.int32
    assert (drawn[:, 3] == 0).all()
    assert set(np.unique(drawn[drawn != ids])) == {1}
    # 3,000 draws: five standard errors
    assert abs((drawn != ids).sum() / 3000 - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 3000)
    assert (layer(ids, training=True).numpy() != drawn).any()
    np.testing.assert_array_equal(WordDropout.from_config(layer.get_config())(ids, training=True).numpy(), drawn)
