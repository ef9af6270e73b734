"""A sheet that shows what an augmentation makes of a data set's first examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.augment.augmentation import augmentation
from deepbio.datasets import Dataset
from deepbio.errors import DataError, TrainingError
from deepbio.files import write_atomically

_BASES = np.array(
    [[72, 160, 96], [70, 110, 190], [230, 170, 60], [200, 80, 80], [190, 190, 190]], np.uint8
)  # A C G T N


def preview_sheet(data: Dataset, said: Any, out: Path, *, examples: int = 6, draws: int = 7, seed: int = 0) -> Path:
    """Draw examples of the training split, each as it is and `draws` times augmented, and write a PNG.

    DNA is drawn as coloured letters without their names: A green, C blue, G yellow, T red, N grey.

    Args:
        said: what `augmentation` takes.
        examples, draws: rows and columns of the sheet.
        seed: of the augmentation; each column is another step.

    Raises:
        TrainingError: `said` says that nothing is done, or does not suit the data.
    """
    from matplotlib.figure import Figure

    augment = augmentation(said, data.input, data.task)
    if augment is None:
        raise TrainingError("augment='none' changes nothing; name a policy or an operation.")
    chosen = np.unique(np.linspace(0, len(data.train) - 1, min(examples, len(data.train))).astype(np.int64))
    if not len(chosen):
        raise DataError(f"{data.name} has no training examples to show.")
    x, y = tf.constant(np.asarray(data.train.x[chosen])), tf.constant(np.asarray(data.train.y[chosen]))
    columns = [(x.numpy(), y.numpy())]
    for step in range(draws):
        changed = augment(x, y, [seed, 0, step])
        columns.append((changed.x.numpy(), changed.y.numpy()))
    tall = data.input.modality == "image"
    figure = Figure(
        figsize=(1.2 * len(columns), 1.25 * len(chosen)) if tall else (10, 0.22 * len(chosen) * len(columns))
    )
    titles = ["as it is", *(f"draw {step + 1}" for step in range(draws))]
    grid = (len(chosen), len(columns)) if tall else (len(chosen) * len(columns), 1)
    for j, (images, labels) in enumerate(columns):
        for i, image in enumerate(images):
            place = i * len(columns) + j + 1
            axes = figure.add_subplot(*grid, place)
            axes.set_axis_off()
            if not tall:
                axes.imshow(_BASES[image][None], aspect="auto", interpolation="nearest")
                axes.set_title(titles[j] if i == 0 else "", fontsize=6, loc="left", pad=1)
                continue
            axes.imshow(image[..., 0] if image.shape[-1] != 3 else image, cmap="gray", vmin=0, vmax=255)
            if data.task.kind == "per_pixel" and len(np.unique(labels[i])) > 1:
                axes.contour(labels[i] > 0, [0.5], colors="#ff9d2e", linewidths=0.8)
            if i == 0:
                axes.set_title(titles[j], fontsize=8)
    figure.tight_layout(pad=0.3)
    with write_atomically(out) as beside:
        figure.savefig(beside, dpi=130, format="png")
    return out
