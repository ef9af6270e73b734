"""Pangolin: splice sites and their usage in four tissues, in PyTorch (github.com/tkzeng/Pangolin)."""

import numpy as np

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats.openspliceai import spliceai_table
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import changed, convolution

TISSUES = ("heart", "liver", "brain", "testis")


@register_importer(
    "pangolin",
    summary="Pangolin's final.R.I.3.v2: replicate R of the network tuned for output I",
    architectures=("pangolin",),
    signature=("conv1.weight", "skip.weight", "resblocks.0.bn1.weight", "conv_last1.weight", "conv_last8.weight"),
    repository="https://github.com/tkzeng/Pangolin",
    licence="GPL-3.0",
    citation="Zeng and Li 2022, Genome Biology, doi:10.1186/s13059-022-02664-4",
    get="The folder pangolin/models of the repository.",
)
def pangolin(file: PublishedFile, *, positions: int = 101) -> Conversion:
    """Convert one network.

    A softmax of two logits is a sigmoid of their difference, so that each splice site has one logit.

    Args:
        file: State_dict.
        positions: Positions that a window returns; the window is longer by 10,000 bases.
    """
    table = convolution("stem", "conv1") | convolution("skip_0", "skip")
    table |= spliceai_table([f"resblocks.{i}" for i in range(16)], "bn", "conv")
    for i in range(4):
        table |= convolution(f"skip_{i + 1}", f"convs.{i}")
    for variable, part in (("kernel", "weight"), ("bias", "bias")):
        table |= changed("head", variable, tuple(f"conv_last{i}.{part}" for i in range(1, 9)), _one_head)
    labels = tuple(f"{tissue}, {what}" for tissue in TISSUES for what in ("splice site", "usage"))
    about = (
        "Pangolin's score of a variant is the change of the splice site's probability in a tissue, averaged over the replicates "
        "of the networks tuned for that output (I = 0, 2, 4, 6). Pass a gene on its own strand."
    )
    return Conversion(
        "pangolin", ModelInput("dna", (10_000 + positions,)), 8, Task("multilabel", 8, labels), table,
        {"filters": file.shape("conv1.weight")[0]}, unused=("*.num_batches_tracked",), about=about,
    )  # fmt: skip


def _one_head(*arrays: np.ndarray) -> np.ndarray:
    rows = [w[1:] - w[:1] if len(w) == 2 else w for w in arrays]
    head = np.concatenate(rows)
    return head.transpose(2, 1, 0) if head.ndim == 3 else head
