"""bpnet-lite's ChromBPNet in PyTorch: a bias model and an accessibility model in one file."""

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats.bpnet_lite import bpnet_table, count_layers
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile


@register_importer(
    "bpnet_lite_chrombpnet",
    summary="ChromBPNet of bpnet-lite: a whole model (`.torch`) or its state_dict",
    architectures=("chrombpnet",),
    signature=("accessibility.iconv.weight", "bias.iconv.weight"),
    repository="https://github.com/jmschrei/bpnet-lite",
    licence=None,
    citation="Pampari et al. 2024, bioRxiv, doi:10.1101/2024.12.25.630221",
    get="`chrombpnet fit` of bpnet-lite writes NAME.torch; `ChromBPNet.from_chrombpnet` reads the authors' .h5 files.",
)
def bpnet_lite_chrombpnet(file: PublishedFile, *, length: int = 2114) -> Conversion:
    """Convert a ChromBPNet.

    Args:
        file: Whole model or state_dict.
        length: Length of the windows.
    """
    config, table = {}, {}
    for part, filters, layers in (
        ("accessibility", "filters", "num_layers"),
        ("bias", "bias_filters", "bias_layers"),
    ):
        config |= {filters: file.shape(f"{part}.iconv.weight")[0], layers: count_layers(file, f"{part}.")}
        table |= bpnet_table(file, config[layers], config[filters], 1, theirs=f"{part}.", ours=f"{part}_")
    config["kernel_size"] = file.shape("bias.iconv.weight")[2]
    config["profile_kernel_size"] = file.shape("bias.fconv.weight")[2]
    return Conversion("chrombpnet", ModelInput("dna", (length,)), 1, Task("profile", 1), table, config)
