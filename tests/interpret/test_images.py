"""Attributions of images: they lie where the model looks, add up where they must, and exist for masks."""

import keras
import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.interpret import grad_cam, image_gradients, occlusion, randomization_check, rise
from deepbio.zoo import get_model


def looking_at_one_corner():
    """Build a model whose only output is the brightness of the rows 0 to 9 and columns 0 to 9."""
    inputs = keras.Input((28, 28, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(1, 3, padding="same", kernel_initializer="ones", use_bias=False)(x)
    mask = np.zeros((28, 28, 1), np.float32)
    mask[:10, :10] = 1 / 900
    x = keras.layers.Flatten()(x)
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(x))
    model.layers[-1].set_weights([mask.reshape(-1, 1)])
    return model


@pytest.fixture(scope="module")
def images():
    return np.random.Generator(np.random.Philox(0)).integers(50, 256, (2, 28, 28, 1)).astype(np.uint8)


def test_every_method_finds_the_corner_at_which_a_model_looks(images):
    model = looking_at_one_corner()
    inside = np.zeros((28, 28), bool)
    inside[:12, :12] = True
    found = {
        "grad_cam": grad_cam(model, images),
        "integrated_gradients": image_gradients(model, images, steps=5),
        "smoothgrad": image_gradients(model, images, method="smoothgrad", steps=5),
        "occlusion": occlusion(model, images, size=4, step=4, value=0),
        "rise": rise(model, images, masks=300, seed=1),
    }
    for name, values in found.items():
        assert values.shape == (2, 28, 28), name
        if name != "grad_cam":  # its weights are one number per map, so a map without a place is the image itself
            assert values[:, inside].mean() > 3 * np.abs(values[:, ~inside].mean()), name
            row, column = np.unravel_index(values[0].argmax(), (28, 28))
            assert max(row, column) < 13, name
    total = found["integrated_gradients"].sum(axis=(1, 2))
    black = model.predict_on_batch(np.zeros_like(images))
    np.testing.assert_allclose(total, (model.predict_on_batch(images) - black)[:, 0], rtol=1e-4)


def test_grad_cam_of_plain_and_resized_models(images):
    for model in (
        get_model("image_cnn", seed=1),
        get_model("image_cnn", seed=1, input_shape=(28, 28, 1), network_input=(32, 32, 1), outputs=2),
    ):
        for plus_plus in (False, True):
            values = grad_cam(model, images, target=0 if model.output_shape[-1] > 1 else None, plus_plus=plus_plus)
            assert values.shape == (2, 28, 28)
            assert values.min() >= 0
            assert values.max() <= 1 + 1e-6
    with pytest.raises(ModelError, match="no feature map 'conv9'"):
        grad_cam(get_model("image_cnn"), images, target=0, layer="conv9")
    with pytest.raises(DataError, match="takes uint8 images"):
        grad_cam(get_model("mlp", input_shape=5, outputs=1), images)
    with pytest.raises(DataError, match="takes uint8 images"):
        grad_cam(get_model("image_cnn"), images.astype(np.float32), target=0)


def test_a_class_of_masks_is_explained(images):
    model = get_model("unet", seed=1, input_shape=(32, 32, 1), outputs=2)
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    assert grad_cam(model, padded, target=1).shape == (2, 32, 32)
    assert occlusion(model, padded, target=1, size=8, step=8).shape == (2, 32, 32)


def test_an_edge_detector_does_not_change_with_the_weights_and_a_gradient_does(images):
    model = get_model("image_cnn", seed=1)
    edges = np.abs(np.diff(images.astype(float), axis=1)).squeeze()
    assert randomization_check(model, lambda _: edges).min() == pytest.approx(1)
    found = randomization_check(model, lambda one: image_gradients(one, images, target=0, steps=4))
    assert np.abs(found).max() < 0.9
