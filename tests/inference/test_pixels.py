"""Image models as differentiable functions of pixels: the same outputs as from bytes, and a gradient through every input stage."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.errors import ModelError
from deepbio.inference.pixels import pixel_function, resizes_to_bytes
from deepbio.zoo import get_model

RESIZED = {"input_shape": (28, 28, 1), "network_input": (32, 32, 3), "outputs": 2}


def nested():
    inner = get_model("image_cnn", seed=1, outputs=2, input_shape=(28, 28, 1))
    inputs = keras.Input((28, 28, 1), dtype="uint8")
    return keras.Model(inputs, inner(inputs))


@pytest.mark.parametrize(
    "build",
    [
        lambda: get_model("image_cnn", seed=1),
        lambda: get_model("mlp", seed=1, input_shape=(28, 28, 1), outputs=3),
        lambda: get_model("image_cnn", seed=1, **RESIZED),
        nested,
    ],
    ids=["rescaled", "flattened", "resized inside", "nested"],
)
def test_outputs_equal_those_from_bytes_and_the_gradient_reaches_the_pixels(build):
    model = build()
    images = np.random.Generator(np.random.Philox(3)).integers(0, 256, (3, *model.input_shape[1:])).astype(np.uint8)
    function, pixels = pixel_function(model), tf.constant(images / np.float32(255))
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        outputs = function(pixels)
    np.testing.assert_allclose(outputs, model(images), atol=1e-5)
    assert float(tf.norm(tape.gradient(outputs, pixels))) > 0
    assert resizes_to_bytes(model) == ("fit_image" in [layer.name for layer in model.layers])


def test_a_model_without_a_graph_is_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ModelError, match="functional or sequential"):
        pixel_function(Own())
