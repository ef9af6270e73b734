"""A figure of what a U-Net trained on simulated lesions makes of them, and of pictures of cells that it was never shown.

Drawn by `benchmarks/segmentation.py --cells`; needs scikit-image for its pictures: `cell` (CC0) and `immunohistochemistry`
(no known copyright restrictions), whose blue stain is taken out of the colours.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from deepbio.augment.image.stains import STAINS
from deepbio.datasets.simulate import LesionImages
from deepbio.inference import predict
from deepbio.zoo import describe, get_model


def grey(values: np.ndarray) -> np.ndarray:
    """To the look of the simulated tissue: median at 0.4, bright things 0.3 above it, and its noise of 0.05.

    Sides are cut to multiples of 8, which the network needs no padding for.
    """
    height, width = (side // 8 * 8 for side in values.shape)
    values = values[:height, :width]
    low, high = np.median(values), np.quantile(values, 0.99)
    noise = 0.05 * np.random.Generator(np.random.Philox(0)).standard_normal(values.shape)
    return np.clip(np.rint(255 * (0.4 + 0.3 * (values - low) / (high - low) + noise)), 0, 255).astype(np.uint8)


def smaller(values: np.ndarray, by: int) -> np.ndarray:
    height, width = (side // by * by for side in values.shape)
    return values[:height, :width].reshape(height // by, by, width // by, by).mean(axis=(1, 3))


def cells() -> dict[str, np.ndarray]:
    from skimage import data

    absorbed = -np.log((data.immunohistochemistry().astype(float) + 1) / 256)
    blue = (absorbed @ np.linalg.inv(STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True)))[..., 0]
    return {
        "a cell in saline (quantitative phase)": grey(smaller(data.cell().astype(float), 8)),
        "nuclei in colon (haematoxylin)": grey(smaller(blue[128:384, 256:512], 2)),
    }


def for_size(model: keras.Model, shape: tuple[int, int]) -> keras.Model:
    """The same weights for images of another size."""
    other = get_model("unet", input_shape=(*shape, 1), outputs=2, **describe(model).config)
    other.set_weights(model.get_weights())
    return other


def draw(model: keras.Model, found: LesionImages, out: Path) -> None:
    from matplotlib import pyplot as plt

    test = found.dataset(predict="mask").test
    chosen = [int(np.flatnonzero(found.y[test.ids.astype(int)] == k)[0]) for k in range(1, 5)]
    p = predict(model, test.x[chosen])[..., 1]
    pictures = cells()
    figure, axes = plt.subplots(2, 4, figsize=(11, 5.8), layout="constrained")
    for axis, i, one in zip(axes[0], chosen, p, strict=True):
        shape = found.shapes[found.y[int(test.ids[i])] - 1]
        show(axis, test.x[i, ..., 0], one, f"simulated: {shape}", truth=test.y[i])
    for pair, (name, picture) in zip((axes[1, :2], axes[1, 2:]), pictures.items(), strict=True):
        one = predict(for_size(model, picture.shape), picture[None, ..., None], logits=True)[0]
        inside = 1 / (1 + np.exp(one[..., 0] - one[..., 1]))
        show(pair[0], picture, None, name)
        show(pair[1], picture, inside, "what the network calls a lesion")
    figure.savefig(out, dpi=120)


def show(axis, picture, inside, title, *, truth=None) -> None:
    axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
    if truth is not None:
        axis.contour(truth, [0.5], colors="#3fb6ff", linewidths=1.6)
    if inside is not None and (inside >= 0.5).any():
        axis.contour(inside, [0.5], colors="#ff9d2e", linewidths=1.1)
    axis.set_title(title, fontsize=9)
    axis.set_axis_off()
