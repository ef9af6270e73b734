"""ChromBPNet as its authors publish it: HDF5 files of Keras of the whole model, of the accessibility model, or of the bias model."""

from collections.abc import Callable

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, keras_layer


@register_importer(
    "chrombpnet",
    summary="ChromBPNet's own files: chrombpnet.h5, chrombpnet_nobias.h5 or bias_model_scaled.h5",
    architectures=("chrombpnet", "bpnet"),
    signature=("*bpnet_1st_conv/kernel*", "*logcount_predictions/kernel*"),
    repository="https://github.com/kundajelab/chrombpnet",
    licence=None,
    citation="Pampari et al. 2024, bioRxiv, doi:10.1101/2024.12.25.630221",
    get="`chrombpnet pipeline` writes the three files; those of ENCODE experiments are at www.encodeproject.org (ChromBPNet-model).",
)
def chrombpnet(file: PublishedFile, *, length: int = 2114) -> Conversion:
    """Convert the model of a file: `chrombpnet` if it has both networks, `bpnet` otherwise.

    Args:
        file: HDF5 file.
        length: Length of the windows.
    """
    input, task = ModelInput("dna", (length,)), Task("profile", 1)
    parts = [prefix for prefix in ("wo_bias_", "") if _sizes(file, prefix)[0]]
    tables: dict[str, Callable[[str], Table]] = {
        prefix: lambda ours, p=prefix: _table(file, p, ours) for prefix in parts
    }
    sizes = {prefix: _sizes(file, prefix) for prefix in parts}
    unused = ("optimizer_weights/*", "optimizer/vars/*", "top_level_model_weights/*")
    if len(parts) == 2:
        (filters, num_layers), (bias_filters, bias_layers) = sizes["wo_bias_"], sizes[""]
        config = {
            "filters": filters,
            "num_layers": num_layers,
            "bias_filters": bias_filters,
            "bias_layers": bias_layers,
        }
        table = tables["wo_bias_"]("accessibility_") | tables[""]("bias_")
        return Conversion("chrombpnet", input, 1, task, table, config, unused=unused)
    prefix = parts[0] if parts else ""
    filters, num_layers = _sizes(file, prefix)
    config = {"filters": filters or file.shape("bpnet_1st_conv/kernel")[2], "num_layers": num_layers}
    what = "accessibility model, which predicts reads without the enzyme's bias" if prefix else "bias model"
    return Conversion("bpnet", input, 1, task, _table(file, prefix, ""), config, unused=unused, about=f"The {what}.")


def _sizes(file: PublishedFile, prefix: str) -> tuple[int, int]:
    """Return the filters and the dilated convolutions of the network whose layers begin with `prefix`; zeros if there is none."""
    layers = {path.removesuffix(":0").split("/")[-2]: path for path in file.arrays if "/kernel" in path}
    dilated = [name for name in layers if name.startswith(f"{prefix}bpnet_") and name.endswith("conv")]
    stem = layers.get(f"{prefix}bpnet_1st_conv")
    return (file.shape(stem)[2], len(dilated) - 1) if stem else (0, 0)


def _table(file: PublishedFile, prefix: str, ours: str) -> Table:
    table = keras_layer(file, f"{ours}stem", f"{prefix}bpnet_1st_conv")
    for i in range(1, _sizes(file, prefix)[1] + 1):
        table |= keras_layer(file, f"{ours}dilated_{i}", f"{prefix}bpnet_{i}conv")
    profile = f"{prefix}bpnet_prof_out_precrop" if prefix else "prof_out_precrop"
    counts = f"{prefix}bpnet_logcount_predictions" if prefix else "logcount_predictions"
    table |= keras_layer(file, f"{ours}profile_head", profile)
    return table | keras_layer(file, f"{ours}counts_head", counts)
