"""Long convolutions, splines and dense layers of groups, against direct computations in NumPy."""

import numpy as np
import pytest
from scipy.interpolate import splev

from deepbio.errors import ModelError
from deepbio.layers import BaseEmbedding, GroupedDense, LongConvolution, SplinePooling


def test_a_long_convolution_is_the_causal_sum_over_all_earlier_positions():
    random = np.random.Generator(np.random.Philox(0))
    x = random.normal(size=(2, 37, 3)).astype(np.float32)
    layer = LongConvolution(50, filter_units=8)
    layer(x)
    layer.last_kernel.assign(random.normal(size=(8, 3)))
    h, skip = np.asarray(layer.filters(37)), np.asarray(layer.skip)
    expected = np.stack([sum(h[lag] * x[:, i - lag] for lag in range(i + 1)) for i in range(37)], axis=1) + skip * x
    np.testing.assert_allclose(np.asarray(layer(x)), expected, atol=1e-5 * np.abs(expected).max())


def test_the_filter_of_a_position_is_that_of_the_formula():
    layer = LongConvolution(50, filter_units=2, num_inner=0)
    layer(np.zeros((1, 20, 2), np.float32))
    layer.kernels[0].assign(np.eye(5, 2) * 0.5)
    layer.last_kernel.assign(np.eye(2))
    t, w = 19 / 49, 2 * np.pi * 19 / 50
    decay = [np.exp(-t * np.log(100) / part) + 0.05 for part in (1.5, 0.3)]  # Nguyen et al. 2023: shift .05, target .01
    expected = [np.sin(10 * 0.5 * t) * decay[0], np.sin(10 * 0.5 * np.cos(1e-4 * w)) * decay[1]]
    np.testing.assert_allclose(np.asarray(layer.filters(20))[19], expected, rtol=1e-4)


def test_a_window_longer_than_the_positions_and_even_features_are_refused():
    with pytest.raises(ModelError, match="at most max_length=10 positions; received 11"):
        LongConvolution(10)(np.zeros((1, 11, 2), np.float32))
    with pytest.raises(ModelError, match="odd and at least 3; received 4"):
        LongConvolution(10, features=4)


def test_an_unknown_base_has_the_row_behind_those_of_the_bases():
    layer = BaseEmbedding(1, 12, first=7)
    one_hot = np.eye(5, 4, dtype=np.float32)[[0, 1, 2, 3, 4]][None]
    layer(one_hot)
    layer.embeddings.assign(np.arange(12.0)[:, None])
    assert np.asarray(layer(one_hot))[0, :, 0].tolist() == [7, 8, 9, 10, 11]  # A C G T N of the published vocabulary


def test_splines_are_those_that_scipy_evaluates_one_by_one():
    knots = np.concatenate([np.zeros(4), np.linspace(0, 29, 6)[1:-1], np.full(4, 29)])
    curves = np.stack([splev(np.arange(30), (knots, np.eye(8)[i], 3)) for i in range(8)])
    x = np.random.Generator(np.random.Philox(0)).normal(size=(2, 30, 3)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(SplinePooling(8)(x)), curves @ x, atol=1e-4)
    with pytest.raises(ModelError, match="at least 4 splines; received 3"):
        SplinePooling(3)


def test_each_group_has_its_own_weights():
    layer, x = GroupedDense(2), np.ones((1, 3, 4), np.float32)
    layer(x)
    layer.kernel.assign(np.arange(3.0)[:, None, None] * np.ones((3, 4, 2)))
    layer.bias.assign(np.arange(6.0).reshape(3, 2))
    assert np.asarray(layer(x))[0].tolist() == [[0, 1], [6, 7], [12, 13]]
