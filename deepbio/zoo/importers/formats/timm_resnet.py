"""ResNet-18, -34 and -50 of timm and torchvision."""

from collections.abc import Sequence

from deepbio.errors import WeightsError
from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, batch_norm, convolution, dense

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_NAMES: dict[tuple[bool, tuple[int, ...]], str] = {
    (False, (2, 2, 2, 2)): "resnet18",
    (False, (3, 4, 6, 3)): "resnet34",
    (True, (3, 4, 6, 3)): "resnet50",
}


@register_importer(
    "timm_resnet",
    summary="resnet18, resnet34 and resnet50 of timm or torchvision (not the forms with a letter, such as resnet50d)",
    architectures=tuple(_NAMES.values()),
    signature=("conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "fc.weight"),
    repository="https://github.com/huggingface/pytorch-image-models",
    licence=None,
    citation="He et al. 2016, CVPR, doi:10.1109/CVPR.2016.90; Wightman et al. 2021, arXiv:2110.00476",
    get="model.safetensors of https://huggingface.co/timm/resnet50.a1_in1k and its like; each states its licence.",
)
def timm_resnet(
    file: PublishedFile,
    *,
    image_size: int = 224,
    pixel_mean: Sequence[float] = IMAGENET_MEAN,
    pixel_std: Sequence[float] = IMAGENET_STD,
) -> Conversion:
    """Convert one network.

    Args:
        file: State_dict.
        image_size: Height and width of the images.
        pixel_mean, pixel_std: Mean and standard deviation of pixels from 0 to 1 (`pretrained_cfg` in timm).
    """
    counts = tuple(
        sum(name.startswith(f"layer{i}.") and name.endswith(".conv1.weight") for name in file.arrays)
        for i in range(1, 5)
    )
    bottleneck = "layer1.0.conv3.weight" in file
    if (bottleneck, counts) not in _NAMES:
        raise WeightsError(
            f"{file.path} has stages of {counts} blocks; expected those of {', '.join(_NAMES.values())}."
        )
    table: Table = convolution("stem_conv", "conv1", bias=False) | batch_norm("stem_bn", "bn1")
    for stage, count in enumerate(counts, start=1):
        for block in range(count):
            ours, theirs = f"stage{stage}_block{block + 1}", f"layer{stage}.{block}"
            for part in (1, 2, 3) if bottleneck else (1, 2):
                table |= convolution(f"{ours}_{part}_conv", f"{theirs}.conv{part}", bias=False)
                table |= batch_norm(f"{ours}_{part}_bn", f"{theirs}.bn{part}")
            if f"{theirs}.downsample.0.weight" in file:
                table |= convolution(f"{ours}_shortcut_conv", f"{theirs}.downsample.0", bias=False)
                table |= batch_norm(f"{ours}_shortcut_bn", f"{theirs}.downsample.1")
    outputs = file.shape("fc.weight")[0]
    config = {"filters": file.shape("conv1.weight")[0], "pixel_mean": tuple(pixel_mean), "pixel_std": tuple(pixel_std)}
    return Conversion(
        _NAMES[bottleneck, counts], ModelInput("image", (image_size, image_size, file.shape("conv1.weight")[1])), outputs,
        Task("multiclass", outputs), table | dense("head", "fc"), config, unused=("*num_batches_tracked",),
    )  # fmt: skip
