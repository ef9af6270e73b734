"""Every builder of `keras.applications`, with its own preprocessing inside the model."""

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

from deepbio.download import offline
from deepbio.errors import ModelError, WeightsError
from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register_each

# What the network expects of pixels from 0 to 255, by the module of keras.applications that it comes from.
_SCALING = {
    "convnext": "standard",
    "densenet": "standard",
    "efficientnet": "inside",
    "efficientnet_v2": "standard",
    "inception_resnet_v2": "-1 to 1",
    "inception_v3": "-1 to 1",
    "mobilenet": "-1 to 1",
    "mobilenet_v2": "-1 to 1",
    "mobilenet_v3": "-1 to 1",
    "nasnet": "-1 to 1",
    "resnet": "centred",
    "resnet_v2": "-1 to 1",
    "vgg16": "centred",
    "vgg19": "centred",
    "xception": "-1 to 1",
}
_MEAN, _STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])  # of ImageNet, red green blue
_CENTRE = np.array([123.68, 116.779, 103.939])  # of ImageNet from 0 to 255, for the networks from Caffe


@register_each(
    "keras_applications",
    option="builder",
    modality="image",
    summary="{} of keras.applications, average over the image, one dense layer",
    paper="see keras.io/api/applications",
    training=dict(optimizer="adam", learning_rate=0.0001, schedule="cosine", warmup=0.1, batch_size=32, epochs=20),
    members={
        "convnext_base": ("ConvNeXtBase", 224, 88_591_464),
        "convnext_large": ("ConvNeXtLarge", 224, 197_767_336),
        "convnext_small": ("ConvNeXtSmall", 224, 50_223_688),
        "convnext_tiny": ("ConvNeXtTiny", 224, 28_589_128),
        "convnext_xlarge": ("ConvNeXtXLarge", 224, 350_196_968),
        "densenet121": ("DenseNet121", 224, 8_062_504),
        "densenet169": ("DenseNet169", 224, 14_307_880),
        "densenet201": ("DenseNet201", 224, 20_242_984),
        "efficientnet_b0": ("EfficientNetB0", 224, 5_330_571),
        "efficientnet_b1": ("EfficientNetB1", 224, 7_856_239),
        "efficientnet_b2": ("EfficientNetB2", 224, 9_177_569),
        "efficientnet_b3": ("EfficientNetB3", 224, 12_320_535),
        "efficientnet_b4": ("EfficientNetB4", 224, 19_466_823),
        "efficientnet_b5": ("EfficientNetB5", 224, 30_562_527),
        "efficientnet_b6": ("EfficientNetB6", 224, 43_265_143),
        "efficientnet_b7": ("EfficientNetB7", 224, 66_658_687),
        "efficientnet_v2_b0": ("EfficientNetV2B0", 224, 7_200_312),
        "efficientnet_v2_b1": ("EfficientNetV2B1", 224, 8_212_124),
        "efficientnet_v2_b2": ("EfficientNetV2B2", 224, 10_178_374),
        "efficientnet_v2_b3": ("EfficientNetV2B3", 224, 14_467_622),
        "efficientnet_v2_l": ("EfficientNetV2L", 224, 119_027_848),
        "efficientnet_v2_m": ("EfficientNetV2M", 224, 54_431_388),
        "efficientnet_v2_s": ("EfficientNetV2S", 224, 21_612_360),
        "inception_resnet_v2": ("InceptionResNetV2", 299, 55_873_736),
        "inception_v3": ("InceptionV3", 299, 23_851_784),
        "mobilenet": ("MobileNet", 224, 4_253_864),
        "mobilenet_v2": ("MobileNetV2", 224, 3_538_984),
        "mobilenet_v3_large": ("MobileNetV3Large", 224, 3_957_352),
        "mobilenet_v3_small": ("MobileNetV3Small", 224, 1_516_120),
        "nasnet_large": ("NASNetLarge", 331, 88_949_818),
        "nasnet_mobile": ("NASNetMobile", 224, 5_326_716),
        "resnet101": ("ResNet101", 224, 44_707_176),
        "resnet101_v2": ("ResNet101V2", 224, 44_675_560),
        "resnet152": ("ResNet152", 224, 60_419_944),
        "resnet152_v2": ("ResNet152V2", 224, 60_380_648),
        "resnet50": ("ResNet50", 224, 25_636_712),
        "resnet50_v2": ("ResNet50V2", 224, 25_613_800),
        "vgg16": ("VGG16", 224, 15_227_688),
        "vgg19": ("VGG19", 224, 20_537_384),
        "xception": ("Xception", 299, 22_910_480),
    },
)
def keras_application(
    input: ModelInput, outputs: int, *, builder: str = "MobileNetV3Small", dropout: float = 0.0
) -> keras.Model:
    """Apply a network of `keras.applications` after its own preprocessing, and a new last layer.

    The top of the network is replaced by an average over the image and one dense layer. (The tops of VGG and MobileNet V1 and
    V3 have more layers.) Images may have any number of channels; see `load_backbone` for weights of colour images.

    Args:
        builder: Name of the function in `keras.applications`.
        dropout: Rate before the last layer.

    Input shape: `(batch, height, width, channels)` uint8, at least 32 pixels per side (Inception 75, Xception 71).
    Output shape: `(batch, outputs)` logits.
    """
    inputs, _ = image_input(input)
    backbone = _backbone(builder, input.shape)
    x = backbone(_preprocess(inputs, builder, input.shape[-1]))
    x = keras.layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name=builder.lower())


