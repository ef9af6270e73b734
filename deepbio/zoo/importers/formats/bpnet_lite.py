"""bpnet-lite: BPNet in PyTorch (github.com/jmschrei/bpnet-lite)."""

from collections.abc import Sequence

import numpy as np

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, Entry, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, changed, convolution


@register_importer(
    "bpnet_lite",
    summary="BPNet of bpnet-lite: a whole model (`.torch`) or its state_dict",
    architectures=("bpnet",),
    signature=("iconv.weight", "rconvs.0.weight", "fconv.weight", "linear.weight"),
    repository="https://github.com/jmschrei/bpnet-lite",
    licence=None,
    citation="Avsec et al. 2021, Nature Genetics, doi:10.1038/s41588-021-00782-6",
    get="`bpnet fit` of bpnet-lite writes NAME.torch and NAME.final.torch; models of others come with their publications.",
)
def bpnet_lite(file: PublishedFile, *, length: int = 2114, labels: Sequence[str] = ()) -> Conversion:
    """Convert a BPNet; control tracks count as zero.

    Args:
        file: Whole model or state_dict.
        length: Length of the windows.
        labels: Names of the tracks.
    """
    filters, outputs = file.shape("iconv.weight")[0], file.shape("fconv.weight")[0]
    num_layers = count_layers(file)
    tracks = file.shape("fconv.weight")[1] - filters
    config = {
        "filters": filters,
        "num_layers": num_layers,
        "kernel_size": file.shape("iconv.weight")[2],
        "profile_kernel_size": file.shape("fconv.weight")[2],
        "total_counts": outputs > 1,
    }
    about = "The log of the reads is that of one more than the reads, as bpnet-lite counts them."
    if tracks:
        about += f" The {tracks} control tracks of the published network count as zero."
    return Conversion(
        "bpnet", ModelInput("dna", (length,)), outputs, Task("profile", outputs, tuple(labels)),
        bpnet_table(file, num_layers, filters, outputs), config, about=about,
    )  # fmt: skip


def bpnet_table(
    file: PublishedFile, num_layers: int, filters: int, outputs: int, theirs: str = "", ours: str = ""
) -> Table:
    """Return the table of one BPNet, whose names in the file begin with `theirs`, and those of the layers with `ours`."""
    table = convolution(f"{ours}stem", f"{theirs}iconv")
    for i in range(num_layers):
        table |= convolution(f"{ours}dilated_{i + 1}", f"{theirs}rconvs.{i}")
    table |= changed(
        f"{ours}profile_head", "kernel", f"{theirs}fconv.weight", lambda w: np.transpose(w[:, :filters], (2, 1, 0))
    )
    table |= changed(f"{ours}counts_head", "kernel", f"{theirs}linear.weight", lambda w: w[:, :filters].T)
    for layer, name, size in (("profile_head", "fconv", outputs), ("counts_head", "linear", 1)):
        bias = f"{theirs}{name}.bias"
        entry = Entry((bias,), lambda b: b) if bias in file else Entry((), lambda size=size: np.zeros(size))
        table[f"{ours}{layer}/bias"] = entry
    return table


def count_layers(file: PublishedFile, prefix: str = "") -> int:
    """Return the number of dilated convolutions of a BPNet whose names begin with `prefix`."""
    return sum(name.startswith(f"{prefix}rconvs.") and name.endswith(".weight") for name in file.arrays)
