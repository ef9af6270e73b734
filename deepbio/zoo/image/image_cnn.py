"""A small modern 2D CNN for images."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from deepbio.layers import image_input
from deepbio.specs import InputSpec
from deepbio.zoo.registry import register


@register(
    "image_cnn",
    modality="image",
    summary="Small 2D CNN: pairs of convolutions, pooling, global average",
    paper="deepbio",
    reference={"input_shape": (28, 28, 1), "outputs": 10},
    parameters=0,
    training={"optimizer": "adam", "learning_rate": 0.002, "schedule": "cosine", "batch_size": 64, "epochs": 30},
)
def image_cnn(
    input: InputSpec, outputs: int, *, filters: Sequence[int] = (32, 64, 128), dropout: float = 0.2
) -> keras.Model:
    """Convolve twice and pool, again with more filters; then average over the image.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = image_input(input)
    for n in filters:
        for _ in range(2):
            x = keras.layers.Conv2D(n, 3, padding="same", use_bias=False)(x)
            x = keras.layers.BatchNormalization()(x)
            x = keras.layers.Activation("relu")(x)
        if min(x.shape[1:3]) >= 4:
            x = keras.layers.MaxPooling2D(2)(x)
        x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="image_cnn")
