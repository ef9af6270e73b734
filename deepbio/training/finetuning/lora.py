"""LoRA: a frozen matrix, and beside it a product of two thin ones that learns and is added up at the end.

Hu et al. 2021, arXiv:2106.09685.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from deepbio.errors import TrainingError
from deepbio.training.finetuning.layer_groups import Unit
from deepbio.training.working_copy import layers_of
from deepbio.zoo.seeding import seeded


def add_lora(units: Sequence[Unit], rank: int, *, on: Sequence[str] = ("*",), seed: int = 0) -> set[int]:
    """Return layers their thin matrices, freeze all else of them, and give the places in `units` that have some now.

    Dense, convolution, embedding and attention layers can (Keras's own `enable_lora`); the head trains whole.

    Args:
        rank: of the product.
        on: names or patterns of layers.
        seed: of the first values of one matrix; the other begins with zeros, so the model computes what it did.

    Raises:
        TrainingError: no layer that `on` names can.
    """
    chosen: set[int] = set()
    with seeded(seed):
        for i, unit in enumerate(units):
            if unit.head or not any(unit.matches(pattern) for pattern in on):
                continue
            for layer in able_layers(unit.layer):
                layer.enable_lora(rank)
                chosen.add(i)
    if not chosen:
        raise TrainingError(
            f"LoRA is for dense, convolution, embedding and attention layers; none that fits {', '.join(on)} is one. "
            "Leave lora_rank out and freeze some layers instead."
        )
    return chosen


def able_layers(layer: Any) -> list[Any]:
    """Return the layer itself, or those inside it, that can have LoRA."""
    inside = [layer, *layer._flatten_layers(include_self=False)]
    return [each for each in inside if hasattr(each, "enable_lora") and each.built]


def train_only_lora(layer: Any) -> None:
    """Make the thin matrices of a layer, and nothing else of it, trainable."""
    layer.trainable = True
    thin = {id(v) for each in able_layers(layer) for v in _thin(each)}
    for variable in layer.weights:
        variable.trainable = id(variable) in thin


def merge_lora(tuned: keras.Model, model: keras.Model) -> None:
    """Return `model`, which has the same layers without LoRA, the weights of `tuned` with the products added up."""
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
    """Weights of a layer that are not of a layer inside it."""
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
