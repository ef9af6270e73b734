"""EfficientNet-Lite0: EfficientNet-B0 made for small machines (Tan, Le 2019, arXiv:1905.11946; Liu 2020, TensorFlow blog)."""

from collections.abc import Sequence

import keras

from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register

# number of blocks, kernel size, strides, expansion and filters of each stage
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


@register(
    "efficientnet_lite0",
    modality="image",
    summary="EfficientNet-Lite0: inverted bottlenecks with depthwise convolutions, without squeeze-and-excitation",
    paper="Tan, Le 2019, ICML, arXiv:1905.11946; the Lite form: github.com/tensorflow/tpu, efficientnet/lite (2020)",
    reference={"input_shape": (224, 224, 3), "outputs": 1000},
    parameters=4_694_024,
    training=dict(
        ADAMW, learning_rate=0.001, weight_decay=0.01, warmup=0.1, label_smoothing=0.1, batch_size=32, epochs=30
    ),
)
def efficientnet_lite0(
    input: ModelInput,
    outputs: int,
    *,
    width_coefficient: float = 1.0,
    num_stages: int = 7,
    top_filters: int = 1280,
    dropout: float = 0.2,
    pixel_mean: Sequence[float] = (127 / 255,),
    pixel_std: Sequence[float] = (128 / 255,),
) -> keras.Model:
    """Stack inverted bottlenecks: expand the channels, convolve each, reduce them, and add the input; average over the image.

    Unlike B0 it has ReLU6 instead of swish, and no squeeze-and-excitation. `zoo/_convert/efficientnet_lite0.py` converts the
    authors' weights.

    Args:
        width_coefficient: Factor of all numbers of filters except `top_filters`.
        num_stages: Number of stages, from the first; at most seven.
        top_filters: Filters of the last convolution.
        dropout: Rate before the last layer.
        pixel_mean, pixel_std: Mean and standard deviation with which pixels from 0 to 1 are standardized, one of each per channel
            or one for all. The defaults are those of the authors; timm has 0.5 and 0.5.

    Input shape: `(batch, height, width, channels)` uint8, at least 32 pixels per side.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = image_input(input, mean=pixel_mean, std=pixel_std)
    x = _conv(x, round(32 * width_coefficient), 3, 2, name="stem")
    block = 0
    for repeats, size, stride, expansion, filters in STAGES[:num_stages]:
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            x = _bottleneck(x, round(filters * width_coefficient), size, step, expansion, f"block{block}")
            block += 1
    x = _conv(x, top_filters, 1, 1, name="top", last="features")
    x = keras.layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="efficientnet_lite0")


def _bottleneck(x, filters: int, size: int, stride: int, expansion: int, name: str):
    y = x if expansion == 1 else _conv(x, x.shape[-1] * expansion, 1, 1, name=f"{name}_expand")
    y = keras.layers.DepthwiseConv2D(size, stride, padding="same", use_bias=False, name=f"{name}_depthwise")(y)
    y = _batch_norm(y, f"{name}_depthwise")
    y = keras.layers.ReLU(6)(y)
    y = keras.layers.Conv2D(filters, 1, use_bias=False, kernel_initializer="he_normal", name=f"{name}_project")(y)
    y = _batch_norm(y, f"{name}_project")
    return keras.layers.Add()([x, y]) if stride == 1 and x.shape[-1] == filters else y


def _conv(x, filters: int, size: int, stride: int, *, name: str, last: str | None = None):
    x = keras.layers.Conv2D(
        filters, size, stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)
    return keras.layers.ReLU(6, name=last)(_batch_norm(x, name))


def _batch_norm(x, name: str):
    return keras.layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_bn")(x)
