"""The perceptron and logistic regression: one linear unit per output, trained by two different rules."""

import keras

from deepbio.layers import flat_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "perceptron",
    modality=("table", "image", "dna"),
    summary="Rosenblatt's perceptron: linear, corrected only where it errs",
    paper="Rosenblatt 1958, Psychological Review 65:386, doi:10.1037/h0042519 (report of 1957)",
    reference={"input_shape": (2,), "outputs": 1},
    parameters=3,
    training={"loss": "perceptron", "optimizer": "sgd", "learning_rate": 1.0, "batch_size": 1, "epochs": 20},
)
@register(
    "logistic",
    modality=("table", "image", "dna"),
    summary="Logistic regression: the perceptron's unit with a smooth error",
    paper="Cox 1958, J R Stat Soc B 20:215, doi:10.1111/j.2517-6161.1958.tb00292.x",
    reference={"input_shape": (30,), "outputs": 1},
    parameters=31,
    training={"optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 100, "patience": 20},
)
def linear(input: ModelInput, outputs: int, *, l2: float = 0.0) -> keras.Model:
    """Apply one `Dense` layer whose weights start from zero.

    `perceptron` is trained by the error-correction rule: after each misclassified example, the weights change by that example.
    `fit(..., loss="auto", optimizer="adam")` trains it by gradient instead.

    Args:
        l2: Factor of the squared weights in the loss.

    Input shape: a table `(batch, features)`, an image, or DNA codes.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = flat_input(input)
    penalty = keras.regularizers.L2(l2) if l2 else None
    x = keras.layers.Dense(outputs, kernel_initializer="zeros", kernel_regularizer=penalty, name="head")(x)
    return keras.Model(inputs, x, name="linear")
