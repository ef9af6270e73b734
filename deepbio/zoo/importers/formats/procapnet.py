"""ProCapNet as its authors publish it: the BPNet of two strands with one count."""

from dataclasses import replace

from deepbio.zoo.importers.formats.bpnet_lite import bpnet_lite
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile


@register_importer(
    "procapnet",
    summary="ProCapNet: a whole model or its state_dict",
    architectures=("procapnet",),
    signature=("iconv.weight", "rconvs.0.weight", "fconv.weight", "linear.weight"),
    repository="https://github.com/kundajelab/ProCapNet",
    licence=None,
    citation="Cochran et al. 2024, bioRxiv, doi:10.1101/2024.05.28.596138",
    get="The models of the paper are at www.encodeproject.org; the notebook that the repository names downloads them.",
)
def procapnet(file: PublishedFile, *, length: int = 2114) -> Conversion:
    """Convert the network, which has BPNet's names.

    The authors pad each convolution and cut what the padding reached; here nothing is padded, which computes the same.

    Args:
        file: Whole model or state_dict.
        length: Length of the windows.
    """
    found = bpnet_lite(file, length=length, labels=("plus", "minus") if file.shape("fconv.weight")[0] == 2 else ())
    return replace(found, architecture="procapnet")
