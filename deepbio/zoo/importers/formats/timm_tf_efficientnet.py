"""EfficientNet-Lite0 and EfficientNet-B0 to -B7 of timm, in the forms with TensorFlow's padding (`tf_efficientnet_*`)."""

from collections.abc import Sequence

import numpy as np

from deepbio.errors import WeightsError
from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.formats.timm_resnet import IMAGENET_MEAN, IMAGENET_STD
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, batch_norm, convolution, dense, depthwise, values

# by the filters of the first and the last convolution and the blocks of the first stage; and their pixels
_NAMES = {
    (32, 1280, 1): ("b0", 224), (32, 1280, 2): ("b1", 240), (32, 1408, 2): ("b2", 260), (40, 1536, 2): ("b3", 300),
    (48, 1792, 2): ("b4", 380), (48, 2048, 3): ("b5", 456), (56, 2304, 3): ("b6", 528), (64, 2560, 4): ("b7", 600),
}  # fmt: skip


@register_importer(
    "timm_tf_efficientnet",
    summary="tf_efficientnet_lite0 and tf_efficientnet_b0 to b7 of timm (not efficientnet_*, whose padding differs)",
    architectures=("efficientnet_lite0", *(f"keras_applications.efficientnet_{name}" for name, _ in _NAMES.values())),
    signature=("conv_stem.weight", "blocks.0.0.conv_dw.weight", "conv_head.weight", "classifier.weight"),
    repository="https://github.com/huggingface/pytorch-image-models",
    licence="Apache-2.0 (of the authors' repository, github.com/tensorflow/tpu)",
    citation="Tan and Le 2019, ICML, arXiv:1905.11946",
    get="model.safetensors of https://huggingface.co/timm/tf_efficientnet_lite0.in1k, tf_efficientnet_b0.in1k and their like.",
)
def timm_tf_efficientnet(
    file: PublishedFile,
    *,
    image_size: int | None = None,
    pixel_mean: Sequence[float] | None = None,
    pixel_std: Sequence[float] | None = None,
) -> Conversion:
    """Convert one network.

    Args:
        file: State_dict of a form whose name begins with `tf_`.
        image_size: Height and width of the images; those of the network by default.
        pixel_mean, pixel_std: Mean and standard deviation of pixels from 0 to 1 (`pretrained_cfg` in timm). By default 0.5 and
            0.5 for Lite0, and those of ImageNet for B0 to B7.
    """
    lite = not any(".se." in name for name in file.arrays)
    first = sum(name.startswith("blocks.0.") and name.endswith("conv_dw.weight") for name in file.arrays)
    key = (file.shape("conv_stem.weight")[0], file.shape("conv_head.weight")[0], first)
    if key not in _NAMES or (lite and key[2] != 1):
        raise WeightsError(
            f"{file.path}: {key[0]} and {key[1]} filters at either end are of no EfficientNet-Lite0 or B0 to B7."
        )
    name, size = _NAMES[key]
    table, config = _table(file, lite), {}
    mean = tuple(pixel_mean or ((0.5,) if lite else IMAGENET_MEAN))
    std = tuple(pixel_std or ((0.5,) if lite else IMAGENET_STD))
    if lite:
        config = {"pixel_mean": mean, "pixel_std": std}
    else:
        statistics = {"mean": np.array(mean), "variance": np.array(std) ** 2, "count": np.array(0)}
        table |= values({f"normalization/{part}": value for part, value in statistics.items()})
    outputs, size = file.shape("classifier.weight")[0], image_size or size
    return Conversion(
        "efficientnet_lite0" if lite else f"keras_applications.efficientnet_{name}",
        ModelInput("image", (size, size, file.shape("conv_stem.weight")[1])), outputs, Task("multiclass", outputs),
        table, config, unused=("*num_batches_tracked",),
    )  # fmt: skip


def _table(file: PublishedFile, lite: bool) -> Table:
    table = convolution("stem" if lite else "stem_conv", "conv_stem", bias=False) | batch_norm("stem_bn", "bn1")
    number = 0
    for stage in range(7):
        count = sum(name.startswith(f"blocks.{stage}.") and name.endswith("conv_dw.weight") for name in file.arrays)
        for i in range(count):
            ours = f"block{number}_" if lite else f"block{stage + 1}{chr(ord('a') + i)}_"
            table |= _block(file, f"blocks.{stage}.{i}", ours, lite)
            number += 1
    table |= convolution("top" if lite else "top_conv", "conv_head", bias=False) | batch_norm("top_bn", "bn2")
    return table | dense("head", "classifier")


def _block(file: PublishedFile, theirs: str, ours: str, lite: bool) -> Table:
    expands = f"{theirs}.conv_pwl.weight" in file
    names = ("expand", "depthwise", "project") if lite else ("expand_conv", "dwconv", "project_conv")
    norms = ("expand_bn", "depthwise_bn", "project_bn") if lite else ("expand_bn", "bn", "project_bn")
    parts = ("conv_pw", "conv_dw", "conv_pwl") if expands else (None, "conv_dw", "conv_pw")
    table: Table = {}
    for number, (name, norm, part) in enumerate(zip(names, norms, parts, strict=True), start=1 if expands else 0):
        if part is None:
            continue
        take = depthwise if part == "conv_dw" else convolution
        table |= take(f"{ours}{name}", f"{theirs}.{part}", bias=False)
        table |= batch_norm(f"{ours}{norm}", f"{theirs}.bn{number}")
    if not lite:
        table |= convolution(f"{ours}se_reduce", f"{theirs}.se.conv_reduce")
        table |= convolution(f"{ours}se_expand", f"{theirs}.se.conv_expand")
    return table
