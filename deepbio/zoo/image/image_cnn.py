"""A small modern 2D CNN for images of 8 to some hundred pixels."""

from collections.abc import Sequence

import keras

from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "image_cnn",
    modality="image",
    summary="Small 2D CNN: pairs of convolutions, pooling, average over the image",
    paper="deepbio; stacked 3x3 convolutions after Simonyan, Zisserman 2015, arXiv:1409.1556",
    reference={"input_shape": (28, 28, 1), "outputs": 10},
    parameters=66_218,
    training=dict(
        ADAMW, learning_rate=0.002, weight_decay=0.01, warmup=0.1, label_smoothing=0.1, batch_size=64, epochs=20
    ),
)
def image_cnn(
    input: ModelInput, outputs: int, *, filters: Sequence[int] = (32, 64), min_size: int = 4, dropout: float = 0.3
) -> keras.Model:
    """Stack pairs of convolutions with pooling between them, then average over the image.

    Args:
        filters: Filters of each pair of convolutions.
        min_size: Images are not pooled below this many pixels per side.
        dropout: Rate before the last layer.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = image_input(input)
    for i, n in enumerate(filters):
        for _ in range(2):
            x = keras.layers.Conv2D(n, 3, padding="same", use_bias=False)(x)
            x = keras.layers.BatchNormalization(momentum=0.9)(x)
            x = keras.layers.Activation("relu")(x)
        if i < len(filters) - 1 and min(x.shape[1:3]) >= 2 * min_size:
            x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="image_cnn")
