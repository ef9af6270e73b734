"""BPNet: base-resolution profiles (Avsec et al. 2021, doi:10.1038/s41588-021-00782-6), in ChromBPNet's unpadded form."""

from typing import Literal

import keras

from deepbio.errors import ModelError
from deepbio.layers import dna_input, ops
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


@register(
    "procapnet",
    modality="dna",
    summary="BPNet of both strands with one count: where transcription starts (PRO-cap) at each base",
    paper="Cochran et al. 2024, bioRxiv, doi:10.1101/2024.05.28.596138",
    reference={"input_shape": (2114,), "outputs": 2},
    parameters=6_416_387,
    defaults={"total_counts": True},
    training=dict(loss="poisson", clip_norm=10.0),
)
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
    x = dilated_trunk(x, filters, num_layers, kernel_size)
    profile = counts = None
    if head != "counts":
        profile = keras.layers.Conv1D(outputs, profile_kernel_size, name="profile_head")(x)
    if head != "profile":
        mean = keras.layers.GlobalAveragePooling1D()(x)
        counts = keras.layers.Dense(1 if total_counts else outputs, name="counts_head")(mean)
    if profile is None or counts is None:
        return keras.Model(inputs, counts if profile is None else profile, name="bpnet")
    return keras.Model(inputs, log_rates(profile, counts, over_tracks=total_counts), name="bpnet")


def dilated_trunk(x, filters: int, num_layers: int, kernel_size: int, prefix: str = ""):
    """Apply a wide convolution and dilated residual convolutions, none of them padded."""
    x = keras.layers.Conv1D(filters, kernel_size, activation="relu", name=f"{prefix}stem")(x)
    for i in range(1, num_layers + 1):
        options = {"dilation_rate": 2**i, "activation": "relu", "name": f"{prefix}dilated_{i}"}
        branch = keras.layers.Conv1D(filters, 3, **options)(x)
        x = keras.layers.Add()([keras.layers.Cropping1D(2**i)(x), branch])
    return x


def log_rates(profile, counts, *, over_tracks: bool = False):
    """Return the log of the reads expected at each position: the log of all reads, and of the fraction of them there."""
    if not over_tracks:
        return ops.expand_dims(counts, 1) + ops.log_softmax(profile, axis=1)
    flat = ops.log_softmax(keras.layers.Flatten()(profile))
    return ops.expand_dims(counts, 1) + ops.reshape(flat, (-1, *profile.shape[1:]))
