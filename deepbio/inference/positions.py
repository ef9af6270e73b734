"""Labels with positions, brought to the positions that a model predicts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deepbio.datasets import Dataset, Split
from deepbio.errors import ModelError
from deepbio.specs import Task

if TYPE_CHECKING:
    import keras

_AXES = {"per_position": 1, "profile": 1, "per_pixel": 2}


def match_positions(model: keras.Model, split: Split, task: Task) -> Split:
    """Return a split whose labels have the positions that a model predicts.

    A network without padding, such as BPNet, predicts fewer positions than its window has. Its labels are those around the center
    of the window. Position `i` of the outputs is the base `length // 2 - positions // 2 + i` of the labels.

    Args:
        model: Model whose output has one axis of positions, or two of pixels.
        split: Examples with labels `(n, length)` or `(n, length, outputs)`, or masks.
        task: Task of the labels. Those without positions are returned as they are.

    Raises:
        ModelError: the model predicts more positions than the labels have, or other sizes of masks.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((9, 4)), keras.layers.Conv1D(1, 5)])
        >>> split = Split(np.zeros((2, 9), np.uint8), np.arange(18).reshape(2, 9, 1))
        >>> match_positions(model, split, Task("profile", 1)).y[0, :, 0].tolist()
        [2, 3, 4, 5, 6]
    """
    axes = _AXES.get(task.kind)
    if axes is None:
        return split
    found, labels = tuple(model.output_shape[1 : 1 + axes]), tuple(split.y.shape[1 : 1 + axes])
    if found == labels or None in found:
        return split
    if axes > 1 or found[0] > labels[0]:
        raise ModelError(
            f"The model predicts {' x '.join(map(str, found))} positions; the labels have {' x '.join(map(str, labels))}. Build the "
            "model with get_model(..., dataset=...), or read longer labels."
        )
    first = labels[0] // 2 - found[0] // 2
    return replace(split, y=np.asarray(split.y)[:, first : first + found[0]])


def match_dataset(model: keras.Model, data: Dataset) -> Dataset:
    """Return a data set whose labels have the positions that a model predicts; see `match_positions`.

    Args:
        model: Model of the data set's task.
        data: Data set.
    """
    if data.task.kind not in _AXES:
        return data
    return replace(data, **{name: match_positions(model, split, data.task) for name, split in data.splits()})
