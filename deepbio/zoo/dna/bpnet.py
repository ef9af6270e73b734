"""BPNet: base-resolution profiles (Avsec et al. 2021, doi:10.1038/s41588-021-00782-6), in ChromBPNet's unpadded form."""

from typing import Literal

import keras

from deepbio.errors import ModelError
from deepbio.layers import dna_input, ops
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


@register(
    "bpnet",
    modality="dna",
    summary="Dilated residual convolutions with a profile head and a counts head: reads at each base",
    paper="Avsec et al. 2021, Nature Genetics, doi:10.1038/s41588-021-00782-6",
    reference={"input_shape": (2114,), "outputs": 1},
    parameters=6_377_986,
    training=dict(loss="poisson", clip_norm=10.0),
)
def bpnet(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 512,
    num_layers: int = 8,
    kernel_size: int = 21,
    profile_kernel_size: int = 75,
    head: Literal["both", "profile", "counts"] = "both",
    total_counts: bool = False,
) -> keras.Model:
    """Apply dilated residual convolutions, and predict where the reads fall (profile) and how many there are (counts).

    Nothing is padded, so a window of 2,114 bases returns a profile of 1,000. The two heads are combined without loss: the
    output at a position is the log of the reads expected there, `counts + log_softmax(profile)`. So the softmax over positions
    is the profile head, and the logsumexp over positions is the counts head. The Poisson likelihood of these rates
    (`loss="poisson"`, the default of this model) is the multinomial likelihood of the profile times the Poisson likelihood of the
    total, so a `profile` task trains both heads. `loss="auto"` uses the multinomial alone and leaves the counts head untrained.
    Labels longer than the output are cropped around their center, see `deepbio.inference.positions`.

    Args:
        filters: Filters of every convolution except the profile's.
        num_layers: Number of dilated convolutions, of dilation 2, 4, 8 and so on.
        kernel_size: Kernel size of the first convolution.
        profile_kernel_size: Kernel size of the profile's convolution.
        head: `"both"` as above; `"profile"` returns the profile's logits; `"counts"` returns the log counts.
        total_counts: Whether one count is that of all tracks together, whose softmax is over positions and tracks, as in
            bpnet-lite; otherwise each track has its own.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, positions, outputs)`, or `(batch, outputs)` for `head="counts"`. An output is a track, such as a strand.
    """
    if head not in ("both", "profile", "counts"):
        raise ModelError(f"bpnet: head is 'both', 'profile' or 'counts'; received {head!r}.")
    dilations = [2**i for i in range(1, num_layers + 1)]
    steps = [(kernel_size, 1), *((2 * dilation + 1, 1) for dilation in dilations), (profile_kernel_size, 1)]
    check_length("bpnet", input, shortest_length(steps))
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(filters, kernel_size, activation="relu", name="stem")(x)
    for i, dilation in enumerate(dilations, start=1):
        branch = keras.layers.Conv1D(filters, 3, dilation_rate=dilation, activation="relu", name=f"dilated_{i}")(x)
        x = keras.layers.Add()([keras.layers.Cropping1D(dilation)(x), branch])
    profile = counts = None
    if head != "counts":
        profile = keras.layers.Conv1D(outputs, profile_kernel_size, name="profile_head")(x)
    if head != "profile":
        counts = keras.layers.Dense(1 if total_counts else outputs, name="counts_head")(
            keras.layers.GlobalAveragePooling1D()(x)
        )
    if profile is None or counts is None:
        return keras.Model(inputs, counts if profile is None else profile, name="bpnet")
    log_rates = ops.expand_dims(counts, 1) + _log_softmax(profile, total_counts)
    return keras.Model(inputs, log_rates, name="bpnet")


def _log_softmax(profile, over_tracks: bool):
    if not over_tracks:
        return ops.log_softmax(profile, axis=1)
    return ops.reshape(ops.log_softmax(keras.layers.Flatten()(profile)), (-1, *profile.shape[1:]))
