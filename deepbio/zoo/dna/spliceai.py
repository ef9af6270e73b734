"""SpliceAI: splice sites from up to 10,000 bases of context (Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015)."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register

PAPER = "Jaganathan et al. 2019, Cell, doi:10.1016/j.cell.2018.12.015"


@register(
    "spliceai_10k",
    modality="dna",
    summary="Dilated residual network: none, acceptor or donor at each base, 10,000 bases of context",
    paper=PAPER,
    reference={"input_shape": (15000,), "outputs": 3},
    parameters=698_787,
)
@register(
    "spliceai_2k",
    modality="dna",
    summary="SpliceAI with 2,000 bases of context",
    paper=PAPER,
    reference={"input_shape": (7000,), "outputs": 3},
    parameters=360_579,
    defaults={"kernel_size": (11, 11, 21), "dilation_rate": (1, 4, 10)},
)
@register(
    "spliceai_400nt",
    modality="dna",
    summary="SpliceAI with 400 bases of context",
    paper=PAPER,
    reference={"input_shape": (5400,), "outputs": 3},
    parameters=186_211,
    defaults={"kernel_size": (11, 11), "dilation_rate": (1, 4)},
)
@register(
    "spliceai_80nt",
    modality="dna",
    summary="SpliceAI with 80 bases of context",
    paper=PAPER,
    reference={"input_shape": (5080,), "outputs": 3},
    parameters=93_763,
    defaults={"kernel_size": (11,), "dilation_rate": (1,)},
)
@register(
    "pangolin",
    modality="dna",
    summary="SpliceAI's trunk with two outputs per tissue, splice site and usage, for four tissues at each base",
    paper="Zeng and Li 2022, Genome Biology, doi:10.1186/s13059-022-02664-4",
    reference={"input_shape": (15000,), "outputs": 8},
    parameters=698_952,
    defaults={"epsilon": 1e-5},
)
def spliceai(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 32,
    kernel_size: tuple[int, ...] = (11, 11, 21, 41),
    dilation_rate: tuple[int, ...] = (1, 4, 10, 25),
    num_blocks: int = 4,
    negative_slope: float = 0.0,
    epsilon: float = 1e-3,
) -> keras.Model:
    """Widen the context by groups of residual blocks, whose outputs are summed at each base with complete context.

    The published classes are none, acceptor and donor. The published softmax is the activation of a `per_position` task.
    Sequences are on the gene's strand: for a gene on the minus strand, pass the reverse complement. Pangolin has one sigmoid per
    output; its authors compute that of a splice site as a softmax of two logits, whose difference it is here.

    Args:
        filters: Filters of every convolution.
        kernel_size, dilation_rate: Kernel size and dilation rate of the convolutions of each group.
        num_blocks: Residual blocks of a group, each with two convolutions.
        negative_slope: Slope of the ReLU below zero; 0.1 in OpenSpliceAI.
        epsilon: Epsilon of the batch normalizations; 1e-5 in OpenSpliceAI.

    Input shape: `(batch, context + positions)` uint8 codes; code 4 (N) is all zeros, as beyond a transcript's ends.
    Output shape: `(batch, positions, outputs)` logits.
    """
    groups = list(zip(kernel_size, dilation_rate, strict=True))
    side = sum(num_blocks * dilation * (width - 1) for width, dilation in groups)
    check_length("spliceai", input, 2 * side + 1)
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(filters, 1, name="stem")(x)
    total = keras.layers.Conv1D(filters, 1, name="skip_0")(x)
    for group, (width, dilation) in enumerate(groups):
        for block in range(num_blocks):
            name = f"unit_{group * num_blocks + block + 1}"
            x = residual_block(x, filters, width, dilation, name=name, slope=negative_slope, epsilon=epsilon)
        skip = keras.layers.Conv1D(filters, 1, name=f"skip_{group + 1}")(x)
        total = keras.layers.Add(name=f"sum_{group + 1}")([total, skip])
    total = keras.layers.Cropping1D(side, name="crop")(total)
    return keras.Model(inputs, keras.layers.Conv1D(outputs, 1, name="head")(total), name="spliceai")


def residual_block(x, filters: int, width: int, dilation: int, *, name: str, slope: float = 0.0, epsilon: float = 1e-3):
    """Add two dilated convolutions, each after a normalization and a ReLU, to their input."""
    y = x
    for half in ("a", "b"):
        y = keras.layers.BatchNormalization(epsilon=epsilon, name=f"{name}{half}_norm")(y)
        relu = {"name": f"{name}{half}_relu"}
        y = (keras.layers.LeakyReLU(slope, **relu) if slope else keras.layers.Activation("relu", **relu))(y)
        options = {"dilation_rate": dilation, "padding": "same", "name": f"{name}{half}_conv"}
        y = keras.layers.Conv1D(filters, width, **options)(y)
    return keras.layers.Add(name=name)([y, x])
