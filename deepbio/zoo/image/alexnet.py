"""AlexNet (Krizhevsky, Sutskever, Hinton 2012, doi:10.1145/3065386)."""

import keras

from deepbio.layers import LocalResponseNormalization, image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "alexnet",
    modality="image",
    summary="AlexNet: five convolutions, three of them in two groups, and three dense layers",
    paper="Krizhevsky, Sutskever, Hinton 2012, NIPS; CACM 2017, doi:10.1145/3065386",
    reference={"input_shape": (227, 227, 3), "outputs": 1000},
    parameters=60_965_224,
    training=dict(
        optimizer="sgd",
        momentum=0.9,
        learning_rate=0.01,
        weight_decay=0.0005,
        schedule="plateau",
        batch_size=128,
        epochs=90,
    ),
)
def alexnet(
    input: ModelInput,
    outputs: int,
    *,
    groups: int = 2,
    units: tuple[int, ...] = (4096, 4096),
    width_coefficient: float = 1.0,
    dropout: float = 0.5,
) -> keras.Model:
    """Stack five convolutions with overlapping pooling and local response normalisation, then dense layers with dropout.

    The paper ran two halves of the network on two GPUs: `groups=2` separates them in the second, fourth and fifth convolution.
    `groups=1` is the undivided form (62,378,344 parameters).

    Args:
        groups: 2 or 1.
        units: Units of the dense layers.
        width_coefficient: Factor of the numbers of filters.
        dropout: Rate after each dense layer.

    Input shape: `(batch, height, width, channels)` uint8, at least 67 pixels per side.
    Output shape: `(batch, outputs)` logits.
    """
    n96, n256, n384 = (2 * max(1, round(n * width_coefficient / 2)) for n in (96, 256, 384))
    inputs, x = image_input(input)
    x = keras.layers.Conv2D(n96, 11, 4, activation="relu")(x)
    x = keras.layers.MaxPooling2D(3, 2)(LocalResponseNormalization()(x))
    x = _conv(x, n256, 5, groups)
    x = keras.layers.MaxPooling2D(3, 2)(LocalResponseNormalization()(x))
    x = _conv(x, n384, 3, 1)
    x = _conv(x, n384, 3, groups)
    x = _conv(x, n256, 3, groups, name="features")
    x = keras.layers.MaxPooling2D(3, 2)(x)
    x = keras.layers.Flatten()(x)
    for n in units:
        x = keras.layers.Dense(n, activation="relu")(x)
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="alexnet")


def _conv(x, filters: int, size: int, groups: int, name: str | None = None):
    if groups == 1:
        return keras.layers.Conv2D(filters, size, padding="same", activation="relu", name=name)(x)
    half = x.shape[-1] // 2  # two convolutions: grouped ones have no gradient on every device
    parts = [
        keras.layers.Conv2D(filters // 2, size, padding="same", activation="relu")(p)
        for p in (x[..., :half], x[..., half:])
    ]
    return keras.layers.Concatenate(name=name)(parts)
