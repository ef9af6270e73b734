"""What only image models have: resizing, channels, weights from keras.applications."""

import keras
import numpy as np
import pytest

from deepbio.datasets import Dataset, Split
from deepbio.errors import ModelError, WeightsError
from deepbio.interpret import features_of
from deepbio.layers import FitImage
from deepbio.specs import ModelInput, Task
from deepbio.zoo import describe, get_model, list_models, model_spec, save_preset
from deepbio.zoo.build import build
from deepbio.zoo.declared_sizes import without_memory
from deepbio.zoo.preprocessing import preprocessing_in_words

NAME = "keras_applications.mobilenet_v3_small"


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def trainable(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def test_counts_without_moving_statistics_are_those_of_the_papers_code():
    # torchvision's resnet18, resnet50; MedMNIST's resnet18; AlexNet undivided; U-Net from 3 to 1 channels
    assert trainable(get_model("resnet18")) == 11_689_512
    assert trainable(get_model("resnet50")) == 25_557_032
    assert trainable(get_model("resnet18", input_shape=(28, 28, 3), outputs=9, stem="cifar")) == 11_173_449
    assert trainable(get_model("efficientnet_lite0")) == 4_652_008  # as timm counts tf_efficientnet_lite0
    assert get_model("alexnet", groups=1).count_params() == 62_378_344
    assert get_model("unet", input_shape=(64, 64, 3), outputs=1).count_params() == 31_031_745


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "count"),  # of tf_efficientnet_b* of timm 1.0.31
    [(2, 9_109_994), (3, 12_233_232), (4, 19_341_616), (5, 30_389_784), (6, 43_040_704), (7, 66_347_960)],
)
def test_efficientnets_train_as_many_weights_as_timms(size, count):
    with without_memory():
        assert trainable(get_model(f"keras_applications.efficientnet_b{size}")) == count


def test_every_builder_of_keras_applications_has_a_name():
    builders = {name for name in dir(keras.applications) if name[0].isupper()}
    names = list_models("keras_applications.*")
    assert {model_spec(name).defaults["builder"] for name in names} == builders


def test_resizing_is_part_of_the_model_and_of_its_preset(tmp_path):
    x = pixels(6, 50, 40, 1)
    split = Split(x, np.arange(6) % 3)
    data = Dataset("tall", Task.classify(("a", "b", "c")), ModelInput("image", (50, 40, 1)), split, split, split)
    model = get_model("image_cnn", dataset=data, network_input=(28, 28, 1), keep_aspect=True, seed=0)
    assert model.input_shape == (None, 50, 40, 1)
    save_preset(model, tmp_path / "preset")
    again = get_model(tmp_path / "preset")
    np.testing.assert_array_equal(again.predict_on_batch(x), model.predict_on_batch(x))
    assert (
        build(describe(model)).count_params()
        == get_model("image_cnn", input_shape=(28, 28, 1), outputs=3).count_params()
    )


def test_the_preprocessing_is_described_in_words():
    model = get_model("image_cnn", input_shape=(50, 40, 1), outputs=2, network_input=(28, 28, 1), keep_aspect=True)
    assert preprocessing_in_words(model) == (
        "Takes uint8 of shape (50, 40, 1). Inside: resized to 28 x 28 with 1 channel(s), bilinear, averaging over pixels, both sides "
        "alike and padded with black, then multiplied by 0.003922."
    )
    words = preprocessing_in_words(get_model(NAME, input_shape=(40, 40, 3), outputs=2))
    assert words == "Takes uint8 of shape (40, 40, 3). Inside: multiplied by 0.007843 plus -1."
    words = preprocessing_in_words(get_model("keras_applications.efficientnet_b0", input_shape=(40, 40, 3), outputs=2))
    assert words.startswith("Takes uint8 of shape (40, 40, 3). Inside: multiplied by 1, then multiplied by 0.003922")


def test_resizing_averages_the_pixels_that_fall_together():
    checks = np.indices((8, 8)).sum(axis=0)[None, ..., None].astype(np.uint8) % 2 * 200
    small = np.asarray(FitImage((2, 2, 1))(checks))
    assert small.dtype == np.uint8
    assert (np.abs(small.astype(int) - 100) <= 8).all()  # without averaging: 0 or 200


def test_keeping_the_aspect_pads_with_black():
    tall = np.asarray(FitImage((8, 8, 1), keep_aspect=True)(np.full((1, 16, 8, 1), 90, np.uint8)))[0, ..., 0]
    assert (tall[:, 3:5] == 90).all()
    assert (tall[:, [2, 5]] > 70).all()  # these meet the padding
    assert not tall[:, [0, 7]].any()
    assert (tall[:, [1, 6]] < 20).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network_input": (8, 8)}, "has the dimensions of the input"),
        ({"network_input": (8, 8, 2)}, "1 channels cannot become 2"),
        ({"keep_aspect": True}, "keep_aspect is for images"),
        ({"network_inpt": (8, 8, 1)}, "Did you mean network_input"),
    ],
)
def test_a_wrong_size_is_refused(options, message):
    with pytest.raises(ModelError, match=message):
        get_model("image_cnn", input_shape=(28, 28, 1), outputs=2, **options)


def test_a_patch_that_does_not_tile_and_an_image_too_small_are_refused():
    with pytest.raises(ModelError, match="do not tile"):
        get_model("vit_tiny", input_shape=(30, 30, 1), outputs=2)
    with pytest.raises(ModelError, match="Try network_input"):
        get_model("keras_applications.inception_v3", input_shape=(40, 40, 3), outputs=2)


