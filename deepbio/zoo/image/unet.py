"""U-Net: a class for every pixel (Ronneberger, Fischer, Brox 2015, doi:10.1007/978-3-319-24574-4_28)."""

import keras

from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "unet",
    modality="image",
    summary="U-Net: down by pooling, up by convolution, with a copy across at each size; a class for every pixel",
    paper="Ronneberger, Fischer, Brox 2015, MICCAI, doi:10.1007/978-3-319-24574-4_28",
    reference={"input_shape": (572, 572, 1), "outputs": 2},
    parameters=31_030_658,
    training=dict(optimizer="adam", learning_rate=0.001, schedule="cosine", warmup=0.1, batch_size=16, epochs=30),
)
def unet(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 64,
    num_blocks: int = 4,
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> keras.Model:
    """Halve the image `num_blocks` times and double it again, concatenating maps of equal size.

    Convolutions are padded, so that the output has the size of the image (the paper's lose a border). An image whose sides are
    no multiples of `2 ** num_blocks` is padded with zeros inside the model, and the output is cropped.

    Args:
        filters: Filters at full size, doubled at each halving.
        num_blocks: Number of halvings.
        batch_norm: Whether to normalise after each convolution, which the paper did not.
        dropout: Rate at the smallest size.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, height, width, outputs)` logits.
    """
    inputs, x = image_input(input)
    height, width, _ = input.shape
    missing = [(0, -size % 2**num_blocks) for size in (height, width)]
    x = keras.layers.ZeroPadding2D(missing)(x)
    across = []
    for depth in range(num_blocks):
        x = _twice(x, filters * 2**depth, batch_norm)
        across.append(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = _twice(x, filters * 2**num_blocks, batch_norm, name="features")
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    for depth in reversed(range(num_blocks)):
        x = keras.layers.Conv2DTranspose(filters * 2**depth, 2, 2)(x)
        x = keras.layers.Concatenate()([across[depth], x])
        x = _twice(x, filters * 2**depth, batch_norm)
    x = keras.layers.Conv2D(outputs, 1, name="head")(x)
    return keras.Model(inputs, keras.layers.Cropping2D(missing)(x), name="unet")


def _twice(x, filters: int, batch_norm: bool, name: str | None = None):
    for last in (False, True):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=not batch_norm, kernel_initializer="he_normal")(x)
        if batch_norm:
            x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.Activation("relu", name=name if last else None)(x)
    return x
