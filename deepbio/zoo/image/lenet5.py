"""LeNet-5 (LeCun et al. 1998, doi:10.1109/5.726791)."""

import keras

from deepbio.layers import image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "lenet5",
    modality="image",
    summary="LeNet-5: two convolutions, two poolings, three dense layers",
    paper="LeCun, Bottou, Bengio, Haffner 1998, Proc IEEE 86:2278, doi:10.1109/5.726791",
    reference={"input_shape": (32, 32, 1), "outputs": 10},
    parameters=61_706,
    training={"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 40, "patience": 10},
)
def lenet5(input: ModelInput, outputs: int) -> keras.Model:
    """Convolve and pool twice, then apply three dense layers, all with tanh.

    The third convolution of the paper covers the whole map, so it is a dense layer here. S2 to C3 is fully connected. Images
    under 32 pixels are padded with zeros to 32, as in the paper.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = image_input(input)
    height, width, _ = input.shape
    if min(height, width) < 32:
        missing = [max(32 - size, 0) for size in (height, width)]
        x = keras.layers.ZeroPadding2D([(m // 2, m - m // 2) for m in missing])(x)
    for filters in (6, 16):
        x = keras.layers.Conv2D(filters, 5, activation="tanh")(x)
        x = keras.layers.AveragePooling2D(2)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(120, activation="tanh")(x)
    x = keras.layers.Dense(84, activation="tanh")(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="lenet5")
