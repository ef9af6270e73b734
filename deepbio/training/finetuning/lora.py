"""LoRA: a frozen matrix plus a product of two thin ones that learns (Hu et al. 2021, arXiv:2106.09685)."""

from collections.abc import Sequence
from typing import Any

import keras

from deepbio.errors import TrainingError
from deepbio.training.finetuning.layer_groups import GroupedLayer
from deepbio.training.working_copy import layers_of
from deepbio.zoo.build import seeded


def add_lora(
    layers: Sequence[GroupedLayer], rank: int, *, on: Sequence[str] = ("*",), seed: int = 0
) -> set[GroupedLayer]:
    """Add thin matrices to dense, convolution, embedding and attention layers (Keras's `enable_lora`), but not to the head.

    Args:
        layers: Layers of `layer_groups`.
        rank: Rank of the products.
        on: Names or patterns of layers.
        seed: Seed of one matrix of each product; the other is zero at first, so the outputs of the model do not change.

    Returns:
        The layers that have thin matrices now. All their other weights are frozen.

    Raises:
        TrainingError: No layer that `on` names can have them.
    """
    chosen: set[GroupedLayer] = set()
    with seeded(seed):
        for grouped in layers:
            if grouped.head or not any(grouped.matches(pattern) for pattern in on):
                continue
            for layer in able_layers(grouped.layer):
                layer.enable_lora(rank)
                chosen.add(grouped)
    if not chosen:
        raise TrainingError(
            f"LoRA is for dense, convolution, embedding and attention layers; none that matches {', '.join(on)} is one. "
            "Leave lora_rank out and freeze some layers instead."
        )
    return chosen


def able_layers(layer: Any) -> list[Any]:
    """Return those of a layer and the layers inside it that can have LoRA."""
    inside = [layer, *layer._flatten_layers(include_self=False)]
    return [each for each in inside if hasattr(each, "enable_lora") and each.built]


def train_only_lora(layer: Any) -> None:
    """Make the thin matrices of a layer, and nothing else of it, trainable."""
    layer.trainable = True
    thin = {id(v) for each in able_layers(layer) for v in _thin(each)}
    for variable in layer.weights:
        variable.trainable = id(variable) in thin


def merge_lora(tuned: keras.Model, model: keras.Model) -> None:
    """Set the weights of `model`, which has the same layers without LoRA, to those of `tuned` plus the products."""
    for from_layer, to_layer in zip(layers_of(tuned), layers_of(model), strict=True):
        thin = {id(v) for v in _thin(from_layer)}
        values = []
        for variable in _own(from_layer):
            if id(variable) in thin:
                continue
            values.append(_merged(from_layer) if thin and variable is _base(from_layer) else variable)
        for variable, value in zip(_own(to_layer), values, strict=True):
            variable.assign(value)


def _own(layer: Any) -> list[Any]:
    """Return the weights of a layer without those of the layers inside it."""
    return [v for v in [*layer._trainable_variables, *layer._non_trainable_variables] if "seed_generator" not in v.path]


def _thin(layer: Any) -> list[Any]:
    if not getattr(layer, "lora_enabled", False):
        return []
    kind = "embeddings" if hasattr(layer, "lora_embeddings_a") else "kernel"
    return [getattr(layer, f"lora_{kind}_a"), getattr(layer, f"lora_{kind}_b")]


def _base(layer: Any) -> Any:
    return layer._embeddings if hasattr(layer, "lora_embeddings_a") else layer._kernel


def _merged(layer: Any) -> Any:
    a, b = _thin(layer)
    return _base(layer) + (layer.lora_alpha / layer.lora_rank) * keras.ops.matmul(a, b)
