"""Attention by content and distance, its position features, and pooling by attention."""

import keras
import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.layers import AttentionPooling1D, RelativeAttention, log_softplus, position_features


def test_each_kind_of_position_feature_has_its_formula():
    features = position_features(16, 12, kinds=("exponential", "central_mask", "gamma"))
    assert features.shape == (31, 12)
    ahead = features[15:]  # distances 0 to 15
    # half-lives 8 and 16; masks up to 0 and 2; gamma densities of mean 8 and 16 and standard deviation 4
    np.testing.assert_allclose(ahead[[0, 8], 0], [1, 0.5])
    np.testing.assert_allclose(ahead[[0, 8], 1], [1, 0.5**0.5], rtol=1e-6)
    np.testing.assert_array_equal(ahead[:4, 2:4], [[1, 1], [0, 1], [0, 1], [0, 0]])
    assert ahead[:, 4:6].argmax(axis=0).tolist() == [6, 15]  # the modes of Gamma(4, 1/2) and Gamma(16, 1)
    np.testing.assert_allclose(ahead[:, 4:6].max(axis=0), 1)
    np.testing.assert_array_equal(features[:, 6:], np.sign(np.arange(-15, 16))[:, None] * features[:, :6])


def test_the_gamma_features_are_those_recorded_from_the_authors_program():
    # enformer_pytorch/precomputed/tf_gammas.pt, rows of distances 48, 100 and 700, features 0, 1, 9 and 31
    features = position_features(1536, 192, kinds=("exponential", "central_mask", "gamma"))
    recorded = [
        [0.872011, 0.0881139, 6.01109e-07, 6.03167e-07],
        [0.10348, 0.917358, 6.01109e-07, 6.03167e-07],
        [5.35614e-07, 5.8573e-07, 6.01109e-07, 6.03167e-07],
    ]
    np.testing.assert_allclose(features[1535 + np.array([48, 100, 700])][:, [64, 65, 73, 95]], recorded, atol=0.0025)


def test_the_widest_scaled_mask_reaches_across_the_window():
    features = position_features(4096, 32, kinds=("scaled_central_mask",))
    assert features[:, 15].min() == 1
    # widths are 4097 ** (i / 16) - 1
    assert features[4095:, :16].sum(axis=0)[:6].tolist() == [1, 2, 4, 8, 13, 22]


@pytest.mark.parametrize(
    ("channels", "kinds", "message"),
    [(10, ("gamma",) * 3, "multiple of 6; received 10"), (6, ("sine",), "received 'sine'")],
)
def test_position_features_that_cannot_be_are_refused(channels, kinds, message):
    with pytest.raises(ModelError, match=message):
        position_features(8, channels, kinds=kinds)


def test_scores_are_of_content_and_distance():
    random = np.random.Generator(np.random.Philox(0))
    layer = RelativeAttention(2, 3, 4, features=6, kinds=("exponential", "central_mask", "gamma"))
    x = random.normal(size=(2, 5, 8)).astype(np.float32)
    layer(x)
    for weight in layer.weights:
        weight.assign(random.normal(size=weight.shape))
    values = {weight.path.removeprefix(f"{layer.name}/"): weight.numpy() for weight in layer.weights}
    features = position_features(5, 6, kinds=layer.kinds)
    expected = np.zeros((2, 5, 8))
    expected += values["join/bias"]
    for example in range(2):
        for head in range(2):
            keys, channels = slice(3 * head, 3 * head + 3), slice(4 * head, 4 * head + 4)
            query, key = (x[example] @ values[f"{name}/kernel"][:, keys] for name in ("query", "key"))
            value = x[example] @ values["value/kernel"][:, channels]
            for i in range(5):
                q = query[i] / 3**0.5
                scores = [
                    (q + values["content_bias"][head, 0]) @ key[j]
                    + (q + values["position_bias"][head, 0])
                    @ (features[j - i + 4] @ values["position/kernel"][:, keys])
                    for j in range(5)
                ]
                weights = np.exp(scores) / np.exp(scores).sum()
                expected[example, i] += weights @ value @ values["join/kernel"][channels]
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)


def test_attention_pooling_is_a_softmax_over_the_positions_of_a_pool():
    layer = AttentionPooling1D(2)
    x = np.array([[[0.0, 1.0], [2.0, 1.0], [5.0, -1.0], [5.0, 0.0]]], np.float32)
    weights = np.exp(2 * x.reshape(2, 2, 2)) / np.exp(2 * x.reshape(2, 2, 2)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(layer(x)[0], (weights * x.reshape(2, 2, 2)).sum(axis=1), rtol=1e-5)
    layer.kernel.assign([[0.0, 1.0], [0.0, 0.0]])  # the second channel is weighted by the first
    np.testing.assert_allclose(layer(x)[0, :, 1], [1.0, -0.5], rtol=1e-6)


def test_the_log_of_a_softplus_keeps_small_rates_and_their_gradients():
    x = keras.ops.array([-80.0, -14.0, 0.0, 3.0, 100.0])
    exact = np.log(np.logaddexp(0, np.array([-80.0, -14, 0, 3, 100])))
    np.testing.assert_allclose(log_softplus(x), exact, rtol=1e-6, atol=1e-6)
