"""Convert a user's labels or values to `y` and its `Task`."""

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from deepbio.datasets.label_doubts import label_doubts, list_doubt
from deepbio.datasets.labels import (
    Uncertain,
    check_classes,
    check_marks,
    order_labels,
    resolve_uncertain,
    split_labels,
)
from deepbio.errors import DataError, nearest
from deepbio.specs import Kind, Task

if TYPE_CHECKING:
    from deepbio.datasets.readers import Table

log = logging.getLogger("deepbio")
_NUMBERS = "numbers to predict are kind='regression' (in a table, targets=[COLUMN]); pass kind='multiclass' if they are classes"


def targets(
    y: Any,
    *,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    uncertain: Uncertain | None = None,
) -> tuple[np.ndarray, Task]:
    """Return `y` in the dtype on which models are trained, and its task.

    Args:
        y: Class names or numbers `(n,)`; 0/1 or values `(n, outputs)`; or classes or counts for each position. Pixels of class -1
            count neither in the loss nor in metrics.
        kind: Kind of the task. None takes classes for words and whole numbers `(n,)`, several labels for 0/1 or NaN
            `(n, outputs)`, and regression for other numbers.
        labels: Names of the classes or outputs, in order, into which whole numbers in `y` are indices. Of two classes the
            second is the positive one. None sorts the classes found: numbers by value, words by the alphabet.
        positive: Positive class of two.
        uncertain: Meaning of -1 in 0/1 labels `(n, outputs)`; see `deepbio.datasets.labels.resolve_uncertain`.

    Returns:
        int64 classes or float32 values, and the task.

    Raises:
        DataError: one class only, a class without a name, a missing or infinite value, or a shape that the kind cannot have.

    Example:
        >>> y, task = targets(["ill", "well", "ill"], positive="ill")
        >>> y.tolist(), task.labels
        ([1, 0, 1], ('well', 'ill'))
    """
    array = np.asarray(y)
    if array.dtype == object:
        array = _unpack(array)
    if array.ndim < 1 or not len(array):
        raise DataError(f"Expected a label for each example; received an array of shape {array.shape}.")
    if uncertain is not None:
        if uncertain not in get_args(Uncertain):
            raise DataError(f"Unknown uncertain {uncertain!r}. {nearest(str(uncertain), get_args(Uncertain))}")
        if array.ndim != 2 or array.dtype.kind not in "iubf":
            raise DataError("uncertain is for 0/1 labels in several columns (in a table, targets=[COLUMNS]).")
        array, labels = resolve_uncertain(array.astype(np.float64), labels or (), uncertain)
    if kind is None:
        kind = _guess(array, labels)
        if kind == "multilabel":
            _tell_one_hot(array)
    elif kind not in get_args(Kind):
        raise DataError(f"Unknown kind of task {kind!r}. {nearest(str(kind), get_args(Kind))}")
    if kind in ("binary", "multiclass", "per_position", "per_pixel"):
        ignored = array == -1 if kind == "per_pixel" and array.dtype.kind == "i" else np.zeros(array.shape, bool)
        if not ignored.any() or ignored.all():
            classes, names = _classes(array, labels, positive)
        else:
            classes, names = _classes(np.where(ignored, array[~ignored][0], array), labels, positive)
            classes[ignored] = -1
        rank = {"per_position": 2, "per_pixel": 3}.get(kind, 1)
        _check_rank(classes, kind, rank)
        task = Task(kind, len(names), tuple(names)) if rank > 1 else Task.classify(names)
        return classes, task
    if positive is not None:
        raise DataError(f"A positive class is for two classes; this is a {kind} task.")
    return _values(array, kind, labels)


def _tell_one_hot(marks: np.ndarray) -> None:
    """Warn of labels that look like classes as Keras takes them: one-hot, or one column."""
    advice = "Pass kind='multilabel' to say that it is meant."
    if marks.shape[1] == 1:
        log.warning(
            "y has one column and is learnt as one of several labels. Pass y.ravel() for two classes. %s", advice
        )
    elif (np.sum(marks, axis=1) == 1).all():
        log.warning(
            "Each row of y has exactly one 1, and the columns are learnt as labels that can occur together. For classes that exclude "
            "each other pass y.argmax(axis=1). %s",
            advice,
        )


