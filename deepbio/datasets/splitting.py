"""Cutting examples into splits and folds that never share a group."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from deepbio.errors import DataError

FRACTIONS: Mapping[str, float] = {"train": 0.7, "valid": 0.15, "test": 0.15}


def assign_splits(
    groups: Sequence | np.ndarray,
    y: np.ndarray | None = None,
    *,
    fractions: Mapping[str, float] = FRACTIONS,
    salt: str = "",
) -> np.ndarray:
    """Assign each example to a split by the hash of its group, stratified by label.

    Within each label, groups are ordered by the SHA-256 of `salt` and the group's name, then cut. So the assignment
    depends on no random generator, and every example of a group lands in one split. A group with several labels
    counts under its most frequent one.

    Args:
        groups: one value an example, `(n,)`.
        y: labels to stratify by, `(n,)`; none for no stratification.
        fractions: split name to share; shares must add up to 1.
        salt: another salt gives another assignment.

    Returns:
        names of the splits, `(n,)`.

    Raises:
        DataError: the fractions are not shares of 1, or there is not one label an example.

    Example:
        >>> assign_splits(["a", "a", "b", "c"], fractions={"train": 0.5, "test": 0.5}).tolist()
        ['train', 'train', 'test', 'test']
    """
    if abs(sum(fractions.values()) - 1) > 1e-9 or min(fractions.values()) < 0:
        raise DataError(f"The fractions of the splits must be 0 or more and add up to 1; received {dict(fractions)}.")
    if y is not None and len(y) != len(groups):
        raise DataError(f"Stratifying needs one label an example: expected {len(groups)}, received {len(y)}.")
    names, inverse = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    sizes = np.bincount(inverse, minlength=len(names))
    labels = _majority(inverse, len(names), y)
    keys = np.array([hashlib.sha256(f"{salt}\0{name}".encode()).hexdigest() for name in names])
    assigned = np.empty(len(names), dtype=object)
    bounds = np.cumsum(list(fractions.values()))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        members = members[np.argsort(keys[members])]
        # the middle of each group on the line from 0 to 1 says which split it falls into
        ends = np.cumsum(sizes[members])
        middle = (ends - sizes[members] / 2) / ends[-1]
        cut = np.searchsorted(bounds - 1e-9, middle)
        assigned[members] = np.array(list(fractions), dtype=object)[np.minimum(cut, len(bounds) - 1)]
    return assigned[inverse].astype(str)


def grouped_folds(
    y: np.ndarray, groups: Sequence | np.ndarray, *, folds: int = 10, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return `folds` pairs (train, test) of indices: stratified by label, no group on both sides.

    Args:
        y: labels, `(n,)`.
        groups: one value an example, `(n,)`.
        folds: 2 or more.
        seed: another seed gives other folds.

    Raises:
        DataError: there are fewer groups than folds.

    Example:
        >>> folds = grouped_folds(np.tile([0, 1], 10), np.arange(20), folds=5)
        >>> sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(20))
        True
    """
    from sklearn.model_selection import StratifiedGroupKFold

    found = len(np.unique(np.asarray(groups)))
    if not 2 <= folds <= found:
        raise DataError(f"{folds} folds need at least {max(folds, 2)} groups and 2 folds; received {found} groups.")
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(y)), y, np.asarray(groups)))


def identical(x: np.ndarray) -> np.ndarray:
    """Return each example the number of the first example with the same bytes: the group of identical inputs.

    Example:
        >>> identical(np.array([[1, 2], [3, 4], [1, 2]])).tolist()
        [0, 1, 0]
    """
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(hashlib.sha256(row.tobytes()).digest(), i) for i, row in enumerate(x)], np.int64)


def _majority(inverse: np.ndarray, groups: int, y: np.ndarray | None) -> np.ndarray:
    if y is None:
        return np.zeros(groups, np.int64)
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    counts = np.zeros((groups, len(classes)), np.int64)
    np.add.at(counts, (inverse, codes), 1)
    return counts.argmax(axis=1)
