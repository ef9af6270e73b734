"""MMSplice: one small network for each part of an exon's surroundings (Cheng et al. 2019, doi:10.1186/s13059-019-1653-z)."""

import keras

from deepbio.layers import MeanOverKnown, dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register

PAPER = "Cheng et al. 2019, Genome Biology, doi:10.1186/s13059-019-1653-z"


@register(
    "mmsplice_donor",
    modality="dna",
    summary="Splice donor from 18 bases, 5 of the exon and 13 of the intron: two dense layers",
    paper=PAPER,
    reference={"input_shape": (18,), "outputs": 1},
    parameters=18_433,
)
def mmsplice_donor(
    input: ModelInput, outputs: int, *, units: tuple[int, ...] = (128, 64), dropout: float = 0.2
) -> keras.Model:
    """Apply dense layers to the whole site. The published sigmoid is the activation of the task.

    Input shape: `(batch, length)` uint8 codes on the gene's strand.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = dna_input(input)
    x = keras.layers.Flatten()(x)
    for i, n in enumerate(units, start=1):
        x = keras.layers.Dense(n, name=f"dense_{i}")(x)
        x = keras.layers.BatchNormalization(name=f"norm_{i}")(x)
        x = keras.layers.Activation("relu")(x)
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="mmsplice_donor")


@register(
    "mmsplice_acceptor",
    modality="dna",
    summary="Splice acceptor from 53 bases, 50 of the intron and 3 of the exon: two convolutions",
    paper=PAPER,
    reference={"input_shape": (53,), "outputs": 1},
    parameters=4_961,
)
def mmsplice_acceptor(
    input: ModelInput, outputs: int, *, filters: int = 32, kernel_size: int = 15, dropout: float = 0.2
) -> keras.Model:
    """Detect motifs, mix them at each position, and read all positions. The published sigmoid is the activation of the task.

    Input shape: `(batch, length)` uint8 codes on the gene's strand.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = dna_input(input)
    for i, width in enumerate((kernel_size, 1), start=1):
        x = keras.layers.Conv1D(filters, width, padding="same", activation="relu", name=f"conv_{i}")(x)
        x = keras.layers.BatchNormalization(name=f"norm_{i}")(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="mmsplice_acceptor")


@register(
    "mmsplice_exon",
    modality="dna",
    summary="Effect of an exon's sequence on its splicing, any length: motifs averaged over the known bases",
    paper=PAPER,
    reference={"input_shape": (200,), "outputs": 1},
    parameters=6_401,
)
def mmsplice_exon(input: ModelInput, outputs: int, *, filters: int = 128, kernel_size: int = 11) -> keras.Model:
    """Detect motifs and average them over the known bases, so that padding by N changes nothing.

    Input shape: `(batch, length)` uint8 codes on the gene's strand; a shorter exon is padded with N (code 4).
    Output shape: `(batch, outputs)`; the published weights predict `log(psi / (1 - psi))` relative to other exons.
    """
    inputs, one_hot = dna_input(input)
    x = keras.layers.Conv1D(filters, kernel_size, padding="same", name="conv")(one_hot)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Activation("relu")(x)
    x = MeanOverKnown()([x, one_hot])
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="mmsplice_exon")


@register(
    "mmsplice_intron",
    modality="dna",
    summary="Effect of the intron beside an exon on its splicing: motifs averaged over positions",
    paper=PAPER,
    reference={"input_shape": (100,), "outputs": 1},
    parameters=13_825,
)
def mmsplice_intron(input: ModelInput, outputs: int, *, filters: int = 256, kernel_size: int = 13) -> keras.Model:
    """Detect motifs and average them over all positions. The donor's and the acceptor's side have their own weights.

    Input shape: `(batch, length)` uint8 codes on the gene's strand.
    Output shape: `(batch, outputs)`; the published weights predict `log(psi / (1 - psi))` relative to other exons.
    """
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(filters, kernel_size, padding="same", activation="relu", name="conv")(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="mmsplice_intron")
