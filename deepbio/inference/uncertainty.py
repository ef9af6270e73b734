"""Uncertainty of predictions: many networks, or one with dropout left on, and how far they disagree."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deepbio.datasets import Source
from deepbio.errors import ModelError, nearest
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

Uncertainty = Literal["dropout", "ensemble"]
_KINDS = ("dropout", "ensemble")
_DROPOUTS = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout")


@dataclass(frozen=True, eq=False)
class Uncertain:
    """Predictions of several networks (or passes) and how far they disagree.

    Args:
        mean: `(n, ...)` as `predict` gives it, averaged after the link.
        spread: standard deviation over networks, the same shape.
        disagreement: of classes and labels: mutual information in nats between prediction and network, `(n,)`: what more
            training data could settle. Of numbers: the mean spread.
        entropy: of the mean prediction in nats, `(n,)`: all uncertainty, that of the data included. None for numbers.
        draws: of every network, `(networks, n, ...)`.
    """

    mean: np.ndarray
    spread: np.ndarray
    disagreement: np.ndarray
    entropy: np.ndarray | None
    draws: np.ndarray = field(repr=False)


def check_kind(kind: str) -> None:
    """Raise where `kind` is not one of the two."""
    if kind not in _KINDS:
        raise ModelError(f"Unknown uncertainty {kind!r}. {nearest(str(kind), _KINDS)}")


def summarised(draws: np.ndarray, task: Task | None) -> Uncertain:
    """Return mean, spread, entropy and disagreement of predictions `(networks, n, ...)`.

    Source: Lakshminarayanan et al. 2017, arXiv:1612.01474; Gal and Ghahramani 2016, arXiv:1506.02142; disagreement as in
    Houlsby et al. 2011, arXiv:1112.5745.
    """
    mean, spread = draws.mean(axis=0), draws.std(axis=0, ddof=1) if len(draws) > 1 else np.zeros(draws.shape[1:])
    if task is None or task.kind in ("regression", "counts", "profile"):
        return Uncertain(mean, spread, _by_example(spread), None, draws)
    classes = task.kind in ("multiclass", "per_position")
    entropy = _by_example(_entropy(mean, classes=classes))
    within = np.mean([_by_example(_entropy(p, classes=classes)) for p in draws], axis=0)
    return Uncertain(mean, spread, np.maximum(entropy - within, 0.0), entropy, draws)


def member_models(model: Any) -> list[Any]:
    """Return the networks of an ensemble: a list of models as it is, or the members of a preset that holds several."""
    if isinstance(model, Sequence):
        if len(model) < 2:
            raise ModelError(f"An ensemble has at least two models; received {len(model)}.")
        shapes = {(each.input_shape, each.output_shape) for each in model}
        if len(shapes) > 1:
            raise ModelError(
                f"The models of an ensemble have equal inputs and outputs; received {sorted(map(str, shapes))}."
            )
        return list(model)
    raise ModelError(
        "uncertainty='ensemble' needs several models: predict([first, second, ...], data, uncertainty='ensemble'). "
        "Train them with different seeds, or load members of a preset with get_model(..., member=1)."
    )


def dropout_passes(
    model: keras.Model, source: Source, *, samples: int, seed: int, batch_size: int
) -> Iterator[np.ndarray]:
    """Yield the model's outputs `samples` times with dropout on and everything else as in inference.

    The masks are a function of `(seed, layer, pass)`; dropout's own state is put back afterwards.

    Raises:
        ModelError: the model has no dropout layer, or cannot be rewired.
    """
    import keras
    import tensorflow as tf

    layers = _dropout_layers(model)
    if not layers:
        raise ModelError(
            f"{describe(model).architecture or model.name} has no dropout layer, so every pass would be the same. "
            "Use uncertainty='ensemble' with several models."
        )
    chosen = {id(layer) for layer in layers}

    def call(layer: Any, *inputs: Any, **options: Any) -> Any:
        # said to every layer: Keras lets one layer's `training` reach those that come after it
        if getattr(layer, "_call_has_training_arg", False):
            options["training"] = id(layer) in chosen
        return layer(*inputs, **options)

    try:
        alive = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    except (TypeError, ValueError) as error:
        raise ModelError(f"This model cannot be run with dropout on: {str(error).splitlines()[0]}") from error
    forward = tf.function(lambda x: alive(x), reduce_retracing=True)
    with _states_kept(layers):
        for draw in range(samples):
            for layer in layers:
                name = zlib.crc32(f"{seed} {draw} {layer.name}".encode())
                layer.seed_generator.state.assign([name, draw])
            parts = []
            for first in range(0, len(source), batch_size):
                batch = source[np.arange(first, min(first + batch_size, len(source)))]
                parts.append(np.asarray(forward(tf.constant(np.ascontiguousarray(batch))), np.float32))
            yield np.concatenate(parts) if parts else np.zeros((0, *model.output_shape[1:]), np.float32)


def _dropout_layers(model: Any) -> list[Any]:
    return [layer for layer in model.layers if type(layer).__name__ in _DROPOUTS and layer.rate > 0]


@contextmanager
def _states_kept(layers: list[Any]) -> Iterator[None]:
    before = [np.array(layer.seed_generator.state) for layer in layers]
    try:
        yield
    finally:
        for layer, state in zip(layers, before, strict=True):
            layer.seed_generator.state.assign(state)


def _entropy(p: np.ndarray, *, classes: bool) -> np.ndarray:
    p = np.clip(p, 1e-12, 1.0)
    if classes:
        return -(p * np.log(p)).sum(axis=-1)
    q = np.clip(1 - p, 1e-12, 1.0)
    return -(p * np.log(p) + q * np.log(q))


def _by_example(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 1 else values.reshape(len(values), -1).mean(axis=1)