def load_backbone(model: keras.Model, weights: str) -> None:
    """Load weights of colour images into all layers except the last.

    For images with one channel the kernels of the first layer are summed over red, green and blue. So a grey image returns what
    it would return in colour (if the preprocessing treats colours alike). For `n` channels the kernels are repeated and scaled
    by `3 / n`.

    Args:
        model: Model from `get_model("keras_applications....")`.
        weights: `"imagenet"`, which Keras downloads and checks, or a `.weights.h5` or `.h5` file of the same network, with its
            top or without.

    Raises:
        WeightsError: The file cannot be read or is of another network, or the download failed or is forbidden
            (`DEEPBIO_OFFLINE`).
    """
    from deepbio.zoo.record import describe

    builder = describe(model).config["builder"]
    backbone = _find(model, "backbone")
    source = _in_colour(builder, weights)
    pairs = list(zip(_with_weights(backbone), _with_weights(source), strict=False))
    if len(_with_weights(backbone)) > len(pairs):
        raise _other_network(builder, weights)
    for own, theirs in pairs:
        values = theirs.get_weights()
        if isinstance(own, keras.layers.Normalization) and _not_squared(values):
            values[1] = values[1] * _STD
        fitted = [_fit(value, tuple(variable.shape)) for value, variable in zip(values, own.weights, strict=False)]
        if len(values) != len(own.weights) or any(value is None for value in fitted):
            raise _other_network(builder, weights)
        own.set_weights(fitted)
        if isinstance(own, keras.layers.Normalization):
            own.finalize_state()


def _not_squared(values: list[np.ndarray]) -> bool:
    """Return whether a normalisation has the standard deviations of ImageNet as its variances.

    So do the official files of EfficientNet, wherever they were loaded from. Keras divides by the root of the standard deviation
    once more, in a layer without weights that only its "imagenet" form has (github.com/tensorflow/tensorflow/issues/49930).
    """
    return values[1].shape == _STD.shape and np.allclose(values[1], _STD, atol=1e-3)


def _module(builder: str) -> str:
    return getattr(keras.applications, builder).__module__.split(".")[-1]


