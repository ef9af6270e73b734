"""Attributions of tables: SHAP values by the package shap, and permutation importance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.targets import Target, target_function
from deepbio.optional import require

if TYPE_CHECKING:
    import keras
    import pandas as pd


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
    shap = require("shap", extra="interpret", purpose="SHAP values")
    rows, around = _rows(model, x), _rows(model, background)
    call = _explained(model, target)
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
        y: Classes or values, `(n,)`.
        n_repeats: Number of permutations per column.
        seed: Random seed.

    Returns:
        Table by feature with the columns feature, importance and std, largest first.

    Raises:
        DataError: The task has no single class or value per row.
    """
    import pandas as pd

    from deepbio.inference.predict import predict
    from deepbio.zoo import describe

    record, rows, truth = describe(model), _rows(model, x), np.asarray(y)
    kind = record.task.kind if record.task is not None else ""
    if kind not in ("binary", "multiclass", "regression") or truth.ndim != 1 or len(truth) != len(rows):
        raise DataError(
            f"Permutation importance needs one class or value per row; the task is {kind or 'unknown'}, y has {truth.shape}."
        )

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
    size = int(model.input_shape[1])
    return list(record.features) if record is not None and record.features else [f"column_{i}" for i in range(size)]


def _explained(model: keras.Model, target: Target) -> Any:
    function = target_function(model, target)
    return lambda values: np.asarray(function(model.predict_on_batch(np.asarray(values, np.float32))), np.float64)


def _rows(model: keras.Model, x: np.ndarray) -> np.ndarray:
    rows = np.asarray(x, np.float32)
    if rows.ndim != 2 or rows.shape[1] != model.input_shape[1]:
        raise DataError(f"{model.name} takes rows of {model.input_shape[1]} columns; received {rows.shape}.")
    return rows
