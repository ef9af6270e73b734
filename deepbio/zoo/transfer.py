"""Transfer weights to another model of the same builder: with another head, another input, or options of its own."""

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
    """Return whether a layer of this name belongs to the head, the part that is new for another task.

    Example:
        >>> is_head("head"), is_head("counts_head"), is_head("conv1d_1")
        (True, True, False)
    """
    return name.startswith("head") or name.endswith("_head")


def transferred(
    trained: keras.Model, record: ModelRecord, *, keep_head: bool, source: str
) -> tuple[keras.Model, list[str]]:
    """Build the model that `record` describes and copy the weights of `trained` to it, layer by layer where shapes agree.

    Args:
        trained: Model that the weights are from.
        record: Record of the new model.
        keep_head: Whether the weights of the head are copied too.
        source: Name of the source, for the log.

    Returns:
        The model, and the layers with fresh weights, named as in `deepbio.zoo.weight_files.layer_names`.
    """
    model = build(replace(record, activation_built_in=False))
    fresh: dict[str, str] = {}  # name of a layer to how the log calls it
    partners, layers = layer_names(trained), layer_names(model)
    for name, layer in layers.items():
        weights = partners[name].get_weights() if name in partners else []
        head = is_head(layer.name)
        if (keep_head or not head) and [w.shape for w in weights] == [w.shape for w in layer.get_weights()]:
            layer.set_weights(weights)
        else:
            fresh[name] = layer.name if head else name
    if fresh:
        log.warning(
            "%s: %d layers keep their weights; new, with fresh weights: %s.",
            source, len(layers) - len(fresh), ", ".join(fresh.values()),
        )  # fmt: skip
    return model, list(fresh)
