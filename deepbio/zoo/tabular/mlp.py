"""The multilayer perceptron: hidden layers that learn features (Rumelhart et al. 1986, doi:10.1038/323533a0)."""

from collections.abc import Sequence

import keras

from deepbio.layers import flat_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "mlp",
    modality=("table", "image", "dna"),
    summary="Multilayer perceptron, by default with one hidden layer of 100 units",
    paper="Rumelhart, Hinton, Williams 1986, Nature 323:533, doi:10.1038/323533a0",
    reference={"input_shape": (30,), "outputs": 1},
    parameters=3201,
    training={"optimizer": "adam", "learning_rate": 0.003, "batch_size": 32, "epochs": 100, "patience": 20},
)
def mlp(
    input: ModelInput,
    outputs: int,
    *,
    units: Sequence[int] = (100,),
    hidden_activation: str = "relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> keras.Model:
    """Stack `Dense` layers on the flattened input.

    Args:
        units: Units of each hidden layer; any number of layers.
        hidden_activation: Activation of the hidden layers, as in Keras.
        dropout: Rate after each hidden layer.
        batch_norm: Whether to normalise each hidden layer over the batch.

    Input shape: a table `(batch, features)`, an image, or DNA codes.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = flat_input(input)
    for n in units:
        x = keras.layers.Dense(n)(x)
        if batch_norm:
            x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation(hidden_activation)(x)
        if dropout:
            x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="mlp")
