"""ChromBPNet: chromatin accessibility at base resolution, without the bias of the enzyme (Pampari et al. 2024)."""

import keras

from deepbio.layers import dna_input, ops
from deepbio.specs import ModelInput
from deepbio.zoo.dna.bpnet import dilated_trunk, log_rates
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


@register(
    "chrombpnet",
    modality="dna",
    summary="Two BPNets, one of accessibility and one of the enzyme's bias, added in log space: reads at each base",
    paper="Pampari et al. 2024, bioRxiv, doi:10.1101/2024.12.25.630221",
    reference={"input_shape": (2114,), "outputs": 1},
    parameters=6_595_716,
    training=dict(loss="poisson", clip_norm=10.0),
)
def chrombpnet(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 512,
    num_layers: int = 8,
    bias_filters: int = 128,
    bias_layers: int = 4,
    kernel_size: int = 21,
    profile_kernel_size: int = 75,
) -> keras.Model:
    """Add the profiles of two BPNets, and their counts as numbers of reads.

    The bias model reads the same window and is cropped to the positions of the accessibility model. The output is the log of the
    reads expected at each position, as that of `bpnet`. `bpnet` with the weights of the accessibility model alone predicts reads
    without the bias. The authors train the bias model first and freeze it.

    Args:
        filters, num_layers: Filters and dilated convolutions of the accessibility model.
        bias_filters, bias_layers: Those of the bias model.
        kernel_size: Kernel size of the first convolutions.
        profile_kernel_size: Kernel size of the convolutions of the profiles.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, positions, outputs)`; an output is a track.
    """
    sizes = {"accessibility_": (filters, num_layers), "bias_": (bias_filters, bias_layers)}
    deepest = max(num_layers, bias_layers)
    dilated = [(2 ** (i + 1) + 1, 1) for i in range(1, deepest + 1)]
    check_length("chrombpnet", input, shortest_length([(kernel_size, 1), *dilated, (profile_kernel_size, 1)]))
    inputs, x = dna_input(input)
    profiles, counts = [], []
    for prefix, (width, depth) in sizes.items():
        y = dilated_trunk(x, width, depth, kernel_size, prefix)
        profiles.append(keras.layers.Conv1D(outputs, profile_kernel_size, name=f"{prefix}profile_head")(y))
        mean = keras.layers.GlobalAveragePooling1D()(y)
        counts.append(keras.layers.Dense(outputs, name=f"{prefix}counts_head")(mean))
    positions = min(profile.shape[1] for profile in profiles)
    cropped = [keras.layers.Cropping1D((profile.shape[1] - positions) // 2)(profile) for profile in profiles]
    accessible, biased = counts
    total = accessible + ops.softplus(biased - accessible)  # logaddexp, which not every export format can express
    return keras.Model(inputs, log_rates(keras.layers.Add()(cropped), total), name="chrombpnet")
