"""U-Net on simulated lesions: Dice by shape, and on photographs of cells that it never saw a mask of.

    python benchmarks/segmentation.py --keep FOLDER [--cells] [--out benchmarks/results/segmentation.md]

1,400 images of 64 pixels, half of them with a lesion (disc, star, ring or square); cut 70/15/15. `unet` with 16 filters, three
halvings and batch normalisation, its registered settings otherwise; nothing was chosen by the test split. The run is kept in
FOLDER. `--cells` draws `docs/images/segmentation_cells.png` (needs scikit-image, whose images it shows) and the lesions beside it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np

from deepbio.datasets.simulate import LesionImages, simulate_lesions
from deepbio.inference import evaluate, predict
from deepbio.metrics import dice
from deepbio.training import fit
from deepbio.zoo import get_model

SHAPES = ("disc", "star", "ring", "square")
EXAMPLES, SEED, EPOCHS = 1400, 0, 30
CONFIG = {"filters": 16, "num_blocks": 3, "batch_norm": True}
RESULTS = Path(__file__).parent / "results" / "segmentation.md"


def lesions() -> LesionImages:
    return simulate_lesions(EXAMPLES, shapes=SHAPES, seed=SEED)


def trained(keep: Path):
    folder = keep / "lesions"
    if not (folder / "preset.json").exists():
        data = lesions().dataset(predict="mask", seed=SEED)
        model = get_model("unet", dataset=data, seed=SEED, **CONFIG)
        fit(model, data, out=folder, seed=SEED, epochs=EPOCHS, resume=True)
    return get_model(folder)


def measure(keep: Path) -> str:
    found = lesions()
    data, model = found.dataset(predict="mask", seed=SEED), trained(keep)
    result = evaluate(model, data.test)
    p = predict(model, data.test)[..., 1]
    kind = found.y[data.test.ids.astype(int)]
    rows = [
        f"| all classes | {(kind > 0).sum()} | {result['mean_dice']} | {result['mean_iou']} |",
        *(
            f"| {shape} | {(kind == k).sum()} | {dice(data.test.y[kind == k], p[kind == k]):.3f} | |"
            for k, shape in enumerate(SHAPES, 1)
        ),
    ]
    empty = (p[kind == 0] >= 0.5).any(axis=(1, 2)).mean()
    return "\n".join(
        [
            "# Segmentation",
            "",
            f"`python benchmarks/segmentation.py`: `unet` with {CONFIG}, {model.count_params():,} parameters, {EPOCHS} epochs on "
            f"{len(data.train)} simulated images; the test split of {len(data.test)}, 95% intervals over images, seed {SEED}. Dice is "
            "the mean over images that have a lesion.",
            "",
            "| shape | images with it | Dice | IoU |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Of {(kind == 0).sum()} images without a lesion, {empty:.1%} have a pixel that is called one.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--cells", action="store_true")
    asked = parser.parse_args()
    asked.out.write_text(measure(asked.keep), encoding="utf-8")
    if asked.cells:
        from segmentation_cells import draw

        draw(trained(asked.keep), lesions(), Path("docs/images/segmentation_cells.png"))


if __name__ == "__main__":
    np.set_printoptions(suppress=True)
    main()
