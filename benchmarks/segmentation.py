"""U-Net on simulated lesions: Dice by shape, and photographs of cells that it never saw a mask of.

    python benchmarks/segmentation.py --cache FOLDER [--figure docs/images/segmentation_cells.png] [--out FILE]

1,400 images of 64 pixels, half of them with a lesion (disc, star, ring or square); cut 70/15/15. `unet` with 16 filters, three
blocks and batch normalisation, its registered settings otherwise; nothing was chosen by the test split. `--figure` draws lesions and
pictures of scikit-image: `cell` (CC0) and `immunohistochemistry` (no known copyright restrictions), whose blue stain is taken out of
the colours.
"""

from pathlib import Path

import keras
import numpy as np
from _table import script, table, write_page

from deepbio.augment.image import STAINS
from deepbio.datasets.simulate import LesionImages, simulate_lesions
from deepbio.inference import evaluate, predict
from deepbio.metrics import dice
from deepbio.training import fit
from deepbio.zoo import describe, get_model

SHAPES = ("disc", "star", "ring", "square")
CONFIG = {"filters": 16, "num_blocks": 3, "batch_norm": True}


def measured(model: keras.Model, found: LesionImages, epochs: int) -> tuple[str, list[str], str]:
    data = found.dataset(predict="mask", seed=0)
    result, p, kind = evaluate(model, data.test), predict(model, data.test)[..., 1], found.y[data.test.ids.astype(int)]
    rows = [["all classes", (kind > 0).sum(), result["mean_dice"], result["mean_iou"]]]
    for k, shape in enumerate(SHAPES, 1):
        chosen = kind == k
        rows.append([shape, chosen.sum(), f"{dice(data.test.y[chosen], p[chosen]):.3f}" if chosen.any() else "", ""])
    empty = (p[kind == 0] >= 0.5).any(axis=(1, 2)).mean()
    about = (
        f"`unet` with {CONFIG}, {model.count_params():,} parameters, {epochs} epochs on {len(data.train)} simulated images; the test "
        f"split of {len(data.test)}, 95% intervals over images, seed 0. Dice is the mean over images that have a lesion."
    )
    last = f"Of {(kind == 0).sum()} images without a lesion, {empty:.1%} have a pixel that is called one."
    return about, table(("shape", "images with it", "Dice", "IoU"), rows), last


def grey(values: np.ndarray) -> np.ndarray:
    """Return a picture with the look of the simulated tissue: median at 0.4, bright things 0.3 above it, and its noise of 0.05.

    Sides are cut to multiples of 8, for which the network needs no padding.
    """
    height, width = (side // 8 * 8 for side in values.shape)
    values = values[:height, :width]
    low, high = np.median(values), np.quantile(values, 0.99)
    noise = 0.05 * np.random.Generator(np.random.Philox(0)).standard_normal(values.shape)
    return np.clip(np.rint(255 * (0.4 + 0.3 * (values - low) / (high - low) + noise)), 0, 255).astype(np.uint8)


def smaller(values: np.ndarray, by: int) -> np.ndarray:
    height, width = (side // by * by for side in values.shape)
    return values[:height, :width].reshape(height // by, by, width // by, by).mean(axis=(1, 3))


def photographs() -> dict[str, np.ndarray]:
    from skimage import data

    absorbed = -np.log((data.immunohistochemistry().astype(float) + 1) / 256)
    blue = (absorbed @ np.linalg.inv(STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True)))[..., 0]
    return {
        "a cell in saline (quantitative phase)": grey(smaller(data.cell().astype(float), 8)),
        "nuclei in colon (haematoxylin)": grey(smaller(blue[128:384, 256:512], 2)),
    }


def draw(model: keras.Model, found: LesionImages, out: Path) -> None:
    from matplotlib import pyplot as plt

    def show(axis, picture, inside, title, truth=None):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
        if truth is not None:
            axis.contour(truth, [0.5], colors="#3fb6ff", linewidths=1.6)
        if inside is not None and (inside >= 0.5).any():
            axis.contour(inside, [0.5], colors="#ff9d2e", linewidths=1.1)
        axis.set_title(title, fontsize=9)
        axis.set_axis_off()

    test = found.dataset(predict="mask").test
    chosen = [int(np.flatnonzero(found.y[test.ids.astype(int)] == k)[0]) for k in range(1, 5)]
    p = predict(model, test.x[chosen])[..., 1]
    figure, axes = plt.subplots(2, 4, figsize=(11, 5.8), layout="constrained")
    for axis, i, one in zip(axes[0], chosen, p, strict=True):
        shape = found.shapes[found.y[int(test.ids[i])] - 1]
        show(axis, test.x[i, ..., 0], one, f"simulated: {shape}", test.y[i])
    for pair, (name, picture) in zip((axes[1, :2], axes[1, 2:]), photographs().items(), strict=True):
        other = get_model("unet", input_shape=(*picture.shape, 1), outputs=2, **describe(model).config)
        other.set_weights(model.get_weights())  # the same weights for images of another size
        one = predict(other, picture[None, ..., None], logits=True)[0]
        show(pair[0], picture, None, name)
        show(pair[1], picture, 1 / (1 + np.exp(one[..., 0] - one[..., 1])), "what the network calls a lesion")
    figure.savefig(out, dpi=120)


@script(__doc__, cache=True, epochs=30, examples=1400, figure=Path)
def main(arguments):
    found = simulate_lesions(arguments.examples, shapes=SHAPES, seed=0)
    folder = (arguments.cache or Path("runs")) / "lesions"
    if not (folder / "preset.json").exists():
        data = found.dataset(predict="mask", seed=0)
        model = get_model("unet", dataset=data, seed=0, **CONFIG)
        fit(model, data, out=folder, seed=0, epochs=arguments.epochs, resume=True)
    model = get_model(folder)
    write_page(arguments, "Segmentation", *measured(model, found, arguments.epochs))
    if arguments.figure:
        draw(model, found, arguments.figure)
