"""`evaluate`: metrics of all predictions of a split, with intervals and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio import metrics
from deepbio.errors import DataError, advise_calls
from deepbio.inference.inputs import Data, as_split, check_arguments
from deepbio.inference.positions import match_positions
from deepbio.inference.predict import predict
from deepbio.metrics import Estimate
from deepbio.metrics.groups import shared_groups
from deepbio.specs import Task
from deepbio.zoo import describe
from deepbio.zoo.record import ModelRecord

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_MAX_CLASSES = 100  # of a confusion matrix that is written in full


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Performance of a model on a split.

    Args:
        metrics: Estimates with their intervals, by name.
        task: Task of the model.
        examples: Number of examples.
        y, p: Labels and predictions (probabilities or values) that were compared.
        confusion: Counts `(classes, classes)` with true classes in rows; `None` if there are no classes.
        n_resamples, seed, confidence: Settings of the intervals.
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
        """Return the figures, without labels and predictions, as a JSON-able dictionary.

        For more than 100 classes, `confusion_pairs` lists `[true class, predicted class, count]` of every pair that occurs
        instead of the whole confusion matrix, which is nearly all zeros.
        """
        found: dict[str, Any] = {"examples": self.examples}
        found["metrics"] = {name: estimate.to_dict() for name, estimate in self.metrics.items()}
        if self.confusion is not None and len(self.confusion) <= _MAX_CLASSES:
            found["confusion"] = self.confusion.tolist()
        elif self.confusion is not None:
            pairs = np.argwhere(self.confusion)
            found["confusion_pairs"] = [[int(t), int(p), int(self.confusion[t, p])] for t, p in pairs]
        found["labels"] = list(self.task.labels)
        settings = {"n_resamples": self.n_resamples, "seed": self.seed}
        found["interval"] = {"confidence": self.confidence, "method": "per metric", **settings}
        return found

    def __str__(self) -> str:
        width = max(len(name) for name in self.metrics)
        settings = f"{self.confidence:.0%} intervals ({self.n_resamples} resamples, seed {self.seed})"
        lines = [f"  {name:<{width}}  {estimate}" for name, estimate in self.metrics.items()]
        positive = f"; {self.task.labels[1]} is positive" if self.task.kind == "binary" and self.task.labels else ""
        return "\n".join([f"{self.examples} examples{positive}, {settings}", *lines])


@advise_calls(
    DataError, "Pass examples and labels as one split: evaluate(model, Split(x, y)), or evaluate(model, data.test)."
)
def evaluate(
    model: keras.Model,
    data: Data,
    *,
    task: Task | None = None,
    metrics: Sequence[str] | None = None,
    batch_size: int = 256,
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    calibrated: bool = True,
    tta: str | Sequence[str] | None = None,
    strategy: str | tf.distribute.Strategy = "auto",
    **reading: Any,
) -> Evaluation:
    """Predict a whole split, or whole files of your own, and compare the predictions with the labels.

    New files are read as those of training were, and their labels are matched by name (external validation). Nothing is split.

    Args:
        model: Model from `get_model`, or any `keras.Model` that returns logits (then pass `task`).
        data: A split; or a pandas frame, AnnData, the path of a table or folder, or files by class, with labels.
        task: Task of a model that does not know it.
        metrics: Names of metrics; by default those of the task and those that training asked for, such as `quadratic_kappa` of an
            ordinal loss.
        batch_size: Number of examples in one pass. It does not change the result.
        n_resamples: Number of resamples; 0 for no intervals. Groups are the independent units if they have several
            examples; see `deepbio.metrics.summarize`.
        seed: Random seed of the resamples.
        confidence: Confidence of the intervals.
        calibrated, tta, strategy, reading: As for `predict`; `reading` also has the options of labels, such as `label` and `group`.

    Raises:
        DataError: The split is empty or does not fit the model, or the task is not known.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> data = load_dataset("xor")
        >>> evaluate(get_model("mlp", dataset=data), data.test, n_resamples=0).examples
        200
    """
    check_arguments(model, data)
    task = task or describe(model).task
    if task is None:
        raise DataError("evaluate needs the task: pass task=..., or build the model with get_model(..., dataset=...).")
    split = as_split(replace(describe(model), task=task), data, **reading)
    if len(split) == 0:
        raise DataError("Expected at least one example to evaluate; the split is empty.")
    split = match_positions(model, split, task)
    p = predict(model, split, task=task, batch_size=batch_size, calibrated=calibrated, tta=tta, strategy=strategy)
    bootstrap: Any = {"n_resamples": n_resamples, "seed": seed, "confidence": confidence}
    return compare(
        task,
        np.asarray(split.y),
        p,
        groups=split.groups,
        names=metrics or metrics_of(describe(model), task),
        **bootstrap,
    )


def metrics_of(record: ModelRecord, task: Task) -> list[str]:
    """Return the default metrics of a task, and those for it that the training of the model asked for."""
    asked = [name for name in record.metrics if name in metrics.metric_names(task.kind)]
    return list(dict.fromkeys([*metrics.default_metrics(task), *asked]))


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
    """Compare predictions of any model, such as a baseline of scikit-learn, with the labels.

    Args:
        task: Task that was predicted.
        y: Labels `(n, ...)`.
        p: Probabilities or values, `(n,)` or `(n, outputs)`.
        groups: Group of each example.
        names: Names of metrics; those of the task by default.
        n_resamples, seed, confidence: As for `evaluate`.
    """
    bootstrap: Any = {"n_resamples": n_resamples, "seed": seed, "confidence": confidence}
    found = metrics.summarize(task, y, p, metrics=names, groups=shared_groups(groups), **bootstrap)
    confusion = metrics.confusion_matrix(task, y, p) if task.is_classification else None
    return Evaluation(dict(found), task, len(y), y, p, confusion, **bootstrap)
