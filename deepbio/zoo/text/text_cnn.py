"""Kim's convolutional network for sentences."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from deepbio.layers import MaxOverTime, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "text_cnn",
    modality="text",
    summary="Convolutions over three, four and five words, the best match of each filter",
    paper="Kim 2014, doi:10.3115/v1/D14-1181",
    reference={"input_shape": (64,), "outputs": 2, "vocabulary_size": 18_765},
    parameters=5_990_402,
    training={
        "optimizer": "adamw",
        "learning_rate": 0.001,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "batch_size": 50,
        "epochs": 8,
    },
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
    """Match `filters` patterns of each width against every place of the note and keep the best match of each.

    The reference form is the paper's for movie reviews (18,765 words, two classes). The paper limits the norm of the last
    layer's weights to 3; here weight decay does that work.

    Args:
        vocabulary_size: number of token ids; the input's tokenizer knows it.
        embedding_dim: numbers a word.
        kernel_size: of the convolutions, in words.
        filters: of each width.
        dropout: before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    best = []
    for width in kernel_size:
        # zeros beyond the note's ends are what padding is as well
        x = keras.layers.Conv1D(filters, width, padding="same", activation="relu")(words)
        best.append(MaxOverTime()(x, mask=mask))
    x = keras.layers.Concatenate()(best) if len(best) > 1 else best[0]
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="text_cnn")
