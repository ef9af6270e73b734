"""Malinois as its authors publish it: `torch_checkpoint.pt` of CODA (boda2)."""

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import batch_norm, changed, convolution, dense_after_flatten, same

_CELLS = ("K562", "HepG2", "SKNSH")


@register_importer(
    "malinois",
    summary="Malinois of CODA (boda2): torch_checkpoint.pt",
    architectures=("malinois",),
    signature=("*conv1.conv.weight", "*linear1.linear.weight", "*branched.branched_layer_1.weight", "*output.weight"),
    repository="https://github.com/sjgosai/boda2",
    licence="MIT (the repository, of model and weights)",
    citation="Gosai et al. 2024, Nature, doi:10.1038/s41586-024-08070-z",
    get="torch_checkpoint.pt in https://storage.googleapis.com/tewhey-public-data/CODA_resources/"
    "malinois_artifacts__20211113_021200__287348.tar.gz",
)
def malinois(file: PublishedFile) -> Conversion:
    """Convert the network, whose window is what its first dense layer takes.

    Args:
        file: Checkpoint or state_dict.
    """
    first = next((name for name in file.arrays if name.endswith("conv1.conv.weight")), "conv1.conv.weight")
    prefix = first.removesuffix("conv1.conv.weight")
    table, filters = {}, []
    for i in (1, 2, 3):
        table |= convolution(f"conv_{i}", f"{prefix}conv{i}.conv") | batch_norm(
            f"conv_{i}_norm", f"{prefix}conv{i}.bn_layer"
        )
        filters.append(file.shape(f"{prefix}conv{i}.conv.bias")[0])
    units, branches = [], []
    while f"{prefix}linear{len(units) + 1}.linear.weight" in file:
        name, i = f"{prefix}linear{len(units) + 1}", len(units) + 1
        table |= dense_after_flatten(
            f"dense_{i}", f"{name}.linear", filters[-1] if i == 1 else file.shape(f"{name}.linear.weight")[1]
        )
        table |= batch_norm(f"dense_{i}_norm", f"{name}.bn_layer")
        units.append(file.shape(f"{name}.linear.bias")[0])
    while f"{prefix}branched.branched_layer_{len(branches) + 1}.weight" in file:
        name, i = f"{prefix}branched.branched_layer_{len(branches) + 1}", len(branches) + 1
        table |= _grouped(f"branch_{i}", name)
        branches.append(file.shape(f"{name}.weight")[2])
    table |= _grouped("head", f"{prefix}output")
    outputs = file.shape(f"{prefix}output.weight")[0]
    rows = file.shape(f"{prefix}linear1.linear.weight")[1] // filters[-1]
    config = {
        "filters": tuple(filters),
        "kernel_size": tuple(file.shape(f"{prefix}conv{i}.conv.weight")[2] for i in (1, 2, 3)),
        "units": tuple(units),
        "branch_units": tuple(branches),
    }
    about = (
        "The element of 200 bases is between the flanks of the reporter plasmid, which the repository has as MPRA_UPSTREAM and "
        "MPRA_DOWNSTREAM (boda/common/constants.py): 200 bases of each make the window of 600."
    )
    task = Task("regression", outputs, _CELLS if outputs == len(_CELLS) else ())
    return Conversion(
        "malinois", ModelInput("dna", (12 * (4 * rows - 2),)), outputs, task, table, config,
        unused=("*.num_batches_tracked",), about=about,
    )  # fmt: skip


def _grouped(layer: str, name: str):
    return same(layer, "kernel", f"{name}.weight") | changed(layer, "bias", f"{name}.bias", lambda b: b[:, 0])
