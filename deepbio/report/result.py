"""`Result`: how one model did on one split of one data set, as plain arrays and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from deepbio.metrics import Estimate
from deepbio.specs import Task


@dataclass(frozen=True, eq=False)
class Result:
    """One model on one split of one data set.

    Args:
        dataset, model, split: names.
        task: what was predicted.
        y: truth `(n, ...)`.
        p: predictions after the link.
        metrics: name to estimate with its interval.
        history: per epoch: `loss`, `val_loss`, `val_<metric>`.
        seconds: of training.
        parameters: of the model.
        baseline: whether it is a simple baseline.
        notes: a remark.
        ids: names of the examples; printed only where `write_report` is asked for worst errors.
        groups: `(n,)` patient, chromosome or the like: bands around curves draw whole groups.
        columns: facts about the examples, name to `(n,)` values (sex, site, scanner, GC content), for the subgroup table.
        facts: more rows, such as the seed.
        card: text of the model's card (Markdown), without the front matter.
        recipe: YAML that trains it again.
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
