"""`evaluate`: metrics from all predictions of a split, with bootstrap intervals and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio import metrics
from deepbio.datasets import Split
from deepbio.errors import DataError
from deepbio.inference.predict import predict
from deepbio.metrics import Estimate
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


# classes up to which a confusion matrix is written whole
_WHOLE = 100


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How a model does on a split.

    Args:
        metrics: name to estimate with its interval.
        task: what was predicted.
        examples: number of examples.
        y, p: truth and predictions (after the link), as they were compared.
        confusion: `(classes, classes)` counts, truth in rows; `None` where there are no classes.
        n_resamples, seed, confidence: of the bootstrap.
    """

    metrics: dict[str, Estimate]
    task: Task
    examples: int
    y: np.ndarray = field(repr=False)
    p: np.ndarray = field(repr=False)
    confusion: np.ndarray | None = field(default=None, repr=False)
    n_resamples: int = 1000
    seed: int = 0
    confidence: float = 0.95

    def __getitem__(self, name: str) -> Estimate:
        return self.metrics[name]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as a JSON-able dictionary; single predictions are left out.

        The confusion matrix of more than 100 classes is nearly all zeros: in its place, `confusion_pairs` holds `[truth,
        predicted, count]` of every pair that occurs.
        """
        return {
            "examples": self.examples,
            "metrics": {name: estimate.to_dict() for name, estimate in self.metrics.items()},
            **({} if self.confusion is None else _written(self.confusion)),
            "labels": list(self.task.labels),
            "interval": {
                "confidence": self.confidence,
                "method": "bootstrap",
                "n_resamples": self.n_resamples,
                "seed": self.seed,
            },
        }

    def __str__(self) -> str:
        width = max(len(name) for name in self.metrics)
        lines = [
            f"{self.examples} examples, {self.confidence:.0%} bootstrap intervals ({self.n_resamples} resamples, seed {self.seed})"
        ]
        return "\n".join(lines + [f"  {name:<{width}}  {estimate}" for name, estimate in self.metrics.items()])


def _written(confusion: np.ndarray) -> dict[str, list[list[int]]]:
    """Return a confusion matrix as lists: its rows, or of many classes the pairs that occur."""
    if len(confusion) <= _WHOLE:
        return {"confusion": confusion.tolist()}
    return {"confusion_pairs": [[int(t), int(p), int(confusion[t, p])] for t, p in np.argwhere(confusion)]}


def evaluate(
    model: keras.Model,
    split: Split,
    *,
    task: Task | None = None,
    metrics: Sequence[str] | None = None,
    batch_size: int = 256,
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    calibrated: bool = True,
    tta: str | Sequence[str] | None = None,
) -> Evaluation:
    """Predict a whole split and compare it with the truth.

    Args:
        model: from `get_model`, or any `keras.Model` that gives logits (then pass `task`).
        split: examples with labels.
        task: where the model does not know it.
        metrics: names of `deepbio.metrics`; the task's own set by default.
        n_resamples, seed, confidence: of the bootstrap; whole groups are drawn where the split's groups hold several examples.
        calibrated, tta: as `predict` takes them.

    Raises:
        DataError: the split is empty, or does not fit the model.
    """
    task = task or describe(model).task
    if task is None:
        raise DataError(
            "evaluate needs to know the task: pass task=..., or build the model with get_model(..., dataset=...)."
        )
    if len(split) == 0:
        raise DataError("Expected at least one example to evaluate; the split is empty.")
    p = predict(model, split, task=task, batch_size=batch_size, calibrated=calibrated, tta=tta)
    return compare(
        task,
        np.asarray(split.y),
        p,
        groups=split.groups,
        names=metrics,
        n_resamples=n_resamples,
        seed=seed,
        confidence=confidence,
    )


def compare(
    task: Task,
    y: np.ndarray,
    p: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Evaluation:
    """Compare predictions with the truth, whoever made them (a baseline of scikit-learn, say).

    Args:
        y: labels `(n, ...)`.
        p: predictions after the link, `(n,)` or `(n, outputs)`.
    """
    whole = groups if groups is not None and len(np.unique(groups)) < len(groups) else None
    found = metrics.summarize(
        task, y, p, metrics=names, groups=whole, n_resamples=n_resamples, seed=seed, confidence=confidence
    )
    confusion = metrics.confusion_matrix(task, y, p) if task.is_classification else None
    return Evaluation(dict(found), task, len(y), y, p, confusion, n_resamples, seed, confidence)
