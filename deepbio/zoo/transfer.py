"""Weights from one model to another of the same builder: for another head, another input, or a model of its own to tune."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from deepbio.zoo.build import build
from deepbio.zoo.record import ModelRecord
from deepbio.zoo.weight_files import layer_names

if TYPE_CHECKING:
    import keras

log = logging.getLogger("deepbio")


def is_head(name: str) -> bool:
    """Return whether a layer of this name belongs to the head: what is new for another task.

    Example:
        >>> is_head("head"), is_head("counts_head"), is_head("conv1d_1")
        (True, True, False)
    """
    return name.startswith("head") or name.endswith("_head")


def transferred(
    trained: keras.Model, record: ModelRecord, *, keep_head: bool, source: str
) -> tuple[keras.Model, list[str]]:
    """Build the model that `record` describes and give it the weights of `trained`, layer by layer where shapes agree.

    Returns:
        the model, and which layers have fresh weights, by kind and place (`deepbio.zoo.weight_files.layer_names`).

    Args:
        keep_head: the head's weights too.
        source: where the weights are from, for the log.
    """
    fresh = build(replace(record, activation_built_in=False))
    kept, new, told = 0, [], []
    partners = layer_names(trained)
    for name, layer in layer_names(fresh).items():
        weights = partners[name].get_weights() if name in partners else []
        wanted = keep_head or not is_head(layer.name)
        if wanted and [w.shape for w in weights] == [w.shape for w in layer.get_weights()]:
            layer.set_weights(weights)
            kept += 1
        else:
            new.append(name)
            told.append(layer.name if is_head(layer.name) else name)
    if new:
        log.warning("%s: %d layers keep their weights; new, with fresh weights: %s.", source, kept, ", ".join(told))
    return fresh, new
