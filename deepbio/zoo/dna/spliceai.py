"""SpliceAI: splice sites from up to 10,000 bases of context (Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015)."""

from __future__ import annotations

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register


@register(
    "spliceai_10k",
    modality="dna",
    summary="Dilated residual network: none, acceptor or donor at each base, 10,000 bases of context",
    paper="Jaganathan et al. 2019, Cell, doi:10.1016/j.cell.2018.12.015",
    reference={"input_shape": (15000,), "outputs": 3},
    parameters=698_787,
)
@register(
    "spliceai_2k",
    modality="dna",
    summary="SpliceAI with 2,000 bases of context",
    paper="Jaganathan et al. 2019, Cell, doi:10.1016/j.cell.2018.12.015",
    reference={"input_shape": (7000,), "outputs": 3},
    parameters=360_579,
    defaults={"kernel_size": (11, 11, 21), "dilation_rate": (1, 4, 10)},
)
@register(
    "spliceai_400nt",
    modality="dna",
    summary="SpliceAI with 400 bases of context",
    paper="Jaganathan et al. 2019, Cell, doi:10.1016/j.cell.2018.12.015",
    reference={"input_shape": (5400,), "outputs": 3},
    parameters=186_211,
    defaults={"kernel_size": (11, 11), "dilation_rate": (1, 4)},
)
@register(
    "spliceai_80nt",
    modality="dna",
    summary="SpliceAI with 80 bases of context",
    paper="Jaganathan et al. 2019, Cell, doi:10.1016/j.cell.2018.12.015",
    reference={"input_shape": (5080,), "outputs": 3},
    parameters=93_763,
    defaults={"kernel_size": (11,), "dilation_rate": (1,)},
)
def spliceai(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 32,
    kernel_size: tuple[int, ...] = (11, 11, 21, 41),
    dilation_rate: tuple[int, ...] = (1, 4, 10, 25),
    num_blocks: int = 4,
) -> keras.Model:
    """Widen the view block by block; every block adds to a sum that is read at each base that has its whole context.

    The published classes are none, acceptor, donor; the published softmax is the link of a `per_position` task. Sequences are
    read on the gene's strand: of a gene on the minus strand, give the reverse complement.

    Args:
        filters: of every convolution.
        kernel_size, dilation_rate: of the convolutions of each group of residual blocks.
        num_blocks: residual blocks in a group, of two convolutions each.

    Input shape: `(batch, context + positions)` uint8 codes; code 4 (N) is all zeros, as beyond a transcript's ends.
    Output shape: `(batch, positions, outputs)` logits.
    """
    groups = list(zip(kernel_size, dilation_rate, strict=True))
    side = sum(num_blocks * dilation * (width - 1) for width, dilation in groups)
    check_length("spliceai", input, 2 * side + 1)
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(filters, 1, name="stem")(x)
    total = keras.layers.Conv1D(filters, 1, name="skip_0")(x)
    unit = 0
    for group, (width, dilation) in enumerate(groups, start=1):
        for _ in range(num_blocks):
            unit += 1
            x = _residual_unit(x, filters, width, dilation, name=f"unit_{unit}")
        skip = keras.layers.Conv1D(filters, 1, name=f"skip_{group}")(x)
        total = keras.layers.Add(name=f"sum_{group}")([total, skip])
    total = keras.layers.Cropping1D(side, name="crop")(total)
    return keras.Model(inputs, keras.layers.Conv1D(outputs, 1, name="head")(total), name="spliceai")


def _residual_unit(x, filters: int, width: int, dilation: int, *, name: str):
    branch = x
    for half in ("a", "b"):
        branch = keras.layers.BatchNormalization(name=f"{name}{half}_norm")(branch)
        branch = keras.layers.Activation("relu", name=f"{name}{half}_relu")(branch)
        branch = keras.layers.Conv1D(filters, width, dilation_rate=dilation, padding="same", name=f"{name}{half}_conv")(
            branch
        )
    return keras.layers.Add(name=name)([branch, x])
