"""Assign groups to splits by hash, stratified by label, and to cross-validation folds."""

import hashlib
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from deepbio.errors import DataError

Fractions = Mapping[str, float]
FRACTIONS: Fractions = {"train": 0.7, "valid": 0.15, "test": 0.15}
ENUMERATED = 8  # groups whose ways into three splits are all compared, 6,561


def assign_splits(
    groups: Sequence | np.ndarray, y: np.ndarray | None = None, *, fractions: Fractions = FRACTIONS, salt: str = ""
) -> np.ndarray:
    """Assign each example to a split by the hash of its group, stratified by label.

    Within each label, groups are ordered by the SHA-256 of `salt` and the group's name, then cut. The assignment needs no
    random generator, and all examples of a group are in one split. A group with several labels counts under its most
    frequent one.

    Args:
        groups: Group of each example, `(n,)`.
        y: Labels to stratify by, `(n,)`; None for no stratification.
        fractions: Split name to fraction; the fractions add up to 1.
        salt: Text hashed with the names; another salt leads to another assignment.

    Returns:
        Names of the splits, `(n,)`.

    Raises:
        DataError: the fractions are not 0 or more with sum 1, or the number of labels is not that of the examples.

    Example:
        >>> assign_splits(["a", "a", "b", "c"], fractions={"train": 0.5, "test": 0.5}).tolist()
        ['train', 'train', 'test', 'test']
    """
    if abs(sum(fractions.values()) - 1) > 1e-9 or min(fractions.values()) < 0:
        raise DataError(f"The fractions of the splits must be 0 or more and add up to 1; received {dict(fractions)}.")
    if y is not None and len(y) != len(groups):
        raise DataError(f"Stratifying needs one label per example: expected {len(groups)}, received {len(y)}.")
    names, inverse = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    sizes = np.bincount(inverse, minlength=len(names))
    labels = np.zeros(len(names), np.int64)
    if y is not None:
        classes, codes = np.unique(np.asarray(y), return_inverse=True)
        counts = np.zeros((len(names), len(classes)), np.int64)
        np.add.at(counts, (inverse, codes), 1)
        labels = counts.argmax(axis=1)
    keys = np.array([hashlib.sha256(f"{salt}\0{name}".encode()).hexdigest() for name in names])
    assigned = np.empty(len(names), dtype=object)
    bounds = np.cumsum(list(fractions.values()))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        members = members[np.argsort(keys[members])]
        ends = np.cumsum(sizes[members])
        middle = (ends - sizes[members] / 2) / ends[-1]  # of each group on the line from 0 to 1; decides its split
        cut = np.searchsorted(bounds - 1e-9, middle)
        assigned[members] = np.array(list(fractions), dtype=object)[np.minimum(cut, len(bounds) - 1)]
    return assigned[inverse].astype(str)


def assign_few(
    groups: Sequence | np.ndarray, y: np.ndarray | None = None, *, fractions: Fractions = FRACTIONS, salt: str = ""
) -> np.ndarray:
    """Assign each example to a split so that none is empty, for few groups or groups of very different sizes.

    Of all ways to assign the groups (of the largest eight; smaller ones stay with the first split), the one whose sizes are
    nearest to the fractions is taken among those in which the first split has every label and the others lack the smallest number
    of labels. Ties are decided by the hash of `salt` and the groups' names.

    Args:
        groups: Group of each example, `(n,)`.
        y: Labels, `(n,)`; None for none.
        fractions: Split name to fraction.
        salt: Text hashed with the names.

    Returns:
        Names of the splits, `(n,)`. A split is empty only if there are fewer groups than splits.

    Example:
        >>> assign_few(["a"] * 8 + ["b", "c"], salt="1").tolist()[7:]
        ['train', 'valid', 'test']
    """
    names, inverse = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    labels = np.zeros(len(inverse), np.int64) if y is None else np.unique(y, return_inverse=True)[1]
    counts = np.zeros((len(names), int(labels.max(initial=0)) + 1), np.int64)
    np.add.at(counts, (inverse, labels), 1)
    keys = [hashlib.sha256(f"{salt}\0{name}".encode()).hexdigest() for name in names]
    order = sorted(range(len(names)), key=lambda i: (-int(counts[i].sum()), keys[i]))
    free = sorted(order[:ENUMERATED], key=keys.__getitem__)
    ways = np.array(list(itertools.product(range(len(fractions)), repeat=len(free))), dtype=np.int64)
    counted = np.stack([(ways == k) @ counts[free] for k in range(len(fractions))], axis=1)  # (ways, splits, labels)
    counted[:, 0] += counts[order[ENUMERATED:]].sum(axis=0)
    lacking = (counted == 0) & (counts.sum(axis=0) > 0)
    sizes = counted.sum(axis=2)
    off = np.abs(sizes / len(inverse) - np.array(list(fractions.values()))).sum(axis=1)
    cost = (
        1e6 * (sizes == 0).sum(axis=1) + 1e4 * lacking[:, 0].sum(axis=1) + 1e2 * lacking[:, 1:].sum(axis=(1, 2)) + off
    )
    part = np.zeros(len(names), np.int64)
    part[free] = ways[np.argmin(np.round(cost, 9))]
    return np.array(list(fractions))[part[inverse]]


def grouped_folds(
    y: np.ndarray, groups: Sequence | np.ndarray, *, folds: int = 10, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return `folds` pairs (train, test) of indices, stratified by label, with no group on both sides.

    Args:
        y: Labels, `(n,)`.
        groups: Group of each example, `(n,)`.
        folds: Number of folds, at least 2.
        seed: Random seed.

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
