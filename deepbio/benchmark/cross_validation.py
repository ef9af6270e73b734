"""Cross-validation: every example predicted once, by a model that never saw its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.datasets import Dataset, Split, assign_splits
from deepbio.inference import predict
from deepbio.training import Run, fit
from deepbio.zoo import get_model

Folds = Sequence[tuple[np.ndarray, np.ndarray]]


def merge_splits(data: Dataset) -> Split:
    """Return all examples of a data set as one split, ordered as the ids number them (`name:1`, `name:2`, ...).

    A card's fixed splits are set aside: this is for cross-validation of sets whose rows in the literature are such.
    """
    parts = [split for _, split in data.splits()]
    x, y = (np.concatenate([np.asarray(getattr(part, name)) for part in parts]) for name in ("x", "y"))
    ids, groups = (np.concatenate([np.asarray(getattr(part, name)) for part in parts]) for name in ("ids", "groups"))
    order = np.argsort([int(str(i).rsplit(":", 1)[1]) for i in ids])
    return Split(x[order], y[order], ids[order], groups[order])


def fit_fold(
    name: str,
    data: Dataset,
    every: Split,
    train: np.ndarray,
    *,
    seed: int,
    watch: float = 0.05,
    salt: str = "",
    config: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Fit a model on some examples, a share `watch` of their groups set aside for `fit` to watch.

    Args:
        every: all examples.
        train: indices of those that may be used.
        config: options of the model.
        settings: of `fit`.
    """
    groups = np.arange(len(train)) if every.groups is None else every.groups[train]
    part = assign_splits(groups, every.y[train], fractions={"fit": 1 - watch, "watch": watch}, salt=salt)
    chosen = every.take(train[part == "fit"]), every.take(train[part == "watch"])
    fold = Dataset(data.name, data.task, data.input, *chosen, every.take([]))
    model = get_model(name, dataset=fold, seed=seed, **(config or {}))
    return fit(model, fold, seed=seed, verbose=False, **settings)


def cross_validate(name: str, data: Dataset, every: Split, folds: Folds, *, seed: int, **options: Any) -> np.ndarray:
    """Predict each fold's test examples by a model trained on the rest.

    Args:
        folds: pairs (train, test) of indices, as `grouped_folds` gives them.
        options: of `fit_fold`.

    Returns:
        predictions after the link, in the order of `every`.
    """
    shape = (len(every),) if data.task.kind == "binary" else (len(every), data.task.outputs)
    p = np.zeros(shape)
    for k, (train, test) in enumerate(folds):
        run = fit_fold(name, data, every, train, seed=seed, salt=f"fold-{k}", **options)
        p[test] = predict(run.model, every.take(test))
    return p
