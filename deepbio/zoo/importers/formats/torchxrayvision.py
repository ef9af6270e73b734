"""torchxrayvision: DenseNet-121 for 18 findings of chest radiographs, in PyTorch (github.com/mlmed/torchxrayvision)."""

import math

import numpy as np

from deepbio.specs import ModelInput, Task
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.importers.tables import Table, batch_norm, convolution, dense
from deepbio.zoo.postprocessing import Postprocessing

PATHOLOGIES = (
    *("Atelectasis", "Consolidation", "Infiltration", "Pneumothorax", "Edema", "Emphysema", "Fibrosis", "Effusion"),
    *("Pneumonia", "Pleural_Thickening", "Cardiomegaly", "Nodule", "Mass", "Hernia", "Lung Lesion", "Fracture"),
    *("Lung Opacity", "Enlarged Cardiomediastinum"),
)
_NONE = math.nan
# Operating points of `model_urls` in torchxrayvision 1.5.7 (models.py), by the beginning of the file's name; NaN is an output
# that its data sets did not train.
THRESHOLDS = {
    "nih-pc-chex": (
        *(0.07422872, 0.038290843, 0.09814756, 0.0098118475, 0.023601074, 0.0022490358, 0.010060724, 0.103246614),
        *(0.056810737, 0.026791653, 0.050318155, 0.023985857, 0.01939503, 0.042889766, 0.053369623, 0.035975814),
        *(0.20204692, 0.05015312),
    ),
    "nih-densenet": (
        *(0.039117552, 0.0034529066, 0.11396341, 0.0057298196, 0.00045666535, 0.0018880932, 0.012037827, 0.038744126),
        *(0.0037213727, 0.014730946, 0.016149804, 0.054241467, 0.037198864, 0.0004403434, _NONE, _NONE, _NONE, _NONE),
    ),
    "pc-densenet": (
        *(0.031012505, 0.013347598, 0.081435576, 0.001262615, 0.002587246, 0.0035944257, 0.0023071, 0.055412333),
        *(
            0.044385884,
            0.042766232,
            0.043258056,
            0.037629247,
            0.005658899,
            0.0091741895,
            _NONE,
            0.026507627,
            _NONE,
            _NONE,
        ),
    ),
    "chex-densenet": (
        *(0.1988969, 0.05710573, _NONE, 0.0531293, 0.1435217, _NONE, _NONE, 0.27212676, 0.07749717, _NONE, 0.19712369),
        *(_NONE, _NONE, _NONE, 0.09932402, 0.09273402, 0.3270967, 0.10888247),
    ),
    "kaggle-densenet": (*(_NONE,) * 8, 0.13486601, *(_NONE,) * 7, 0.13511065, _NONE),
    "mimic_nb-densenet": (
        *(0.08558747, 0.011884617, _NONE, 0.0040595434, 0.010733786, _NONE, _NONE, 0.118761964, 0.022924708, _NONE),
        *(0.06358637, _NONE, _NONE, _NONE, 0.022143636, 0.017476924, 0.1258702, 0.014020768),
    ),
    "mimic_ch-densenet": (
        *(0.09121389, 0.010573786, _NONE, 0.005023008, 0.003698257, _NONE, _NONE, 0.08001232, 0.037242252, _NONE),
        *(0.05006329, _NONE, _NONE, _NONE, 0.019866971, 0.03823637, 0.11303808, 0.0069147074),
    ),
}


@register_importer(
    "torchxrayvision",
    summary="torchxrayvision's densenet121-res224-*: 18 findings of chest radiographs, with operating thresholds",
    architectures=("densenet121",),
    signature=("features.conv0.weight", "features.denseblock1.denselayer1.norm1.weight", "classifier.weight"),
    repository="https://github.com/mlmed/torchxrayvision",
    licence="Apache-2.0 (of the repository, which publishes them; the data sets have their own terms)",
    citation="Cohen et al. 2022, MIDL, arXiv:2111.00595",
    get="https://github.com/mlmed/torchxrayvision/releases/tag/v1, files *-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
)
def torchxrayvision(file: PublishedFile, *, image_size: int = 224) -> Conversion:
    """Convert one network. Its pixels from -1024 to 1024 are part of the model, which takes 8-bit images of one channel.

    Args:
        file: Whole model, as published, or its state_dict.
        image_size: Height and width of the images.
    """
    blocks: list[int] = []
    while f"features.denseblock{len(blocks) + 1}.denselayer1.conv1.weight" in file:
        prefix = f"features.denseblock{len(blocks) + 1}.denselayer"
        blocks.append(sum(name.startswith(prefix) and name.endswith(".conv1.weight") for name in file.arrays))
    outputs, channels = file.shape("classifier.weight")[0], file.shape("features.conv0.weight")[1]
    config = {
        "num_layers": tuple(blocks),
        "growth_rate": file.shape("features.denseblock1.denselayer1.conv2.weight")[0],
        "epsilon": 1e-5,
        "pixel_mean": (0.5,),
        "pixel_std": (1 / 2048,),
    }
    thresholds = _thresholds(file, outputs)
    labels = PATHOLOGIES if outputs == len(PATHOLOGIES) else tuple(f"output {i + 1}" for i in range(outputs))
    if thresholds:
        known = zip(labels, thresholds, strict=True)
        labels = tuple(name if math.isfinite(value) else f"{name} (untrained)" for name, value in known)
    points = tuple(value if math.isfinite(value) else 1.0 for value in thresholds)
    read = Postprocessing("authors' validation", 0, thresholds=points, aim="operating points of the authors")
    return Conversion(
        "densenet121", ModelInput("image", (image_size, image_size, channels)), outputs,
        Task("multilabel", outputs, labels), _table(blocks), config,
        postprocessing=read if points else None,
        unused=("*.num_batches_tracked", "op_threshs"),
        about="torchxrayvision itself moves each probability so that its threshold becomes 0.5; here the thresholds are separate.",
    )  # fmt: skip


def _table(blocks: list[int]) -> Table:
    table = convolution("stem_conv", "features.conv0", bias=False) | batch_norm("stem_bn", "features.norm0")
    for i, count in enumerate(blocks, start=1):
        for j in range(1, count + 1):
            for part in (1, 2):
                ours, theirs = f"block{i}_layer{j}_{part}", f"features.denseblock{i}.denselayer{j}"
                table |= convolution(f"{ours}_conv", f"{theirs}.conv{part}", bias=False)
                table |= batch_norm(f"{ours}_bn", f"{theirs}.norm{part}")
        if i < len(blocks):
            table |= convolution(f"transition{i}_conv", f"features.transition{i}.conv", bias=False)
            table |= batch_norm(f"transition{i}_bn", f"features.transition{i}.norm")
    return table | batch_norm("last_bn", "features.norm5") | dense("head", "classifier")


def _thresholds(file: PublishedFile, outputs: int) -> tuple[float, ...]:
    """Return the operating points of the file itself, or of the published file of this name; none for others."""
    if "op_threshs" in file and file["op_threshs"].shape == (outputs,):
        return tuple(np.asarray(file["op_threshs"], np.float64).tolist())
    found = next((points for name, points in THRESHOLDS.items() if file.path.name.startswith(name)), ())
    return found if len(found) == outputs else ()
