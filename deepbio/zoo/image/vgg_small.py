"""A small VGG: stacked 3x3 convolutions (Simonyan, Zisserman 2015, arXiv:1409.1556) with an average over the image."""

from collections.abc import Sequence

import keras

from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "vgg_small",
    modality="image",
    summary="Pairs of 3x3 convolutions with pooling between, average over the image, one dense layer",
    paper="after Simonyan, Zisserman 2015, ICLR, arXiv:1409.1556",
    reference={"input_shape": (28, 28, 3), "outputs": 9},
    parameters=322_345,
    training=dict(optimizer="adam", learning_rate=0.001, schedule="cosine", warmup=0.1, batch_size=64, epochs=30),
)
def vgg_small(
    input: ModelInput, outputs: int, *, filters: Sequence[int] = (32, 64, 128), units: int = 256, dropout: float = 0.5
) -> keras.Model:
    """Stack pairs of convolutions with pooling between them, average over the image, and apply one dense layer.

    Args:
        filters: Filters of each pair of convolutions; the last pair is not pooled.
        units: Units of the dense layer.
        dropout: Rate after the dense layer.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = image_input(input)
    for i, n in enumerate(filters):
        last = i == len(filters) - 1
        x = keras.layers.Conv2D(n, 3, padding="same", activation="relu")(x)
        x = keras.layers.Conv2D(n, 3, padding="same", activation="relu", name="features" if last else None)(x)
        if not last:
            x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(units, activation="relu")(x)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="vgg_small")
