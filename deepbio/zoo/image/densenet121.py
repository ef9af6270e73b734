"""DenseNet-121 (Huang et al. 2017, doi:10.1109/CVPR.2017.243), as CheXNet used it (Rajpurkar et al. 2017, arXiv:1711.05225)."""

from collections.abc import Sequence

import keras

from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "densenet121",
    modality="image",
    summary="DenseNet of 121 layers with CheXNet's head: each layer sees the output of all before it in its block",
    paper="Huang, Liu, van der Maaten, Weinberger 2017, CVPR, doi:10.1109/CVPR.2017.243; head: arXiv:1711.05225",
    reference={"input_shape": (224, 224, 3), "outputs": 14},
    parameters=7_051_854,
    training=dict(optimizer="adam", learning_rate=0.0001, batch_size=16, epochs=20, schedule="plateau", patience=5),
)
def densenet121(
    input: ModelInput,
    outputs: int,
    *,
    num_layers: Sequence[int] = (6, 12, 24, 16),
    growth_rate: int = 32,
    stem: str = "imagenet",
    dropout: float = 0.0,
) -> keras.Model:
    """Concatenate the outputs of all layers of a block; halve channels and image between blocks; average over the image.

    Args:
        num_layers: Number of layers of each block.
        growth_rate: Channels that a layer adds.
        stem: `"imagenet"` (7x7 with stride 2, then pooling) or `"cifar"` (one 3x3), for images of about 32 pixels.
        dropout: Rate before the last layer.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = image_input(input)
    if stem == "imagenet":
        x = keras.layers.ZeroPadding2D(3)(x)
        x = _relu(keras.layers.Conv2D(2 * growth_rate, 7, 2, use_bias=False)(x))
        x = keras.layers.ZeroPadding2D(1)(x)
        x = keras.layers.MaxPooling2D(3, 2)(x)
    else:
        x = keras.layers.Conv2D(2 * growth_rate, 3, padding="same", use_bias=False)(x)
    for i, count in enumerate(num_layers):
        for _ in range(count):
            y = keras.layers.Conv2D(4 * growth_rate, 1, use_bias=False)(_relu(x))
            y = keras.layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(_relu(y))
            x = keras.layers.Concatenate()([x, y])
        if i < len(num_layers) - 1:
            x = keras.layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False)(_relu(x))
            x = keras.layers.AveragePooling2D(2)(x)
    x = _relu(x, name="features")
    x = keras.layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="densenet121")


def _relu(x, name: str | None = None):
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1.001e-5)(x)
    return keras.layers.Activation("relu", name=name)(x)
