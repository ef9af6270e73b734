"""Uncertainty of predictions: how far several networks, or several passes with dropout on, disagree."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets import Source
from deepbio.errors import ModelError, nearest
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

_KINDS = ("dropout", "ensemble")
_DROPOUTS = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout")


@dataclass(frozen=True, eq=False)
class PredictiveDistribution:
    """Predictions of several networks or passes, and how far they disagree.

    Args:
        mean: Mean prediction `(n, ...)`, of the shape that `predict` returns. Probabilities are averaged, not logits.
        std: Standard deviation over networks, of the same shape.
        disagreement: For classes and labels, the mutual information in nats between prediction and network, `(n,)`: the part
            of the uncertainty that more training data could reduce. For numbers, the mean standard deviation.
        entropy: Entropy of the mean prediction in nats, `(n,)`: the total uncertainty. `None` for numbers.
        predictions: Predictions of every network or pass, `(networks, n, ...)`.
    """

    mean: np.ndarray
    std: np.ndarray
    disagreement: np.ndarray
    entropy: np.ndarray | None
    predictions: np.ndarray = field(repr=False)


def check_uncertainty(kind: str) -> None:
    """Raise `ModelError` if a kind of uncertainty is unknown."""
    if kind not in _KINDS:
        raise ModelError(f"Unknown uncertainty {kind!r}. {nearest(str(kind), _KINDS)}")


def predictive_distribution(predictions: np.ndarray, task: Task | None) -> PredictiveDistribution:
    """Summarize predictions of several networks, `(networks, n, ...)`.

    Source: Lakshminarayanan et al. 2017, arXiv:1612.01474; Gal and Ghahramani 2016, arXiv:1506.02142; disagreement as in
    Houlsby et al. 2011, arXiv:1112.5745.
    """
    mean = predictions.mean(axis=0)
    std = predictions.std(axis=0, ddof=1) if len(predictions) > 1 else np.zeros(mean.shape)
    if task is None or task.kind in ("regression", "counts", "profile"):
        return PredictiveDistribution(mean, std, _per_example(std), None, predictions)
    classes = task.kind in ("multiclass", "per_position")
    entropy = _entropy(mean, classes=classes)
    within = np.mean([_entropy(p, classes=classes) for p in predictions], axis=0)
    return PredictiveDistribution(mean, std, np.maximum(entropy - within, 0.0), entropy, predictions)


def ensemble_members(models: Any) -> list[Any]:
    """Return the networks of an ensemble as a list.

    Raises:
        ModelError: Fewer than two models, or models whose inputs or outputs differ.
    """
    if not isinstance(models, Sequence):
        raise ModelError(
            "uncertainty='ensemble' needs several models: predict([first, second, ...], data, uncertainty='ensemble'). "
            "Train them with different seeds, or load members of a preset with get_model(..., member=1)."
        )
    if len(models) < 2:
        raise ModelError(f"An ensemble has at least two models; received {len(models)}.")
    shapes = {(each.input_shape, each.output_shape) for each in models}
    if len(shapes) > 1:
        raise ModelError(
            f"The models of an ensemble have equal inputs and outputs; received {sorted(map(str, shapes))}."
        )
    return list(models)


def dropout_passes(
    model: keras.Model, source: Source, *, samples: int, seed: int, batch_size: int
) -> Iterator[np.ndarray]:
    """Yield the model's outputs `samples` times with dropout on and all other layers in inference mode.

    The masks are a function of `(seed, layer, pass)`. The state of the dropout layers is restored afterwards.

    Raises:
        ModelError: The model has no dropout layer, or cannot be rebuilt with dropout on.
    """
    import keras

    from deepbio.devices.graph import in_graph
    from deepbio.inference.forward import in_batches

    layers = [layer for layer in model.layers if type(layer).__name__ in _DROPOUTS and layer.rate > 0]
    if not layers:
        raise ModelError(
            f"{describe(model).architecture or model.name} has no dropout layer, so every pass would be the same. "
            "Use uncertainty='ensemble' with several models."
        )
    chosen = {id(layer) for layer in layers}

    def call(layer: Any, *inputs: Any, **options: Any) -> Any:
        # every layer needs its own value: Keras passes one layer's `training` on to the layers after it
        if getattr(layer, "_call_has_training_arg", False):
            options["training"] = id(layer) in chosen
        return layer(*inputs, **options)

    try:
        with_dropout = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    except (TypeError, ValueError) as error:
        raise ModelError(f"This model cannot be run with dropout on: {str(error).splitlines()[0]}") from error
    run = in_graph(lambda x: with_dropout(x))
    before = [np.array(layer.seed_generator.state) for layer in layers]
    try:
        for number in range(samples):
            for layer in layers:
                name = zlib.crc32(f"{seed} {number} {layer.name}".encode())
                layer.seed_generator.state.assign([name, number])
            yield in_batches(run, source, output_shape=model.output_shape[1:], batch_size=batch_size)
    finally:
        for layer, state in zip(layers, before, strict=True):
            layer.seed_generator.state.assign(state)


def _entropy(p: np.ndarray, *, classes: bool) -> np.ndarray:
    """Return the entropy in nats per example; of labels and positions the mean."""
    p = np.clip(p, 1e-12, 1.0)
    q = np.clip(1 - p, 1e-12, 1.0)
    return _per_example(-(p * np.log(p)).sum(axis=-1) if classes else -(p * np.log(p) + q * np.log(q)))


def _per_example(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 1 else values.reshape(len(values), -1).mean(axis=1)
