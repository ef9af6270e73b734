"""Basset as Kipoi publishes it: the authors' Torch7 network converted to PyTorch."""

import numpy as np

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, batch_norm, changed, dense, dense_after_flatten, same


@register_importer(
    "kipoi_basset",
    summary="Kipoi's Basset: pretrained_model_reloaded_th.pth",
    architectures=("basset",),
    signature=("0.weight", "8.weight", "13.1.weight", "21.1.weight"),
    repository="https://github.com/kipoi/models/tree/master/Basset",
    licence="MIT (Kipoi's record of the model)",
    citation="Kelley et al. 2016, Genome Research, doi:10.1101/gr.200535.115",
    get="https://zenodo.org/record/1466068/files/pretrained_model_reloaded_th.pth",
)
def kipoi_basset(file: PublishedFile) -> Conversion:
    """Convert the network.

    Args:
        file: State_dict.
    """
    table: Table = {}
    for i, number in enumerate((0, 4, 8), start=1):
        table |= flat_convolution(f"conv_{i}", str(number)) | batch_norm(f"conv_{i}_norm", str(number + 1))
    table |= dense_after_flatten("dense_1", "13.1", file.shape("8.weight")[0]) | batch_norm("dense_1_norm", "14")
    table |= dense("dense_2", "17.1") | batch_norm("dense_2_norm", "18") | dense("head", "21.1")
    config = {
        "filters": tuple(file.shape(f"{i}.weight")[0] for i in (0, 4, 8)),
        "units": (file.shape("13.1.weight")[0], file.shape("17.1.weight")[0]),
        "epsilon": 1e-5,
    }
    outputs = file.shape("21.1.weight")[0]
    return Conversion(
        "basset", ModelInput("dna", (600,)), outputs, Task("multilabel", outputs), table, config,
        unused=("*.num_batches_tracked",), about="The outputs are the cell types of Kipoi's Basset/target_labels.txt, in order.",
    )  # fmt: skip


def flat_convolution(layer: str, name: str, *, order: tuple[int, ...] = (0, 1, 2, 3)) -> Table:
    """Take a two-dimensional convolution of PyTorch that has height or width 1, as one over positions.

    Args:
        layer, name: Layer of the model, module of the file.
        order: Which channel of the file each channel of the input is, for DNA in another order of bases.
    """

    def convert(w: np.ndarray) -> np.ndarray:
        flat = w.reshape(*w.shape[:2], max(w.shape[2:]))
        return np.transpose(flat[:, list(order)] if flat.shape[1] == 4 else flat, (2, 1, 0))

    return changed(layer, "kernel", f"{name}.weight", convert) | same(layer, "bias", f"{name}.bias")
