"""borzoi-pytorch: Borzoi in PyTorch (github.com/johahi/borzoi-pytorch)."""

from collections.abc import Sequence

import numpy as np

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats._relative_transformer import (
    cropping_to,
    heads_of,
    joined_dense,
    transformer_options,
    transformer_table,
)
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import batch_norm, changed, convolution, same

_BLOCKS = {
    "deep": "unet1.1",
    "decoder_1_up": "upsampling_unet1.0",
    "decoder_1_skip": "horizontal_conv1",
    "decoder_0_up": "upsampling_unet0.0",
    "decoder_0_skip": "horizontal_conv0",
    "final": "final_joined_convs.0",
}


@register_importer(
    "borzoi_pytorch",
    summary="Borzoi of borzoi-pytorch: its state_dict, such as johahi/borzoi-replicate-0",
    architectures=("borzoi",),
    signature=("conv_dna.conv_layer.weight", "res_tower.0.norm.weight", "*.rel_content_bias"),
    repository="https://github.com/johahi/borzoi-pytorch",
    licence=None,
    citation="Linder et al. 2025, Nature Genetics, doi:10.1038/s41588-024-02053-6",
    get="The file model.safetensors of johahi/borzoi-replicate-0 to -3 on Hugging Face, converted from Calico's weights.",
)
def borzoi_pytorch(
    file: PublishedFile, *, length: int = 524_288, bins: int | None = 6144, labels: Sequence[str] = ()
) -> Conversion:
    """Convert a Borzoi. The human and the mouse head become one, human tracks first.

    The variant with flash attention (Flashzoi) has other layers and is no such file.

    Args:
        file: State dict.
        length: Length of the windows.
        bins: Bins of 32 bp to keep in the middle; `None` keeps all.
        labels: Names of the tracks.
    """
    heads, outputs = heads_of(file, ("human_head", "mouse_head"))
    # convolutions and pools without weights take turns
    tower = [f"res_tower.{2 * i}" for i in range(16) if f"res_tower.{2 * i}.norm.weight" in file]
    options = transformer_options(file, "transformer")
    table = convolution("stem_conv", "conv_dna.conv_layer") | transformer_table(options["num_layers"], "transformer")
    for path, name in {**{f"tower_{i}": name for i, name in enumerate(tower)}, **_BLOCKS}.items():
        table |= batch_norm(f"{path}_norm", f"{name}.norm") | convolution(f"{path}_conv", f"{name}.conv_layer")
    for i in range(2):
        path, name = f"decoder_{i}_separable", f"separable{i}.conv_layer"
        table |= changed(path, "depthwise_kernel", f"{name}.0.weight", lambda w: np.transpose(w, (2, 0, 1)))
        table |= changed(path, "pointwise_kernel", f"{name}.1.weight", lambda w: np.transpose(w, (2, 1, 0)))
        table |= same(path, "bias", f"{name}.1.bias")
    config = {
        **options,
        "stem_filters": file.shape("conv_dna.conv_layer.weight")[0],
        "tower_filters": tuple(file.shape(f"{name}.conv_layer.weight")[0] for name in tower),
        "transformer_filters": file.shape("unet1.1.conv_layer.weight")[0],
        "cropping": cropping_to(length >> len(tower), bins),
        "head_filters": file.shape("final_joined_convs.0.conv_layer.weight")[0],
    }
    about = f"Tracks, in order: {', '.join(name.split('_')[0] for name in heads)}. Coverage is transformed as the authors describe."
    return Conversion(
        "borzoi", ModelInput("dna", (length,)), outputs, Task("counts", outputs, tuple(labels)),
        table | joined_dense("head", heads), config, unused=("*.num_batches_tracked",), about=about,
    )  # fmt: skip