def check_predicted(label: str | None, targets: Sequence[str]) -> None:
    """Check that either a column of classes or columns of numbers are named.

    Example:
        >>> check_predicted("diagnosis", [])
    """
    if (label is None) == (not targets):
        raise DataError(
            "Name what to predict: either label=COLUMN with classes, or targets=[COLUMNS] with numbers "
            "(on the command line --label COLUMN, or --data targets=[COLUMNS])."
        )


def table_targets(
    path: Any,
    table: "Table",
    label: str | None,
    targets: Sequence[str],
    *,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    sep: str | None = None,
    uncertain: Uncertain | None = None,
) -> tuple[Any, Sequence[str] | None]:
    """Return the labels or targets of a table and their names, checked with the numbers of their rows.

    Args:
        path: Path of the table, or a frame.
        table: Table that was read.
        label: Column of its labels; or `targets`: columns of its targets.
        targets: Columns of its targets.
        kind, labels: Task, as the user described it.
        sep: Separator of several labels in one cell.
        uncertain: Meaning of -1 in 0/1 targets.

    Raises:
        DataError: the labels are no classes, or one of several 0/1 targets has another value.
    """
    path = path if isinstance(path, str | os.PathLike) else "the frame"
    if label is None:
        if sep is not None:
            raise DataError(
                "sep separates several labels in a cell of label=COLUMN (on the command line --label COLUMN)."
            )
        if kind is None and uncertain is None and table.targets is not None:
            try:
                check_marks(table.targets, targets, rows=table.rows)
            except DataError as error:
                raise DataError(f"{path}: {error}") from error
        _check_numbers(path, table, targets, kind)
        return table.targets, labels or targets
    found = table.labels if table.labels is not None else np.array([])
    if sep is not None:
        y, names = split_labels(found.tolist(), sep, labels)
        for doubt in (*label_doubts(names), list_doubt(names)) if labels is None else ():
            if doubt:
                log.warning("%s, column %r: %s", path, label, doubt)
        return y, names
    names = np.unique(found)
    if kind is None and labels is None:
        advice = (
            f"numbers are targets=[{label!r}] (on the command line --data targets=[{label}]); pass kind='multiclass' if they "
            "are classes"
        )
        try:
            check_classes(found, advice=advice)
        except DataError as error:
            raise DataError(f"{path}, column {label!r}: {error}") from error
    if doubt := list_doubt(names):
        log.warning("%s, column %r: %s", path, label, doubt)
    return found, labels


def _check_numbers(path: Any, table: "Table", targets: Sequence[str], kind: Kind | None) -> None:
    """Refuse an empty cell among numbers to predict; among 0 and 1 it is an unknown label."""
    values = table.targets
    if values is None or not np.isnan(values).any():
        return
    marks = np.isin(values[~np.isnan(values)], (-1, 0, 1)).all()
    if kind in ("regression", "counts") or (kind is None and not marks):
        row, column = np.argwhere(np.isnan(values))[0]
        raise DataError(
            f"{path}, row {table.rows[row]}, column {targets[column]!r}: the cell is empty; expected a number to predict. Fill it in "
            "or remove the row; drop_na=True (on the command line --data drop_na=true) leaves out rows without any target."
        )


def _guess(array: np.ndarray, labels: Sequence[str] | None) -> Kind:
    if array.ndim == 1:
        if array.dtype.kind == "f":
            if np.isin(array, (0, 1)).all():
                log.warning(
                    "The labels are 0.0 and 1.0 and are learnt as numbers. If they are classes, pass whole numbers or words."
                )
            return "regression"
        check_classes(array, advice=_NUMBERS)
        return "multiclass"
    if array.ndim == 2:
        if array.dtype.kind not in "iubf":
            return "regression"
        marked = np.isin(array[~np.isnan(array)], (0, 1)).all()
        if not marked:
            check_marks(array.astype(np.float64), labels or ())
        return "multilabel" if marked else "regression"
    if array.ndim == 3 and array.dtype.kind in "iub":
        raise DataError(
            f"Pass the kind of task for labels of shape {array.shape}: kind='per_pixel' for masks of images, or kind='profile'."
        )
    raise DataError(f"Pass the kind of task for labels of shape {array.shape}, for example kind='profile'.")


