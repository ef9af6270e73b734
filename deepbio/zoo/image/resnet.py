"""ResNet-18, -34 and -50 (He et al. 2016, doi:10.1109/CVPR.2016.90)."""

from collections.abc import Sequence

import keras

from deepbio.errors import ModelError, nearest
from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register

STEMS = ("imagenet", "cifar")
PAPER = "He, Zhang, Ren, Sun 2016, CVPR, doi:10.1109/CVPR.2016.90"
TRAINING = dict(optimizer="adam", learning_rate=0.001, schedule="cosine", warmup=0.05, batch_size=128, epochs=100)


@register(
    "resnet18",
    modality="image",
    summary="ResNet of 18 layers: four stages of two basic blocks",
    paper=PAPER,
    reference={"input_shape": (224, 224, 3), "outputs": 1000},
    parameters=11_699_112,
    defaults={"num_blocks": (2, 2, 2, 2), "bottleneck": False},
    training=TRAINING,
)
@register(
    "resnet34",
    modality="image",
    summary="ResNet of 34 layers: four stages of 3, 4, 6 and 3 basic blocks",
    paper=PAPER,
    reference={"input_shape": (224, 224, 3), "outputs": 1000},
    parameters=21_814_696,
    defaults={"num_blocks": (3, 4, 6, 3), "bottleneck": False},
    training=TRAINING,
)
@register(
    "resnet50",
    modality="image",
    summary="ResNet of 50 layers: four stages of 3, 4, 6 and 3 bottleneck blocks",
    paper=PAPER,
    reference={"input_shape": (224, 224, 3), "outputs": 1000},
    parameters=25_610_152,
    defaults={"num_blocks": (3, 4, 6, 3), "bottleneck": True},
    training=TRAINING,
)
def resnet(
    input: ModelInput,
    outputs: int,
    *,
    num_blocks: Sequence[int] = (2, 2, 2, 2),
    bottleneck: bool = False,
    filters: int = 64,
    stem: str = "imagenet",
    dropout: float = 0.0,
    pixel_mean: Sequence[float] = (),
    pixel_std: Sequence[float] = (),
) -> keras.Model:
    """Stack residual blocks, and average over the image.

    Blocks are the paper's first form (ReLU after the addition). If a block changes the size, its shortcut is a 1x1 convolution
    with stride. A bottleneck has its stride in the 3x3 convolution, as in later implementations. Convolutions have no biases.

    Args:
        num_blocks: Number of blocks of each stage. A stage after the first halves the image and doubles the filters.
        bottleneck: Whether a block is 1x1, 3x3, 1x1 with four times the filters, instead of 3x3, 3x3.
        filters: Filters of the first stage.
        stem: `"imagenet"` (7x7 with stride 2, then 3x3 pooling with stride 2) or `"cifar"` (one 3x3), for images of about 32
            pixels.
        dropout: Rate before the last layer.
        pixel_mean, pixel_std: Mean and standard deviation with which pixels from 0 to 1 are standardized, one of each per channel
            or one for all; empty for none.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    if stem not in STEMS:
        raise ModelError(f"Unknown stem {stem!r}. {nearest(str(stem), STEMS)}")
    inputs, x = image_input(input, mean=pixel_mean, std=pixel_std)
    if stem == "imagenet":
        x = _conv(x, filters, 7, 2, "stem")
        x = keras.layers.ZeroPadding2D(1)(x)  # after a ReLU, so zero is the minimum
        x = keras.layers.MaxPooling2D(3, 2)(x)
    else:
        x = _conv(x, filters, 3, 1, "stem")
    for stage, count in enumerate(num_blocks):
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            x = (_bottleneck if bottleneck else _basic)(
                x, filters * 2**stage, stride, f"stage{stage + 1}_block{block + 1}"
            )
            last = (stage, block) == (len(num_blocks) - 1, count - 1)
            x = keras.layers.Activation("relu", name="features" if last else None)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="resnet")


def _basic(x, filters: int, stride: int, name: str):
    y = _conv(x, filters, 3, stride, f"{name}_1")
    y = _conv(y, filters, 3, 1, f"{name}_2", relu=False)
    return keras.layers.Add()([_shortcut(x, filters, stride, name), y])


def _bottleneck(x, filters: int, stride: int, name: str):
    y = _conv(x, filters, 1, 1, f"{name}_1")
    y = _conv(y, filters, 3, stride, f"{name}_2")
    y = _conv(y, 4 * filters, 1, 1, f"{name}_3", relu=False)
    return keras.layers.Add()([_shortcut(x, 4 * filters, stride, name), y])


def _shortcut(x, filters: int, stride: int, name: str):
    same = stride == 1 and x.shape[-1] == filters
    return x if same else _conv(x, filters, 1, stride, f"{name}_shortcut", relu=False)


def _conv(x, filters: int, size: int, stride: int, name: str, *, relu: bool = True):
    if size > 1:  # equal padding on both sides, whatever the stride
        x = keras.layers.ZeroPadding2D(size // 2)(x)
    options = {"use_bias": False, "kernel_initializer": "he_normal", "name": f"{name}_conv"}
    x = keras.layers.Conv2D(filters, size, stride, **options)(x)
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
    return keras.layers.Activation("relu")(x) if relu else x
