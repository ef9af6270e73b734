"""Averages of weights: WiSE-FT between the start and the end of fine-tuning, and model soups of several runs; L2-SP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from deepbio.datasets import Split
from deepbio.errors import TrainingError
from deepbio.inference.predict import predict
from deepbio.metrics import value
from deepbio.specs import Task

MIXTURES = (0.0, 0.25, 0.5, 0.75, 1.0)
Weights = Sequence[np.ndarray]


@keras.saving.register_keras_serializable(package="deepbio")
class DistanceFromStart(keras.regularizers.Regularizer):
    """L2-SP: half the squared distance of a variable from its value at the start (Li et al. 2018, arXiv:1802.01483).

    Args:
        start: Value at the start.
        strength: Factor of the penalty.
    """

    def __init__(self, start: Any, strength: float) -> None:
        self.start, self.strength = start, float(strength)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a value."""
        distance: Any = keras.ops.sum(keras.ops.square(x - keras.ops.cast(self.start, x.dtype)))
        return 0.5 * self.strength * distance

    def get_config(self) -> dict[str, Any]:
        """Return the configuration."""
        return {"start": np.asarray(self.start).tolist(), "strength": self.strength}


def interpolated(first: Weights, second: Weights, alpha: float) -> list[np.ndarray]:
    """Return `(1 - alpha) * first + alpha * second`, weight by weight; whole numbers are those of `second`.

    Example:
        >>> interpolated([np.zeros(2)], [np.ones(2)], 0.25)[0].tolist()
        [0.25, 0.25]
    """
    return [
        ((1 - alpha) * a + alpha * b).astype(b.dtype) if np.issubdtype(b.dtype, np.floating) else b
        for a, b in zip(first, second, strict=True)
    ]


def wise_ft(
    model: keras.Model, start: Weights, valid: Split, task: Task, *, score: Callable[[], float] | None = None
) -> float:
    """Set a fine-tuned model to the mixture of start and end weights that is best on the validation split (WiSE-FT).

    The score is the log loss of classes, or the squared error of values. Of equal scores the one nearer to the end wins.

    Args:
        model: Fine-tuned model; its weights become those of the mixture.
        start: Weights before fine-tuning, in the order of `model.get_weights()`.
        valid: Validation split.
        task: Task of the model.
        score: Function of the model as it is, lower is better; by default that of the task.

    Returns:
        Fraction of the fine-tuned weights, one of 0, 0.25, 0.5, 0.75 and 1. With 0 fine-tuning did not pay.

    Source: Wortsman et al. 2022, arXiv:2109.01903.
    """
    end = model.get_weights()
    score = score or (lambda: validation_loss(model, valid, task))
    found: list[tuple[float, float]] = []
    for alpha in reversed(MIXTURES):
        model.set_weights(interpolated(start, end, alpha))
        found.append((score(), alpha))
    best = min(found, key=lambda entry: entry[0] if np.isfinite(entry[0]) else np.inf)[1]
    model.set_weights(interpolated(start, end, best))
    return best


def model_soup(models: Sequence[keras.Model], valid: Split, task: Task) -> list[int]:
    """Average the weights of several fine-tuned models of one start, greedily: a model stays in if validation does not get worse.

    The first in order of its own validation loss begins. Its weights become the average.

    Args:
        models: Models of one architecture, fine-tuned from the same weights with other seeds or settings.
        valid: Validation split.
        task: Task of the models.

    Returns:
        Positions of the models in the average; the first is the one that has its weights now.

    Raises:
        TrainingError: The models differ in their weights' shapes.

    Source: Wortsman et al. 2022, arXiv:2203.05482 (greedy soup).
    """
    shapes = [[w.shape for w in model.weights] for model in models]
    if not models or any(shape != shapes[0] for shape in shapes):
        raise TrainingError(
            f"A soup needs models of one architecture; received {len(models)} with different shapes of weights."
        )
    weights = [model.get_weights() for model in models]
    order = sorted(range(len(models)), key=lambda i: validation_loss(models[i], valid, task))
    soup, chosen = models[order[0]], [order[0]]
    best = validation_loss(soup, valid, task)
    for i in order[1:]:
        soup.set_weights(_mean([weights[j] for j in [*chosen, i]]))
        if (loss := validation_loss(soup, valid, task)) <= best:
            best, chosen = loss, [*chosen, i]
    soup.set_weights(_mean([weights[j] for j in chosen]))
    return chosen


def validation_loss(model: keras.Model, valid: Split, task: Task) -> float:
    """Return the log loss of classes on a split, or the squared error of values in standard deviations."""
    return loss_of(task, valid.y, predict(model, valid))


def loss_of(task: Task, y: np.ndarray, p: np.ndarray) -> float:
    """Return the log loss of probabilities, or the squared error of values in standard deviations."""
    if task.kind == "regression":
        return float(np.mean(((p - y) / np.array(task.std or 1.0)) ** 2))
    return value("log_loss", task, y, p)


def _mean(several: Sequence[Weights]) -> list[np.ndarray]:
    return [
        np.mean(each, axis=0).astype(each[0].dtype) if np.issubdtype(each[0].dtype, np.floating) else each[0]
        for each in zip(*several, strict=True)
    ]
