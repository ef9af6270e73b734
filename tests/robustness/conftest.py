"""A small network that has learned where a bright spot is, and images to attack."""

import keras
import numpy as np
import pytest

from deepbio.datasets import Dataset
from deepbio.datasets.dataset import Split
from deepbio.specs import ModelInput, Task

CORNERS = ((1, 1), (1, 5), (5, 1))


def spots(n, seed):
    """Return noisy images of 8 x 8 pixels with a spot in one of three corners, and which one."""
    random = np.random.Generator(np.random.Philox(seed))
    y = random.integers(0, len(CORNERS), n)
    x = random.integers(60, 140, (n, 8, 8, 1))
    for image, corner in zip(x, y, strict=True):
        row, column = CORNERS[corner]
        image[row : row + 2, column : column + 2] += 60
    return x.astype(np.uint8), y


def small_network(*, scale=1.0, front=None):
    """Return an untrained network whose logits are multiplied by `scale`, with a layer `front` behind the input."""
    inputs = keras.Input((8, 8, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(inputs)
    if front is not None:
        x = front(x)
    x = keras.layers.Conv2D(8, 3, activation="relu", kernel_initializer=keras.initializers.HeNormal(1))(x)
    x = keras.layers.Dense(3, kernel_initializer=keras.initializers.HeNormal(2))(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Rescaling(scale)(x))


@pytest.fixture(scope="session")
def network_builder():
    return small_network


@pytest.fixture(scope="session")
def spot_data():
    parts = [Split(*spots(n, seed)) for n, seed in ((600, 0), (100, 1), (100, 2))]
    return Dataset("spots", Task.classify(("a", "b", "c")), ModelInput("image", (8, 8, 1)), *parts)


@pytest.fixture(scope="session")
def trained(spot_data):
    import deepbio

    model = small_network()
    deepbio.fit(model, spot_data, epochs=4, batch_size=32, learning_rate=0.01, verbose=False)
    return model


@pytest.fixture
def examples(spot_data):
    return np.asarray(spot_data.test.x)[:60], np.asarray(spot_data.test.y)[:60]