def test_unet_predicts_every_pixel_of_an_image_of_any_size():
    model = get_model("unet", input_shape=(37, 50, 1), outputs=3, filters=4)
    assert model.predict_on_batch(pixels(1, 37, 50, 1)).shape == (1, 37, 50, 3)


def test_the_grouped_convolutions_of_alexnet_keep_their_halves_apart():
    model = get_model("alexnet", input_shape=(67, 67, 1), outputs=2, width_coefficient=0.1, units=(8,), seed=0)
    second = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)][1]
    assert second.kernel.shape[2] * 2 == model.layers[2].filters


# One builder of each kind of scaling that keras.applications expects.
KINDS = [
    "keras_applications.mobilenet_v3_small",
    pytest.param("keras_applications.efficientnet_b0", marks=pytest.mark.slow),
    pytest.param("keras_applications.resnet50", marks=pytest.mark.slow),
    pytest.param("keras_applications.densenet121", marks=pytest.mark.slow),
    pytest.param("keras_applications.convnext_tiny", marks=pytest.mark.slow),
    pytest.param("keras_applications.efficientnet_v2_b0", marks=pytest.mark.slow),
    pytest.param("keras_applications.vgg16", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("top", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_features_with_weights_from_a_file_equal_plain_keras_applications(name, top, tmp_path):
    import importlib

    function = getattr(keras.applications, model_spec(name).defaults["builder"])
    keras.utils.set_random_seed(0)
    shape = {} if top else {"input_shape": (64, 64, 3)}
    plain = function(weights=None, include_top=top, **shape)
    plain.save_weights(tmp_path / "plain.weights.h5")
    size = plain.input_shape[1] or 64
    module = importlib.import_module(f"keras.applications.{function.__module__.split('.')[-1]}")
    x = pixels(2, size, size, 3)
    bare = function(weights=None, include_top=False, input_shape=(size, size, 3))
    bare.set_weights(plain.get_weights()[: len(bare.get_weights())])
    expected = bare.predict_on_batch(module.preprocess_input(x.astype(np.float32).copy()))
    model = get_model(name, input_shape=(size, size, 3), outputs=2, weights=tmp_path / "plain.weights.h5")
    found = features_of(model).predict_on_batch(x)
    assert np.abs(found - expected).max() <= 1e-6 * max(1.0, np.abs(expected).max())


def test_a_grey_image_returns_what_it_returns_in_colour(tmp_path):
    keras.utils.set_random_seed(1)
    keras.applications.MobileNetV3Small(weights=None, include_top=False).save_weights(tmp_path / "w.weights.h5")
    grey = get_model(NAME, input_shape=(64, 64, 1), outputs=2, weights=tmp_path / "w.weights.h5", seed=0)
    colour = get_model(NAME, input_shape=(64, 64, 3), outputs=2, weights=tmp_path / "w.weights.h5", seed=0)
    x = pixels(2, 64, 64, 1)
    expected = features_of(colour).predict_on_batch(np.repeat(x, 3, axis=-1))
    np.testing.assert_allclose(features_of(grey).predict_on_batch(x), expected, atol=1e-5 * np.abs(expected).max())


def test_other_weights_are_refused_and_named(tmp_path):
    keras.applications.MobileNetV2(weights=None, include_top=False, alpha=0.35).save_weights(tmp_path / "w.weights.h5")
    (tmp_path / "junk.weights.h5").write_bytes(b"junk")
    for file, message in (
        ("w.weights.h5", "are not those of"),
        ("junk.weights.h5", "are not those of"),
        ("none.h5", "found no file"),
    ):
        with pytest.raises(WeightsError, match=message):
            get_model(NAME, input_shape=(64, 64, 3), outputs=2, weights=tmp_path / file)


@pytest.mark.slow
def test_efficientnet_weights_by_path_are_corrected_as_those_by_name(tmp_path, monkeypatch):
    # the official file has standard deviations as variances (github.com/tensorflow/tensorflow/issues/49930)
    official = keras.applications.EfficientNetB0(weights=None, include_top=False)
    scale = next(layer for layer in official.layers if isinstance(layer, keras.layers.Normalization))
    scale.set_weights([np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]), np.array(0)])
    official.save_weights(tmp_path / "b0.weights.h5")
    options = {"input_shape": (64, 64, 3), "outputs": 2, "seed": 0}
    name = "keras_applications.efficientnet_b0"
    found = features_of(get_model(name, weights=tmp_path / "b0.weights.h5", **options)).predict_on_batch(
        pixels(2, 64, 64, 3)
    )
    # what Keras builds of it under the name "imagenet", and what deepbio does
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *args, **kwargs: str(tmp_path / "b0.weights.h5"))
    named = keras.applications.EfficientNetB0(weights="imagenet", include_top=False)
    expected = named.predict_on_batch(pixels(2, 64, 64, 3).astype(np.float32))
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    by_name = features_of(get_model(name, weights="imagenet", **options)).predict_on_batch(pixels(2, 64, 64, 3))
    np.testing.assert_allclose(by_name, expected, atol=1e-4 * np.abs(expected).max())


def test_offline_nothing_is_asked_of_the_network(monkeypatch):
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    monkeypatch.setattr("socket.socket.connect", lambda *args: pytest.fail("the network was asked"))
    with pytest.raises(WeightsError, match=r"DEEPBIO_OFFLINE forbids the download .* Pass the path of the file"):
        get_model("keras_applications.mobilenet_v2", input_shape=(32, 32, 3), outputs=2, weights="imagenet")
