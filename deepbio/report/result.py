"""`Result`: how one model did on one split of one data set, as plain arrays and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.datasets import Dataset
from deepbio.metrics import Estimate
from deepbio.specs import Task


@dataclass(frozen=True, eq=False)
class Result:
    """One model on one split of one data set.

    Args:
        dataset, model, split: Names.
        task: Task of the model.
        y: Truth, `(n, ...)`.
        p: Predictions after the activation: probabilities or numbers.
        metrics: Metric name to estimate with its interval.
        history: Per epoch: `loss`, `val_loss`, `val_<metric>`.
        seconds: Seconds of training.
        parameters: Number of parameters of the model.
        baseline: Whether it is a simple baseline.
        notes: A remark.
        ids: Names of the examples, which are printed only if `write_report` is asked for worst errors.
        groups: Patient, chromosome or the like of each example, `(n,)`. Bands around curves resample whole groups.
        facts: More rows, such as the seed.
        columns: Facts about the examples for the subgroup table (sex, site, scanner, GC content): name to `(n,)` values.
        card: Text of the model's card (Markdown), without the front matter.
        recipe: YAML that trains the model again.
        threshold: Probability from which a binary task predicts the second label.
        prevalence: Frequency of that label which the probabilities assume; that of `y` if it is not known.
        images: Images whose pixels are classified, `(n, height, width, channels)` uint8, for overlays of masks.
    """

    dataset: str
    model: str
    split: str
    task: Task
    y: np.ndarray = field(repr=False)
    p: np.ndarray = field(repr=False)
    metrics: Mapping[str, Estimate] = field(repr=False)
    history: Mapping[str, Sequence[float]] | None = field(default=None, repr=False)
    seconds: float | None = None
    parameters: int | None = None
    baseline: bool = False
    notes: str = ""
    ids: np.ndarray | None = field(default=None, repr=False)
    groups: np.ndarray | None = field(default=None, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    card: str = field(default="", repr=False)
    recipe: str = field(default="", repr=False)
    threshold: float = 0.5
    prevalence: float | None = None
    images: np.ndarray | None = field(default=None, repr=False)

    @classmethod
    def of(cls, evaluation: Any, data: Dataset, *, model: str, split: str, **more: Any) -> Result:
        """Return the result of an `Evaluation` (from `deepbio.evaluate`) on a split of `data`; `more` sets the other fields."""
        return cls(
            dataset=data.name,
            model=model,
            split=split,
            task=evaluation.task,
            y=evaluation.y,
            p=evaluation.p,
            metrics=evaluation.metrics,
            groups=dict(data.splits())[split].groups,
            **more,
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, or of the labels of a multilabel task; numbers if the task names none."""
        return self.task.labels or tuple(map(str, range(self.task.num_classes)))
