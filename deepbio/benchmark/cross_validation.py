"""Cross-validation: each example is predicted once, by a model that was not trained on its group."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.datasets import Dataset, Split, assign_splits
from deepbio.inference import predict
from deepbio.training import Run, fit
from deepbio.zoo import get_model

Folds = Sequence[tuple[np.ndarray, np.ndarray]]


def merge_splits(data: Dataset) -> Split:
    """Return all examples of a data set as one split, in the order of their ids (`name:1`, `name:2`, ...).

    The fixed splits of the card are ignored. Use it for data sets that the literature evaluates by cross-validation.
    """
    parts = [split for _, split in data.splits()]
    names = ["x", "y", "ids", "groups", *["sample_weight"] * (parts[0].sample_weight is not None)]
    found = {name: np.concatenate([np.asarray(getattr(part, name)) for part in parts]) for name in names}
    order = np.argsort([int(str(i).rsplit(":", 1)[1]) for i in found["ids"]])
    return Split(**{name: values[order] for name, values in found.items()})


def fit_fold(
    name: str,
    data: Dataset,
    every: Split,
    train: np.ndarray,
    *,
    seed: int,
    validation_fraction: float = 0.05,
    salt: str = "",
    config: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Fit a model on some examples, with part of their groups as the validation split of `fit`.

    Args:
        name: Name of the architecture.
        data: Data set, for its name, task and input.
        every: All examples.
        train: Indices of the examples that may be used.
        seed: Seed of weights, order and dropout.
        validation_fraction: Fraction of the groups that becomes the validation split.
        salt: Text that changes which groups are chosen.
        config: Options of the model.
        settings: Settings of `fit`.
    """
    groups = np.arange(len(train)) if every.groups is None else every.groups[train]
    fractions = {"train": 1 - validation_fraction, "valid": validation_fraction}
    part = assign_splits(groups, every.y[train], fractions=fractions, salt=salt)
    chosen = every.take(train[part == "train"]), every.take(train[part == "valid"])
    fold = Dataset(data.name, data.task, data.input, *chosen, every.take([]))
    model = get_model(name, dataset=fold, seed=seed, **(config or {}))
    return fit(model, fold, seed=seed, verbose=False, **settings)


def cross_validate(name: str, data: Dataset, every: Split, folds: Folds, *, seed: int, **options: Any) -> np.ndarray:
    """Predict the test examples of each fold by a model trained on the rest.

    Args:
        name: Name of the architecture.
        data: Data set, for its name, task and input.
        every: All examples.
        folds: Pairs (train, test) of indices, as `grouped_folds` returns them.
        seed: Seed of weights, order and dropout.
        options: Options of `fit_fold`.

    Returns:
        Predictions after the activation, in the order of `every`.
    """
    p = np.zeros((len(every),) if data.task.kind == "binary" else (len(every), data.task.outputs))
    for k, (train, test) in enumerate(folds):
        run = fit_fold(name, data, every, train, seed=seed, salt=f"fold-{k}", **options)
        p[test] = predict(run.model, every.take(test))
    return p
