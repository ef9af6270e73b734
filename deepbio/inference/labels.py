"""Match the labels of new files with those of a model's task, by name."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.datasets.readers.masks import UNKNOWN
from deepbio.datasets.targets import targets as as_targets
from deepbio.errors import DataError
from deepbio.specs import Task

_CHOOSE = "Choose other columns with targets=[COLUMNS] (on the command line --data targets=[COLUMNS])."


def match_labels(task: Task, y: Any, names: Sequence[str] | None = None, *, uncertain: Any = None) -> np.ndarray:
    """Return labels or values in the order and dtype of a task, matched by the names of its labels.

    Args:
        task: Task of the model.
        y: Labels as words; or as whole numbers, which are indices into `names` if there are any; or values `(n, outputs)`.
        names: Names of the classes that `y` numbers, or of the columns of `y`.
        uncertain: Meaning of -1 in 0/1 labels; see `deepbio.datasets.labels.resolve_uncertain`.

    Raises:
        DataError: a class or a column that the task does not have.

    Example:
        >>> match_labels(Task("binary", 1, ("benign", "malignant")), [0, 0, 1], ["malignant", "benign"]).tolist()
        [1, 1, 0]
    """
    if task.kind in ("binary", "multiclass", "per_position", "per_pixel"):
        array = np.asarray(y)
        found, inverse = np.unique(array, return_inverse=True)
        numbered = array.dtype.kind in "iu" and names
        ignored = [UNKNOWN] if numbered and UNKNOWN in found else []  # pixels that count nowhere, the lowest class
        words = [str(names[i]) if numbered else str(i) for i in found[len(ignored) :]]  # type: ignore[index]
        known = task.labels or tuple(map(str, range(max(task.outputs, 2))))
        if unknown := [word for word in words if word not in known]:
            raise DataError(
                f"The model predicts {', '.join(known[:20])}; the file also has {', '.join(unknown[:10])}. Rename these classes "
                "in the file, or remove their examples."
            )
        return np.array([*ignored, *map(known.index, words)], np.int64)[inverse].reshape(array.shape)
    values, found = as_targets(y, kind=task.kind, labels=names or None, uncertain=uncertain)
    if found.outputs != task.outputs:
        raise DataError(f"The model predicts {_in_words(task)}; the file has {_in_words(found)}. {_CHOOSE}")
    if not task.labels or not found.labels or found.labels == task.labels or found.outputs == 1:
        return values
    if set(found.labels) != set(task.labels):
        raise DataError(f"The model predicts {_in_words(task)}; the file has {_in_words(found)}. {_CHOOSE}")
    return values[..., [found.labels.index(name) for name in task.labels]]


def _in_words(task: Task) -> str:
    labels = f" ({', '.join(task.labels[:20])})" if task.labels else ""
    return f"{task.kind} with {task.outputs} output(s){labels}"
