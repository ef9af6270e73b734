"""Attributions of tables: SHAP values by the package shap, and permutation importance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.arguments import check_counts, input_shape
from deepbio.interpret.targets import Target, target_function
from deepbio.optional import require

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from deepbio.specs import Task


def shap_values(
    model: keras.Model,
    x: np.ndarray,
    *,
    background: np.ndarray,
    target: Target = None,
    max_evaluations: int = 500,
    seed: int = 0,
) -> np.ndarray:
    """Compute the SHAP value of each column by permutations, with the package shap.

    Source: Lundberg and Lee 2017, arXiv:1705.07874.

    Args:
        model: Model of a table.
        x: Rows to explain, `(n, features)`.
        background: Rows that replace a missing column, such as 100 of the training split.
        target: The explained output; see `target_function`.
        max_evaluations: Evaluations of the model per row; at least twice the number of columns plus one.
        seed: Random seed of the permutations.

    Returns:
        float64 `(n, features)`; each row adds up to its output minus the mean output of the background.

    Raises:
        OptionalDependencyError: shap is not installed (extra `interpret`).
    """
    check_counts(max_evaluations=max_evaluations)
    rows, around = _rows(model, x), _rows(model, background)
    call = _explained(model, target)
    shap = require("shap", extra="interpret", purpose="SHAP values")
    explainer = shap.PermutationExplainer(call, around, seed=seed)
    needed = 2 * rows.shape[1] + 1
    return np.asarray(explainer(rows, max_evals=max(needed, max_evaluations), silent=True).values, np.float64)


def permutation_importance(
    model: keras.Model, x: np.ndarray, y: np.ndarray, *, n_repeats: int = 10, seed: int = 0
) -> pd.DataFrame:
    """Compute by how much the log loss, or the squared error, grows if one column is permuted.

    Source: Breiman 2001, doi:10.1023/A:1010933404324; as `sklearn.inspection.permutation_importance`.

    Args:
        model: Model of a table from `get_model` with a task.
        x: Rows, `(n, features)`, best of a split that was not trained on.
        y: Indices or labels of classes, or values, `(n,)`.
        n_repeats: Number of permutations per column.
        seed: Random seed.

    Returns:
        Table by feature with the columns feature, importance and std, largest first.

    Raises:
        DataError: The task has no single class or value per row, or `y` does not fit it.
    """
    import pandas as pd

    check_counts(n_repeats=n_repeats)
    from deepbio.inference.predict import predict
    from deepbio.zoo import describe

    task, rows = describe(model).task, _rows(model, x)
    if task is None or task.kind not in ("binary", "multiclass", "regression"):
        raise DataError(
            f"Permutation importance needs one class or value per row; the task of {model.name} is "
            f"{task.kind if task is not None else 'unknown: build it with get_model(..., dataset=...)'}."
        )
    kind, truth = task.kind, _truth(task, np.asarray(y), len(rows))

    def loss(values: np.ndarray) -> float:
        p = np.asarray(predict(model, values), np.float64)
        if kind == "regression":
            return float(((p.reshape(len(p), -1)[:, 0] - truth) ** 2).mean())
        if kind == "binary":
            one = p.reshape(len(p), -1)[:, -1]
            p = np.stack([1 - one, one], axis=1)
        return float(-np.log(np.maximum(p[np.arange(len(p)), truth.astype(int)], 1e-12)).mean())

    random, own = np.random.Generator(np.random.Philox(seed)), loss(rows)
    found = np.zeros((rows.shape[1], n_repeats))
    for column in range(rows.shape[1]):
        for k in range(n_repeats):
            changed = rows.copy()
            changed[:, column] = random.permutation(changed[:, column])
            found[column, k] = loss(changed) - own
    table = pd.DataFrame({"feature": feature_names(model), "importance": found.mean(axis=1), "std": found.std(axis=1)})
    return table.sort_values("importance", ascending=False).reset_index(drop=True)


def feature_names(model: keras.Model) -> list[str]:
    """Return the names of a model's columns; numbers where they are not known."""
    from deepbio.zoo import describe

    record = describe(model).input
    size = int(input_shape(model)[1])
    return list(record.features) if record is not None and record.features else [f"column_{i}" for i in range(size)]


def _explained(model: keras.Model, target: Target) -> Any:
    function = target_function(model, target)
    return lambda values: np.asarray(function(model.predict_on_batch(np.asarray(values, np.float32))), np.float64)


def _truth(task: Task, y: np.ndarray, n: int) -> np.ndarray:
    """Return values, or indices of classes, after checking that there is one for each row."""
    if y.shape != (n,):
        raise DataError(f"Expected y with one class or value for each of {n} rows; received shape {y.shape}.")
    if task.kind == "regression":
        if y.dtype.kind not in "fiub" or not np.isfinite(y).all():
            raise DataError("Expected finite values as y of a regression; received others.")
        return y
    classes = max(2, task.outputs)
    if y.dtype.kind in "OUS" and set(y.tolist()) <= set(task.labels):
        return np.array([task.labels.index(label) for label in y.tolist()])
    if y.dtype.kind not in "iub" or not (y.min(initial=0) >= 0 and y.max(initial=0) < classes):
        named = f" or the labels {', '.join(task.labels[:8])}" if task.labels else ""
        raise DataError(f"Expected y with indices of classes from 0 to {classes - 1}{named}; received others.")
    return y.astype(int)


def _rows(model: keras.Model, x: np.ndarray) -> np.ndarray:
    try:
        rows = np.asarray(x, np.float32)
    except (ValueError, TypeError):
        raise DataError(
            "Expected rows of numbers, as the model takes them; received others. deepbio.predict reads tables with words."
        ) from None
    columns = input_shape(model)[1]
    if rows.ndim != 2 or rows.shape[1] != columns or not len(rows):
        raise DataError(f"{model.name} takes one or more rows of {columns} columns; received {rows.shape}.")
    return rows
