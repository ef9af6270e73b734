"""Kim's convolutional network for sentences."""

from collections.abc import Sequence

import keras

from deepbio.layers import MaxOverTime, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "text_cnn",
    modality="text",
    summary="Convolutions over three, four and five words, the best match of each filter",
    paper="Kim 2014, doi:10.3115/v1/D14-1181",
    reference={"input_shape": (64,), "outputs": 2, "vocabulary_size": 18_765},
    parameters=5_990_402,
    training=dict(ADAMW, learning_rate=0.001, weight_decay=0.01, batch_size=50, epochs=8),
)
def text_cnn(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 300,
    kernel_size: Sequence[int] = (3, 4, 5),
    filters: int = 100,
    dropout: float = 0.5,
) -> keras.Model:
    """Apply convolutions of several widths, and take the largest value of each filter over the note.

    The reference form is the paper's for movie reviews (18,765 words, two classes). The paper limits the norm of the last
    layer's weights to 3; here weight decay has that role.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector.
        kernel_size: Kernel sizes of the convolutions, in words.
        filters: Filters of each convolution.
        dropout: Rate before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    best = []
    for width in kernel_size:
        # beyond the note's ends there are zeros, as for padding
        x = keras.layers.Conv1D(filters, width, padding="same", activation="relu")(words)
        best.append(MaxOverTime()(x, mask=mask))
    x = keras.layers.Concatenate()(best) if len(best) > 1 else best[0]
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="text_cnn")
