"""Substitutions in networks with pools: their outputs are those of the whole model."""

import keras
import numpy as np
import pytest

from deepbio.incremental.network import read_network
from deepbio.incremental.patches import Patches


def pooled(pool, second):
    """Build a model `(batch, 301, 4)` to `(batch, positions, 3)` with two pools, a residual unit and a dilated convolution between."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((301, 4))
    x = keras.layers.Conv1D(6, 8, activation="gelu")(inputs)
    x = pool(3, strides=2)(x)
    x = keras.layers.BatchNormalization(beta_initializer="random_normal")(x)
    branch = keras.layers.Conv1D(6, 3, dilation_rate=2, activation="relu")(x)
    x = keras.layers.Add()([branch, keras.layers.Cropping1D(2)(x)])
    x = pool(second)(x)
    return keras.Model(inputs, keras.layers.Conv1D(3, 2)(x))


@pytest.mark.parametrize("pool", [keras.layers.MaxPooling1D, keras.layers.AveragePooling1D])
@pytest.mark.parametrize(("width", "second"), [(1, 2), (4, 3)])
def test_outputs_of_substitutions_are_those_of_the_whole_model(pool, width, second):
    model = pooled(pool, second)
    random = np.random.Generator(np.random.Philox(5))
    codes = random.integers(0, 5, 301).astype(np.uint8)
    starts = np.array([0, 1, 2, 3, 4, 5, 6, 100, 101, 150, 301 - width])
    new = random.integers(0, 4, (len(starts), width)).astype(np.uint8)
    y_ref, y_alt = Patches(read_network(model), activation="identity")(codes, starts, new)
    windows = np.repeat(codes[None], len(starts), axis=0)
    for row, start, bases in zip(windows, starts, new, strict=True):
        row[start : start + width] = bases
    eye = np.eye(5, 4, dtype=np.float32)
    np.testing.assert_allclose(y_ref, np.asarray(model(eye[codes][None]))[0], atol=1e-5)
    np.testing.assert_allclose(y_alt, np.asarray(model(eye[windows])), atol=1e-5)
    assert np.abs(y_alt - y_ref).max() > 0.01
