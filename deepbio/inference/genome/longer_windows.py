"""Models with longer windows than they were trained with, where their outputs do not depend on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import ModelError
from deepbio.files import FilePath
from deepbio.zoo import describe, get_model

if TYPE_CHECKING:
    import keras

_TOLERANCE = 1e-4  # of the largest output


def load_with_length(model: FilePath | keras.Model, length: int | None) -> keras.Model:
    """Return a model with windows of another length, after comparing its outputs with those of its own length.

    A network of convolutions alone, such as SpliceAI, returns more positions of a longer window, at less cost per position.

    Args:
        model: Preset, folder of a run, or model.
        length: Number of bases of a window; None keeps the model's own.

    Raises:
        ModelError: the model was passed as an object, predicts no positions, or predicts other values in windows of this length.
    """
    if not isinstance(model, (str, os.PathLike)):
        if length is not None and length != model.input_shape[1]:
            raise ModelError(
                f"The model takes windows of {model.input_shape[1]} bases; received length {length}. Pass its name or folder "
                "instead, so that it can be built with longer windows."
            )
        return model
    built = get_model(model)
    if length is None or length == built.input_shape[1]:
        return built
    if describe(built).input is None or len(built.output_shape) != 3:
        raise ModelError(f"{model} takes windows of {built.input_shape[1]} bases; received length {length}.")
    longer = get_model(model, input_shape=length)
    if not _agree(built, longer):
        raise ModelError(
            f"The outputs of {model} depend on the length of its windows, {built.input_shape[1]}; it cannot take {length}. Leave the "
            "length out."
        )
    return longer


def _agree(short: keras.Model, long: keras.Model) -> bool:
    """Return whether two lengths of a model predict the same where both see the same bases."""
    lengths, positions = (short.input_shape[1], long.input_shape[1]), (short.output_shape[1], long.output_shape[1])
    if lengths[0] - positions[0] != lengths[1] - positions[1] or lengths[1] < lengths[0]:
        return False
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, (1, lengths[1])).astype(np.uint8)
    expected = np.asarray(long(codes, training=False))
    limit = _TOLERANCE * float(np.abs(expected).max())
    for first in (0, (lengths[1] - lengths[0]) // 2, lengths[1] - lengths[0]):
        found = np.asarray(short(codes[:, first : first + lengths[0]], training=False))
        if not np.allclose(found, expected[:, first : first + positions[0]], rtol=0, atol=limit):
            return False
    return True
