"""Sei as its authors publish it: `sei.pth`, whose names begin with those of Selene's average of both strands."""

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import convolution, dense, dense_after_flatten

_SPLINES = 16


@register_importer(
    "sei",
    summary="sei.pth of the Sei framework: 21,907 chromatin profiles",
    architectures=("sei",),
    signature=("*lconv1.0.weight", "*dconv5.1.weight", "*classifier.2.weight"),
    repository="https://github.com/FunctionLab/sei-framework",
    licence=None,
    citation="Chen et al. 2022, Nature Genetics, doi:10.1038/s41588-022-01102-2",
    get="sei.pth in https://zenodo.org/record/4906997/files/sei_model.tar.gz. The licence of the code allows academic use only.",
)
def sei(file: PublishedFile, *, length: int = 4096) -> Conversion:
    """Convert the network.

    Args:
        file: State_dict.
        length: Length of the windows.
    """
    first = next((name for name in file.arrays if name.endswith("lconv1.0.weight")), "lconv1.0.weight")
    prefix = first.removesuffix("lconv1.0.weight")
    table = {}
    for i, (linear, nonlinear) in enumerate((((0, 1), (0, 2)), ((2, 3), (1, 3)), ((2, 3), (1, 3))), start=1):
        for part in (0, 1):
            table |= convolution(f"linear_{i}_{part + 1}", f"{prefix}lconv{i}.{linear[part]}")
            table |= convolution(f"nonlinear_{i}_{part + 1}", f"{prefix}conv{i}.{nonlinear[part]}")
    for i in range(1, 6):
        table |= convolution(f"dilated_{i}", f"{prefix}dconv{i}.1")
    filters = tuple(file.shape(f"{prefix}lconv{i}.{n}.weight")[0] for i, n in ((1, 0), (2, 2), (3, 2)))
    units, outputs = (file.shape(f"{prefix}classifier.{n}.bias")[0] for n in (0, 2))
    table |= dense_after_flatten("dense", f"{prefix}classifier.0", filters[-1])
    table |= dense("head", f"{prefix}classifier.2")
    config = {"filters": filters, "units": None if units == outputs else units, "splines": _SPLINES}
    about = (
        "The outputs are the profiles of the file target.names beside the weights, in order. One strand is read; the authors "
        "average the probabilities of both."
    )
    return Conversion(
        "sei", ModelInput("dna", (length,)), outputs, Task("multilabel", outputs), table, config, about=about
    )