def _classes(array: np.ndarray, labels: Sequence[str] | None, positive: str | None) -> tuple[np.ndarray, list[str]]:
    if array.dtype.kind == "f" and (array == np.floor(array)).all():
        array = array.astype(np.int64)
    if array.dtype.kind not in "iubUS":
        raise DataError(f"Classes are words or whole numbers; received {array.dtype}.")
    numbered = array.dtype.kind in "iu" and labels is not None
    if numbered:
        names, classes = list(map(str, labels or ())), array.astype(np.int64)
        wrong = (array < 0) | (array >= len(names))
    else:
        found, inverse = np.unique(array, return_inverse=True)
        names = order_labels(found) if labels is None else [str(label) for label in labels]
        for doubt in label_doubts(names) if labels is None and array.ndim == 1 else ():
            log.warning("%s", doubt)
        number = {name: i for i, name in enumerate(names)}
        numbers = np.array([number.get(str(value), -1) for value in found], dtype=np.int64)
        classes = numbers[inverse].reshape(array.shape)
        wrong = classes < 0
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        advice = f"Expected 0 to {len(names) - 1}." if numbered else nearest(str(array[index]), names)
        raise DataError(f"Example {index[0] + 1}: unknown class {array[index].item()!r}. {advice}")
    if len(names) < 2:
        raise DataError(f"Classification needs at least two classes; found only {names}.")
    if positive is not None:
        if str(positive) not in names or len(names) != 2:
            raise DataError(f"The positive class {positive!r} must be one of two; the classes are {names}.")
        if names[0] == str(positive):
            names, classes = names[::-1], 1 - classes
    return classes, names


def _values(array: np.ndarray, kind: Kind, labels: Sequence[str] | None) -> tuple[np.ndarray, Task]:
    if array.dtype.kind not in "iubf":
        raise DataError(
            f"A {kind} task predicts numbers; received {array.dtype}. Columns of a table are named by targets=[...], not label "
            "(on the command line --data targets=[NAME])."
        )
    values = array.astype(np.float32)
    if values.ndim == 1:
        values = values[:, None]
    _check_rank(values, kind, 3 if kind == "profile" else 2)
    wrong = ~np.isfinite(values) if kind != "multilabel" else ~(np.isnan(values) | (values == 0) | (values == 1))
    if kind in ("counts", "profile"):
        wrong |= values < 0
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        expected = {"multilabel": "0, 1 or NaN", "regression": "a finite number"}.get(kind, "a number from 0 up")
        column = f", column {list(labels)[index[-1]]!r}" if labels else ""
        advice = ""
        if kind == "multilabel" and values[index] == -1:
            advice = (
                " If -1 marks uncertain labels, pass uncertain='missing', 'negative', 'positive' or 'class' (on the command line "
                "--data uncertain=missing)."
            )
        elif np.isnan(values[index]) and np.isin(values[~np.isnan(values)], (0, 1)).all():
            advice = " Unknown labels among 0 and 1 are allowed with kind='multilabel'."
        raise DataError(
            f"Example {index[0] + 1}{column}: expected {expected} for a {kind} task; received {values[index]:g}.{advice}"
        )
    return values, Task(kind, values.shape[-1], tuple(labels or ()))


def _check_rank(array: np.ndarray, kind: Kind, rank: int) -> None:
    if array.ndim != rank:
        raise DataError(f"The labels of a {kind} task have {rank} dimension(s); received shape {array.shape}.")


def _unpack(array: np.ndarray) -> np.ndarray:
    """Return an array of Python objects as words or numbers, and refuse values that are neither or missing."""
    for i, value in enumerate(array.reshape(-1)):
        if value is None or value != value or not isinstance(value, (str, bool, int, float, np.number, np.bool_)):
            raise DataError(f"Example {i + 1}: expected a word or a number as label; received {value!r}.")
    return np.array(array.tolist())