def _build(builder: str, **arguments: Any) -> keras.Model:
    function: Any = getattr(keras.applications, builder)
    if _module(builder) in ("convnext", "efficientnet_v2", "mobilenet_v3"):
        arguments["include_preprocessing"] = False
    return function(**arguments)


def _backbone(builder: str, shape: tuple[int, ...]) -> keras.Model:
    try:
        network = _build(builder, weights=None, include_top=False, input_shape=shape)
    except ValueError as error:
        raise ModelError(f"{builder} cannot take images {shape}: {error} Try network_input=(224, 224, 3).") from error
    network.name = "backbone"
    return network


def _preprocess(inputs, builder: str, channels: int):
    scaling = _SCALING[_module(builder)]
    if scaling == "inside":
        return keras.layers.Rescaling(1.0, name="preprocess")(inputs)
    if scaling == "-1 to 1" or builder in ("EfficientNetV2S", "EfficientNetV2M", "EfficientNetV2L"):
        half = 127.5 if scaling == "-1 to 1" else 128.0
        return keras.layers.Rescaling(1 / half, -1.0, name="preprocess")(inputs)
    if scaling == "standard":
        mean, std = _for_channels(_MEAN, channels), _for_channels(_STD, channels)
        # as in Keras: one product and one sum would lose digits where they cancel
        mean, variance = (255 * mean).tolist(), ((255 * std) ** 2).tolist()
        return keras.layers.Normalization(mean=mean, variance=variance, name="preprocess")(inputs)
    x = keras.layers.Rescaling(1.0, (-_for_channels(_CENTRE, channels)).tolist(), name="preprocess")(inputs)
    return x[..., ::-1] if channels == 3 else x  # these networks take blue, green, red


def _for_channels(values: np.ndarray, channels: int) -> np.ndarray:
    return values if channels == 3 else np.full(channels, values.mean())


def _in_colour(builder: str, weights: str) -> keras.Model:
    if weights == "imagenet":
        if offline():
            raise WeightsError(
                f"DEEPBIO_OFFLINE forbids the download of the ImageNet weights of {builder}. Pass the path of the file as weights; "
                "files that Keras downloaded before are in ~/.keras/models."
            )
        try:
            return _build(builder, weights="imagenet", include_top=False)
        except Exception as error:  # Keras raises plain Exception where a download fails
            raise WeightsError(
                f"Keras could not download the ImageNet weights of {builder} ({error}). Pass the path of the file as weights."
            ) from error
    if not Path(weights).is_file():
        raise WeightsError(f"Expected 'imagenet' or a weight file; found no file {weights!r}.")
    if not weights.endswith(".h5"):
        raise WeightsError(f"Expected a file that ends in .weights.h5 or .h5; received {weights!r}.")
    for top in (False, True):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # Keras warns if a layer keeps fresh weights
                return _build(builder, weights=weights, include_top=top)
        except (ValueError, OSError, KeyError, IndexError, UserWarning):
            continue
    raise _other_network(builder, weights)


def _other_network(builder: str, weights: str) -> WeightsError:
    return WeightsError(
        f"The weights {weights!r} are not those of {builder}. Pass the file of the same network, for colour images."
    )


def _find(model: keras.Model, name: str) -> Any:
    for layer in model.layers:
        if layer.name == name:
            return layer
        if isinstance(layer, keras.Model) and (found := _find(layer, name)) is not None:
            return found
    return None


def _with_weights(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def _fit(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return a weight of three colours in the shape for other channels; `None` if the shapes differ otherwise."""
    if value.shape == shape:
        return value
    if value.ndim == 4 and value.shape[2] == 3 and shape[:2] + shape[3:] == value.shape[:2] + value.shape[3:]:
        channels = shape[2]
        if channels == 1:
            return value.sum(axis=2, keepdims=True)
        return value[:, :, np.arange(channels) % 3] * (3 / channels)
    if value.shape == (3,) and len(shape) == 1:
        return np.full(shape, value.mean(), value.dtype)
    return None
