"""Predicted masks as image files: the likeliest class of each pixel, at the size of the image."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from deepbio.datasets import Source
from deepbio.errors import DataError
from deepbio.files import FilePath, writable_folder, write_atomically
from deepbio.inference.predict import predict
from deepbio.specs import Task
from deepbio.zoo import describe

_BLOCK = 64  # images whose probabilities are in memory at once


def write_masks(
    model: keras.Model,
    images: Source,
    ids: Sequence[str],
    folder: FilePath,
    *,
    tta: str | Sequence[str] | None = None,
    strategy: str | tf.distribute.Strategy = "auto",
) -> list[Path]:
    """Predict the mask of each image and write it as a grey PNG of 8 bits.

    A pixel has the value of its class in the masks of training if the labels of the task are numbers, such as 0 and 255, and
    otherwise the number of its class, from 0. Masks of `ImageFiles` have the size of the image in its file.

    Args:
        model: Model that predicts a class for each pixel.
        images: Images as the model takes them.
        ids: Name of each image, such as its path in a folder; the mask has the same one, and ends in `.png`.
        folder: Folder of the masks, which is made if necessary.
        tta, strategy: As for `predict`.

    Returns:
        Paths of the masks.

    Raises:
        DataError: the model predicts something else, or more than 256 classes.

    Example:
        >>> from deepbio.datasets.simulate import simulate_lesions
        >>> from deepbio.zoo import get_model
        >>> data = simulate_lesions(20, size=32).dataset(predict="mask")
        >>> model = get_model("unet", dataset=data, filters=2)
        >>> [path.name for path in write_masks(model, data.test.x[:1], ["a.jpg"], "masks")]
        ['a.png']
    """
    task = describe(model).task
    if task is None or task.kind != "per_pixel":
        raise DataError(
            f"Masks are predicted by a model of per_pixel classes; the task is {task.kind if task else None}."
        )
    values = _values(task)
    paths = [writable_folder(folder) / name for name in _names(ids)]
    for start in range(0, len(paths), _BLOCK):
        index = np.arange(start, min(start + _BLOCK, len(paths)))
        for i, classes in zip(
            index.tolist(), predict(model, images[index], tta=tta, strategy=strategy).argmax(axis=-1), strict=True
        ):
            mask = Image.fromarray(values[classes])
            height, width = getattr(images, "sizes", {i: classes.shape})[i]
            if mask.size != (width, height):
                mask = mask.resize((int(width), int(height)), resample=Image.Resampling.NEAREST)
            paths[i].parent.mkdir(parents=True, exist_ok=True)
            with write_atomically(paths[i]) as beside:
                mask.save(beside, format="PNG")
    return paths


def _values(task: Task) -> np.ndarray:
    """Return the grey value of each class."""
    if task.outputs > 256:
        raise DataError(f"A mask of 8 bits has at most 256 classes; the task has {task.outputs}.")
    numbers = [int(label) if label.isdecimal() else 256 for label in task.labels]
    own = len(numbers) == task.outputs and max(numbers) < 256
    return np.array(numbers if own else range(task.outputs), np.uint8)


def _names(ids: Sequence[str]) -> list[str]:
    """Return the path of each mask below its folder: the image's, where a frame `#3` becomes `_3`, if no two are the same."""
    names: list[Any] = []
    for id in ids:
        path, _, frame = id.partition("#")
        inside = PurePosixPath(*(part for part in PurePosixPath(path).parts if part not in ("..", "/")))
        stem = inside.name.removesuffix(".gz").rsplit(".", 1)[0]
        names.append(str(inside.with_name(stem + (f"_{frame}" if frame else "") + ".png")))
    if len(set(names)) == len(names):
        return names
    return [f"{PurePosixPath(name).with_suffix('')}_{i + 1}.png" for i, name in enumerate(names)]
