import keras
import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.layers import MeanOverKnown, RotaryAttention, StrandTiedBatchNormalization, StrandTiedConv1D, quick_gelu

ops = keras.ops


def values(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.Philox(seed)).normal(size=shape).astype(np.float32)


def test_attention_depends_on_distance_not_on_place():
    """One key and query direction: scores of equal distance are equal, so moving a pattern moves the output."""
    layer = RotaryAttention(1)
    x = np.zeros((1, 12, 8), np.float32)
    x[0, 3], x[0, 5] = values(8), values(8, seed=1)
    moved = np.roll(x, 2, axis=1)
    a, b = np.asarray(layer(x))[0], np.asarray(layer(moved))[0]
    np.testing.assert_allclose(b[5], a[3], atol=1e-5)
    np.testing.assert_allclose(b[7], a[5], atol=1e-5)


def test_attention_knows_the_order():
    layer = RotaryAttention(2)
    x = values(1, 6, 8)
    forward, backward = np.asarray(layer(x)), np.asarray(layer(x[:, ::-1]))
    assert np.abs(backward[:, ::-1] - forward).max() > 1e-4


def test_attention_refuses_channels_that_do_not_divide():
    with pytest.raises(ModelError, match="multiple of 4 channels"):
        RotaryAttention(2)(values(1, 4, 6))


def test_quick_gelu_is_near_gelu():
    x = np.linspace(-4, 4, 101, dtype=np.float32)
    assert np.abs(np.asarray(quick_gelu(x)) - np.asarray(keras.activations.gelu(x))).max() < 0.021  # Hendrycks, fig.


def test_unknown_positions_do_not_count():
    one_hot = np.eye(4, dtype=np.float32)[None]
    one_hot[0, 3] = 0
    x = values(1, 4, 3)
    np.testing.assert_allclose(MeanOverKnown()([x, one_hot])[0], x[0, :3].mean(0), atol=1e-6)
    assert np.asarray(MeanOverKnown()([x, np.zeros_like(one_hot)])).tolist() == [[0, 0, 0]]


def test_tied_batch_norm_treats_a_pair_alike_in_training_and_after():
    layer = StrandTiedBatchNormalization()
    x = values(4, 6, 8) + np.arange(8, dtype=np.float32)
    for training in (True, False):
        y = np.asarray(layer(x, training=training))
        turned = np.asarray(layer(x[:, ::-1, ::-1], training=training))[:, ::-1, ::-1]
        if not training:
            np.testing.assert_allclose(turned, y, atol=1e-5)
    half = np.concatenate([x[..., :4], x[..., :3:-1]]).reshape(-1, 4)
    fresh = StrandTiedBatchNormalization()
    y = np.asarray(fresh(x, training=True))
    expected = (x[..., :4] - half.mean(0)) / np.sqrt(half.var(0) + 1e-3)
    np.testing.assert_allclose(y[..., :4], expected, atol=1e-4)


def test_tied_filters_are_refused_where_they_cannot_be_symmetric():
    with pytest.raises(ModelError, match="come in pairs"):
        StrandTiedConv1D(3, 5)
    with pytest.raises(ModelError, match="odd kernel_size"):
        StrandTiedConv1D(4, 6, padding="same")


@pytest.mark.parametrize(
    "layer",
    [StrandTiedConv1D(4, 3, padding="same", activation="relu"), StrandTiedBatchNormalization(), RotaryAttention(2)],
)
def test_a_layer_is_rebuilt_from_its_configuration(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again(values(2, 5, 8)).shape == layer.compute_output_shape((2, 5, 8))
