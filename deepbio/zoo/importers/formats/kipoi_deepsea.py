"""DeepSEA as Kipoi publishes it: the authors' Torch7 network converted to PyTorch."""

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats.kipoi_basset import flat_convolution
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, dense, dense_after_flatten


@register_importer(
    "kipoi_deepsea",
    summary="Kipoi's DeepSEA/predict and DeepSEA/variantEffects: deepsea_predict.pth, deepsea_variant_effects.pth",
    architectures=("deepsea",),
    signature=("*0.weight", "*8.weight", "*12.1.weight", "*14.1.weight"),
    repository="https://github.com/kipoi/models/tree/master/DeepSEA",
    licence="CC BY 3.0 (Kipoi's record of the model)",
    citation="Zhou and Troyanskaya 2015, Nature Methods, doi:10.1038/nmeth.3547",
    get="https://zenodo.org/record/1466993/files/deepsea_predict.pth",
)
def kipoi_deepsea(file: PublishedFile) -> Conversion:
    """Convert the network, whose bases are in the order A G C T in the file.

    The published ReLU returns a millionth instead of zero, which is left out.

    Args:
        file: State_dict of either form.
    """
    prefix = next((p for p in ("2.", "1.", "") if f"{p}12.1.weight" in file), "")
    table: Table = {}
    for i, number in enumerate((0, 4, 8), start=1):
        table |= flat_convolution(f"conv_{i}", f"{prefix}{number}", order=(0, 2, 1, 3))
    table |= dense_after_flatten("dense", f"{prefix}12.1", file.shape(f"{prefix}8.weight")[0]) | dense(
        "head", f"{prefix}14.1"
    )
    config = {
        "filters": tuple(file.shape(f"{prefix}{i}.weight")[0] for i in (0, 4, 8)),
        "units": file.shape(f"{prefix}12.1.weight")[0],
    }
    outputs = file.shape(f"{prefix}14.1.weight")[0]
    about = (
        "One strand is read. Kipoi's DeepSEA/predict averages the probabilities of both strands. "
        "The outputs are those of Kipoi's DeepSEA/predictor_names.txt, in order."
    )
    return Conversion(
        "deepsea", ModelInput("dna", (1000,)), outputs, Task("multilabel", outputs), table, config, about=about
    )
