"""A small residual 1D CNN for DNA windows of some tens to a few thousand bases."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "dna_cnn",
    modality="dna",
    summary="Small residual 1D CNN for windows of tens to thousands of bases",
    paper="deepbio; residual blocks after He et al. 2016, doi:10.1109/CVPR.2016.90",
    reference={"input_shape": (60,), "outputs": 3},
    parameters=177_539,
    training=dict(
        ADAMW,
        learning_rate=0.002,
        weight_decay=0.01,
        warmup=0.1,
        label_smoothing=0.1,
        clip_norm=1.0,
        batch_size=64,
        epochs=30,
    ),
)
def dna_cnn(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 64,
    stem_kernel_size: int = 15,
    kernel_size: int = 5,
    max_positions: int = 16,
    units: int = 128,
    dropout: float = 0.2,
    head_dropout: float = 0.5,
    composition: bool = False,
    frames: bool = False,
) -> keras.Model:
    """Detect motifs with one wide convolution, then halve the sequence by residual blocks until few positions are left.

    The head sees all positions of the last block, and the largest value of each filter.

    Args:
        filters: Filters of every convolution.
        stem_kernel_size: Kernel size of the first convolution, in bases.
        kernel_size: Kernel size of the other convolutions.
        max_positions: Blocks are added until at most this many positions are left.
        units: Units of the dense layer.
        dropout: Rate after each pooling and inside each block.
        head_dropout: Rate before and after the dense layer.
        composition: Whether the head also sees the average of each motif of the first convolution over the window. It helps
            where the kind of sequence matters beside its signals (promoters against genes).
        frames: Whether the head also sees codons by reading frame: motifs of three bases, averaged over every third position.
            Of the three frames the strongest counts, because the frame of a gene in a window is not known. Codons of a gene
            differ from those of other sequence, and its frame has no stops, on either strand (Staden, McLachlan 1982,
            doi:10.1093/nar/10.1.141; Fickett 1982, doi:10.1093/nar/10.17.5303).

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, bases = dna_input(input)
    x = _convolution(bases, filters, stem_kernel_size)
    x = keras.layers.Activation("relu")(x)
    averages = [keras.layers.GlobalAveragePooling1D()(x)] if composition else []
    if frames:
        averages.append(_best_frame(bases, filters, dropout))
    x = keras.layers.MaxPooling1D(2, padding="same")(x)
    x = keras.layers.Dropout(dropout)(x)
    while True:
        branch = keras.layers.Activation("relu")(_convolution(x, filters, kernel_size))
        branch = keras.layers.Dropout(dropout)(branch)
        branch = _convolution(branch, filters, kernel_size)
        x = keras.layers.Activation("relu")(keras.layers.Add()([x, branch]))
        x = keras.layers.MaxPooling1D(2, padding="same")(x)
        x = keras.layers.Dropout(dropout)(x)
        if x.shape[1] <= max_positions:
            break
    x = keras.layers.Concatenate()([keras.layers.Flatten()(x), keras.layers.GlobalMaxPooling1D()(x), *averages])
    x = keras.layers.Dropout(head_dropout)(x)
    x = keras.layers.Dense(units, use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Activation("relu")(x)
    x = keras.layers.Dropout(head_dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="dna_cnn")


def _convolution(x, filters: int, width: int):
    x = keras.layers.Conv1D(filters, width, padding="same", use_bias=False)(x)
    return keras.layers.BatchNormalization(momentum=0.9)(x)


def _best_frame(x, filters: int, dropout: float):
    x = keras.layers.Activation("relu")(_convolution(x, filters, 3))
    x = keras.layers.ZeroPadding1D((0, -x.shape[1] % 3))(x)  # pyright: ignore[reportArgumentType]  # Keras takes a pair too
    x = keras.layers.Reshape((x.shape[1] // 3, 3 * filters))(x)  # a row is one position of each frame
    x = keras.layers.Reshape((3, filters))(keras.layers.GlobalAveragePooling1D()(x))
    x = keras.layers.Dropout(dropout)(keras.layers.BatchNormalization(momentum=0.9)(x))
    x = keras.layers.Activation("relu")(_convolution(x, filters, 1))  # the same weights for each frame
    return keras.layers.GlobalMaxPooling1D()(x)
