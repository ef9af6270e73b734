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
    epsilon: float = 1.001e-5,
    pixel_mean: Sequence[float] = (),
    pixel_std: Sequence[float] = (),
) -> keras.Model:
    """Concatenate the outputs of all layers of a block; halve channels and image between blocks; average over the image.

    Args:
        num_layers: Number of layers of each block.
        growth_rate: Channels that a layer adds.
        stem: `"imagenet"` (7x7 with stride 2, then pooling) or `"cifar"` (one 3x3), for images of about 32 pixels.
        dropout: Rate before the last layer.
        epsilon: Epsilon of the batch normalizations.
        pixel_mean, pixel_std: Mean and standard deviation with which pixels from 0 to 1 are standardized, one of each per channel
            or one for all; empty for none.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = image_input(input, mean=pixel_mean, std=pixel_std)

    def convolution(x, filters: int, size: int, name: str, **options):
        return keras.layers.Conv2D(filters, size, use_bias=False, name=f"{name}_conv", **options)(x)

    def relu(x, name: str, last: str | None = None):
        x = keras.layers.BatchNormalization(momentum=0.9, epsilon=epsilon, name=f"{name}_bn")(x)
        return keras.layers.Activation("relu", name=last)(x)

    if stem == "imagenet":
        x = keras.layers.ZeroPadding2D(3)(x)
        x = relu(convolution(x, 2 * growth_rate, 7, "stem", strides=2), "stem")
        x = keras.layers.ZeroPadding2D(1)(x)
        x = keras.layers.MaxPooling2D(3, 2)(x)
    else:
        x = convolution(x, 2 * growth_rate, 3, "stem", padding="same")
    for i, count in enumerate(num_layers):
        for j in range(count):
            layer = f"block{i + 1}_layer{j + 1}"
            y = convolution(relu(x, f"{layer}_1"), 4 * growth_rate, 1, f"{layer}_1")
            y = convolution(relu(y, f"{layer}_2"), growth_rate, 3, f"{layer}_2", padding="same")
            x = keras.layers.Concatenate()([x, y])
        if i < len(num_layers) - 1:
            x = convolution(relu(x, f"transition{i + 1}"), x.shape[-1] // 2, 1, f"transition{i + 1}")
            x = keras.layers.AveragePooling2D(2)(x)
    x = relu(x, "last", last="features")
    x = keras.layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="densenet121")
