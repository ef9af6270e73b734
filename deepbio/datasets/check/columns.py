"""Remarks on the columns of a table: missing cells, zeros and other numbers that may mean missing, record numbers."""

import numpy as np

from deepbio.datasets.dataset import Dataset

_SENTINELS = (-9, -99, -999, -9999, -1, 99, 999, 9999, 99999)
_MAX_COLUMNS = 200
_MIN_VALUES = 10  # different values of a measurement


def column_problems(data: Dataset) -> list[str]:
    """Return remarks on the columns of a table of at most 200 columns, in words.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> column_problems(load_dataset("breast_cancer"))[0]
        'Zeros far below all other values: concave points error (13). If 0 means missing there, pass missing={COLUMN: 0}.'
    """
    if data.input.modality != "table" or data.input.shape[0] > _MAX_COLUMNS:
        return []
    x = np.concatenate([np.asarray(split.x[np.arange(len(split))], np.float64) for _, split in data.splits()])
    names = data.input.features or tuple(f"column {i + 1}" for i in range(x.shape[1]))
    levels = data.input.categories or ((),) * x.shape[1]
    remarks: dict[str, list[str]] = {"empty": [], "zero": [], "sentinel": [], "record": []}
    for name, own, values in zip(names, levels, x.T, strict=True):
        if empty := int(np.isnan(values).sum()):
            remarks["empty"].append(f"{name} {empty / len(values):.0%}")
        known = values[np.isfinite(values)]
        if own or len(np.unique(known)) < _MIN_VALUES:
            continue
        if zeros_stand_apart(known):
            remarks["zero"].append(f"{name} ({int((known == 0).sum())})")
        if (value := _sentinel(known)) is not None:
            remarks["sentinel"].append(f"{name} ({value:g})")
        if len(np.unique(known)) == len(known) >= 20 and (known == np.floor(known)).all() and known.max() >= 2**20:
            remarks["record"].append(name)
    words = {
        "empty": "Missing cells: {}. They become the median of training, with an indicator.",
        "zero": "Zeros far below all other values: {}. If 0 means missing there, pass missing={{COLUMN: 0}}.",
        "sentinel": "One value far from all others: {}. If it means missing, pass missing={{COLUMN: VALUE}}.",
        "record": "Another large whole number in each row: {}. Record numbers are no features.",
    }
    return [words[kind].format(", ".join(found[:10])) for kind, found in remarks.items() if found]


def zeros_stand_apart(values: np.ndarray) -> bool:
    """Return whether several zeros are far below all other values, as zeros that mean missing are.

    The gap above zero is at least five times the median gap between the values of the lower half.

    Example:
        >>> pressure = np.array([0, 0, *range(60, 90)])
        >>> pregnancies = np.array([0, 0, *range(1, 14)])
        >>> zeros_stand_apart(pressure), zeros_stand_apart(pregnancies)
        (True, False)
    """
    other = np.unique(values[values != 0])
    if (values == 0).sum() < 2 or len(other) < _MIN_VALUES or other[0] < 0 or (values == 0).mean() > 0.6:
        return False
    gaps = np.diff(other[: max(3, len(other) // 2)])
    return bool(other[0] >= 5 * np.median(gaps) and other[0] >= 0.1 * np.median(other))


def _sentinel(values: np.ndarray) -> float | None:
    """Return the largest or smallest value if it occurs twice, is 9, 99, 999 and so on, and is far from the others."""
    for value in (values.max(), values.min()):
        rest = values[values != value]
        often = value in _SENTINELS and (values == value).sum() >= 2 and len(rest) > 0
        if often and min(abs(value - rest.max()), abs(value - rest.min())) > np.ptp(rest):
            return float(value)
    return None
