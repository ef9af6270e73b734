"""The tab *Tables*: predictions of the rows of a table, and the columns that moved each of the first ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.app.collection import Collection
from deepbio.app.jobs import Job
from deepbio.app.tables_of import predictions_of
from deepbio.errors import DataError
from deepbio.uploads import Upload

_MAX_ROWS = 20_000
_BACKGROUND = 100
_CHUNK = 2048
MAX_EXPLAINED = 20


def predict_rows(
    job: Job, collection: Collection, *, model: str, upload: Upload, reasons: int, target: str
) -> dict[str, Any]:
    """Predict the rows of a table, and explain the first by SHAP values.

    Args:
        job: Job, for progress.
        collection: Presets.
        model: Name of a preset of tables.
        upload: CSV, TSV or JSON lines with the columns of the model.
        reasons: Number of rows that are explained, 0 to 20.
        target: Label of the explained output; empty for the last one (of two labels: the second).

    Returns:
        JSON-able result.

    Raises:
        DataError: Columns are missing, or a cell is no number.
    """
    from deepbio.inference import predict
    from deepbio.inference.inputs import as_source
    from deepbio.zoo import describe

    if not 0 <= reasons <= MAX_EXPLAINED:
        raise DataError(f"Expected 0 to {MAX_EXPLAINED} explained rows; received {reasons}.")
    preset = collection.find(model, "table")
    with collection.using(preset, job) as built:
        job.step("Reading the table")
        record = describe(built)
        with upload.as_path() as path:
            source, ids = as_source(record, path)
            x = np.asarray(source[np.arange(min(len(source), _MAX_ROWS))])
        if not len(x):
            raise DataError(f"{upload.name} has no rows.")
        parts = []
        for first in range(0, len(x), _CHUNK):
            job.progress(first, len(x), f"Predicting {len(x):,} rows")
            parts.append(predict(built, x[first : first + _CHUNK]))
        p = np.concatenate(parts)
        explained = _reasons(job, built, x, ids, reasons, target) if reasons else []
    return {
        "model": preset.name,
        "file": upload.name,
        "rows": len(ids),
        "predicted": len(x),
        "predictions": predictions_of(record, ids[: len(x)], p),
        "reasons": explained,
        "background": min(_BACKGROUND, len(x)),
    }


def _reasons(job: Job, model: Any, x: np.ndarray, ids: list[str], n: int, target: str) -> list[dict[str, Any]]:
    from deepbio.interpret.tables import feature_names, shap_values
    from deepbio.zoo import describe

    record = describe(model)
    labels = list(record.task.labels) if record.task is not None else []
    chosen: Any = target or (labels[-1] if labels else None)
    names, categories = feature_names(model), record.input.categories if record.input is not None else ()
    found = []
    for i in range(min(n, len(x))):
        job.progress(i, min(n, len(x)), f"Reasons of row {i + 1} of {min(n, len(x))}")
        values = shap_values(model, x[i : i + 1], background=x[:_BACKGROUND], target=chosen)[0]
        order = np.argsort(-np.abs(values), kind="stable")[:10]
        columns = [
            {"column": names[k], "value": _cell(x[i, k], categories, k), "effect": float(values[k])} for k in order
        ]
        found.append({"id": str(ids[i]), "target": str(chosen or "the output"), "columns": columns})
    return found


def _cell(value: float, categories: Any, column: int) -> str:
    """Return a cell as the table has it: a number, a category, or nothing."""
    if not np.isfinite(value):
        return "missing"
    levels = categories[column] if column < len(categories) else ()
    return levels[int(value)] if levels and 0 <= int(value) < len(levels) else f"{value:.6g}"
