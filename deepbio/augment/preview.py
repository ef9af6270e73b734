"""`preview_sheet`: a picture of what an augmentation makes of a data set's training examples."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.augment.augmentation import augmentation
from deepbio.datasets import Dataset
from deepbio.errors import DataError, TrainingError
from deepbio.files import write_atomically

_COLORS = np.array(
    [[72, 160, 96], [70, 110, 190], [230, 170, 60], [200, 80, 80], [190, 190, 190]], np.uint8
)  # A C G T N


def preview_sheet(data: Dataset, spec: Any, out: Path, *, examples: int = 6, columns: int = 7, seed: int = 0) -> Path:
    """Write a PNG of training examples, each unchanged and augmented several times.

    Bases are drawn as colours: A green, C blue, G yellow, T red, N grey.

    Args:
        data: Data set of images or DNA.
        spec: Policy or operations, as for `augmentation`.
        out: Path of the PNG file.
        examples: Number of examples, one per row.
        columns: Number of augmented columns; each is another step of training.
        seed: Random seed of the augmentation.

    Returns:
        `out`.

    Raises:
        TrainingError: The augmentation changes nothing, or does not suit the data.
        DataError: There are no training examples.
    """
    from matplotlib.figure import Figure

    augment = augmentation(spec, data.input, data.task)
    if augment is None:
        raise TrainingError("augment='none' changes nothing; name a policy or an operation.")
    chosen = np.unique(np.linspace(0, len(data.train) - 1, min(examples, len(data.train))).astype(np.int64))
    if not len(chosen):
        raise DataError(f"{data.name} has no training examples to show.")
    x, y = tf.constant(np.asarray(data.train.x[chosen])), tf.constant(np.asarray(data.train.y[chosen]))
    batches = [augment.unchanged(x, y), *(augment(x, y, [seed, 0, step]) for step in range(columns))]
    titles = ["unchanged", *(f"sample {step + 1}" for step in range(columns))]
    rows, width, images = len(chosen), len(batches), data.input.modality == "image"
    figure = Figure(figsize=(1.2 * width, 1.25 * rows) if images else (10, 0.22 * rows * width))
    for j, batch in enumerate(batches):
        for i, (example, label) in enumerate(zip(batch.x.numpy(), batch.y.numpy(), strict=True)):
            axes = figure.add_subplot(*((rows, width) if images else (rows * width, 1)), i * width + j + 1)
            axes.set_axis_off()
            title = titles[j] if i == 0 else ""
            if images:
                axes.imshow(example[..., 0] if example.shape[-1] != 3 else example, cmap="gray", vmin=0, vmax=255)
                axes.set_title(title, fontsize=8)
                if data.task.kind == "per_pixel" and len(np.unique(label)) > 1:
                    axes.contour(label > 0, [0.5], colors="#ff9d2e", linewidths=0.8)
            else:
                axes.imshow(_COLORS[example][None], aspect="auto", interpolation="nearest")
                axes.set_title(title, fontsize=6, loc="left", pad=1)
    figure.tight_layout(pad=0.3)
    with write_atomically(out) as beside:
        figure.savefig(beside, dpi=130, format="png")
    return out
