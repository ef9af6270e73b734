"""DeepSTARR as its authors publish it: weights of Keras in HDF5 (the `.json` beside it is not needed)."""

import numpy as np

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import NORMALIZATION, changed, keras_layer


@register_importer(
    "deepstarr",
    summary="DeepSTARR.model.h5 of the paper, or a model that the authors' notebook trained",
    architectures=("deepstarr",),
    signature=("*Conv1D_1st/kernel*", "*Dense_Dev/kernel*", "*Dense_Hk/kernel*"),
    repository="https://github.com/bernardo-de-almeida/DeepSTARR",
    licence="MIT (Kipoi's record of the model; the repository is MIT, too)",
    citation="de Almeida et al. 2022, Nature Genetics, doi:10.1038/s41588-022-01048-5",
    get="DeepSTARR.model.h5 at https://doi.org/10.5281/zenodo.5502060",
)
def deepstarr(file: PublishedFile) -> Conversion:
    """Convert the network; its two outputs become one head.

    Args:
        file: HDF5 file.
    """
    convolutions, dense = ("Conv1D_1st", "Conv1D_2", "Conv1D_3", "Conv1D_4"), ("Dense_1", "Dense_2")
    norms = sorted(
        {part for path in file.arrays for part in path.split("/") if part.startswith("batch_normalization")},
        key=_number,
    )
    table, ours = {}, [f"conv_{i}" for i in range(1, 5)] + ["dense_1", "dense_2"]
    for layer, name in zip(ours, (*convolutions, *dense), strict=True):
        table |= keras_layer(file, layer, name)
    for layer, name in zip(ours, norms, strict=False):
        table |= keras_layer(file, f"{layer}_norm", name, NORMALIZATION)
    for variable in ("kernel", "bias"):
        names = [
            keras_layer(file, "head", f"Dense_{task}", (variable,))[f"head/{variable}"].names[0]
            for task in ("Dev", "Hk")
        ]
        table |= changed("head", variable, tuple(names), lambda *arrays: np.concatenate(arrays, axis=-1))
    sizes = {path.removesuffix(":0").split("/")[-2]: file.shape(path) for path in file.arrays if "kernel" in path}
    config = {
        "filters": tuple(sizes[name][2] for name in convolutions if name in sizes),
        "kernel_size": tuple(sizes[name][0] for name in convolutions if name in sizes),
        "units": tuple(sizes[name][1] for name in dense if name in sizes),
    }
    task = Task("regression", 2, ("developmental", "housekeeping"))
    return Conversion(
        "deepstarr",
        ModelInput("dna", (249,)),
        2,
        task,
        table,
        config,
        unused=("optimizer_weights/*", "optimizer/vars/*"),
    )


def _number(name: str) -> int:
    """Return the number at the end of a name that Keras made; the first has none in some versions."""
    end = name.rpartition("_")[2]
    return int(end) if end.isdigit() else 0
