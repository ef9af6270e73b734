"""Assign examples to splits and folds that never share a group: by hash, with identical examples together, or as published."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from deepbio.datasets.assign import ENUMERATED, FRACTIONS, assign_few, assign_splits
from deepbio.datasets.similar import connected, near_groups
from deepbio.datasets.split import blocks
from deepbio.errors import DataError, nearest

log = logging.getLogger("deepbio")

SPLITS = tuple(FRACTIONS)
Duplicates = Literal["group", "near", "drop", "keep"]
_DROPPED = ""
_NAMES = {name: name for name in SPLITS} | {"val": "valid", "validation": "valid", "dev": "valid", "training": "train"}


class Assignment(NamedTuple):
    """Split of each example (`"train"`, `"valid"`, `"test"`, or `""` for dropped) and its group, both strings `(n,)`.

    `groups` is None if published splits are kept although they share examples.
    """

    splits: np.ndarray
    groups: np.ndarray | None


def split_examples(
    content: Any,
    y: np.ndarray | None = None,
    *,
    groups: Sequence | np.ndarray | None = None,
    split: Sequence[str] | np.ndarray | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
) -> Assignment:
    """Assign each example to a split.

    Examples with the same content form one group, and groups that share such an example are merged. The assignment depends
    only on the content, the names of the groups, `seed` and `fractions`, not on the order of the examples.

    Args:
        content: Examples: an array, a source or a list of texts.
        y: Classes to stratify by, `(n,)`; None for no stratification.
        groups: Group of each example, `(n,)`, such as the patient or the chromosome. No group is in two splits.
        split: Published split of each example: train, valid (or val, validation, dev) or test. Without valid, a fraction of
            train is set aside.
        fractions: Fractions of train, valid and test.
        seed: Random seed of the assignment.
        duplicates: `"group"` keeps identical examples together (and refuses published splits that share some); `"near"`
            also keeps near duplicates of DNA, images or notes together (see `deepbio.datasets.similar`); `"drop"` keeps one of
            them (of published splits the one in test or valid), and none if their classes differ; `"keep"` uses published
            splits as they are.

    Raises:
        DataError: an unknown split or option, a split that would be empty, or published splits that share examples.

    Example:
        >>> assigned = split_examples(np.arange(20)[:, None], fractions={"train": 0.5, "valid": 0.25, "test": 0.25})
        >>> {name: int((assigned.splits == name).sum()) for name in SPLITS}
        {'train': 10, 'valid': 5, 'test': 5}
    """
    if duplicates not in get_args(Duplicates):
        raise DataError(f"Unknown duplicates {duplicates!r}. {nearest(str(duplicates), get_args(Duplicates))}")
    if duplicates == "keep" and split is None:
        raise DataError("duplicates='keep' is for published splits: name the split of each example with split.")
    if tuple(fractions) != SPLITS or min(fractions.values()) <= 0:
        raise DataError(f"The fractions name train, valid and test, each above 0; received {dict(fractions)}.")
    same = digests(content)
    splits = np.full(len(same), "?", dtype="<U5") if split is None else _published(split)
    for what, values in (("groups", groups), ("split", split), ("y", y)):
        if values is not None and len(values) != len(same):
            raise DataError(f"Expected one entry of {what} per example, {len(same)}; received {len(values)}.")
    if duplicates == "drop":
        splits[_superfluous(same, splits, y)] = _DROPPED
    merged = same if groups is None else np.asarray(groups).astype(str)
    if groups is not None and duplicates in ("group", "near"):
        merged = merge_groups(merged, same)
    if duplicates == "near":
        merged = merge_groups(merged, near_groups(content))
    if split is not None and duplicates != "keep":
        _check_disjoint(splits, merged)
    name, parts = "?", fractions
    if split is not None:
        both = fractions["train"] + fractions["valid"]
        name, parts = "train", {part: fractions[part] / both for part in ("train", "valid")}
    here = np.flatnonzero(splits == name)
    if len(here) and not (splits == "valid").any():
        labels = None if y is None else np.asarray(y)[here]
        assigned = assign_splits(merged[here], labels, fractions=parts, salt=str(seed))
        few = labels is not None and len(np.unique(merged[here])) <= ENUMERATED
        lacking = few and len(np.unique(labels[assigned == "train"])) < len(np.unique(labels))  # type: ignore[index]
        if lacking or set(parts) - set(assigned.tolist()):
            assigned = assign_few(merged[here], labels, fractions=parts, salt=str(seed))
        splits[here] = assigned
    for name in SPLITS:
        if not (splits == name).any():
            if split is not None:
                raise DataError(f"The published splits have no {name} example (any more). Check which rows say {name}.")
            raise DataError(_too_few(name, same, merged, groups))
    return Assignment(splits, None if duplicates == "keep" else merged)


def keep_inputs_together(
    assignment: Assignment, inputs: np.ndarray, y: np.ndarray | None = None, *, published: bool, duplicates: Duplicates
) -> Assignment:
    """Keep examples whose model inputs are identical in one split, although their contents differ (notes as token ids).

    Their groups are merged, and a merged group that is in several splits moves to the first of train, valid and test that it
    is in. Published splits are refused instead, and `duplicates="drop"` drops examples as `split_examples` does. If a split
    would become empty, nothing changes and a warning says so.

    Args:
        assignment: Splits and groups by content.
        inputs: Model inputs, `(n, ...)`.
        y: Classes, `(n,)`, for `duplicates="drop"`.
        published: Whether the splits are published.
        duplicates: Option of `split_examples`; `"keep"` changes nothing.

    Raises:
        DataError: published splits share an input.

    Example:
        >>> assignment = Assignment(np.array(["train", "test", "valid", "test"]), np.array(["a", "b", "c", "d"]))
        >>> ids = np.array([[5, 1], [5, 1], [5, 2], [5, 3]])
        >>> keep_inputs_together(assignment, ids, published=False, duplicates="group").splits.tolist()
        ['train', 'train', 'valid', 'test']
    """
    if assignment.groups is None:
        return assignment
    splits, groups = assignment.splits.copy(), assignment.groups.copy()
    here = np.flatnonzero(splits != _DROPPED)
    same = digests(inputs)[here]
    moved = np.zeros(len(splits), dtype=bool)
    if duplicates == "drop":
        moved[here[_superfluous(same, splits[here], None if y is None else np.asarray(y)[here])]] = True
        splits[moved] = _DROPPED
    else:
        groups[here] = merge_groups(groups[here], same)
        if published:
            _check_disjoint(splits, groups)
        member = np.unique(groups, return_inverse=True)[1]
        rank = np.array([len(SPLITS) if name == _DROPPED else SPLITS.index(name) for name in splits])
        first = np.full(member.max() + 1, len(SPLITS))
        np.minimum.at(first, member, rank)
        moved[here] = (rank != first[member])[here]
        splits[moved] = np.array(SPLITS)[first[member[moved]]]
    if not moved.any():
        return Assignment(splits, groups)
    if set(SPLITS) - set(splits.tolist()):
        log.warning(
            "%d examples are the same to the model as an example of another split, and too few would remain without them: metrics "
            "will flatter the model. Check what it reads: numbers and rare words may be one token.", moved.sum(),
        )  # fmt: skip
        return assignment
    what = "left out" if duplicates == "drop" else "moved to another split"
    log.warning("%d examples %s, because the model reads the same there.", moved.sum(), what)
    return Assignment(splits, groups)


def identical(x: np.ndarray) -> np.ndarray:
    """Return for each example the number of the first example with the same bytes, int64 `(n,)`.

    Example:
        >>> identical(np.array([[1, 2], [3, 4], [1, 2]])).tolist()
        [0, 1, 0]
    """
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(hashlib.sha256(row.tobytes()).digest(), i) for i, row in enumerate(x)], np.int64)


def digests(content: Any) -> np.ndarray:
    """Return 16 hexadecimal digits for each example, `(n,)`, equal for equal content.

    Args:
        content: Array or source, read in blocks; list of texts; or object with a method `digests`, such as `ImageFiles`.

    Example:
        >>> found = digests(["well", "ill", "well"])
        >>> bool(found[0] == found[2]), bool(found[0] == found[1])
        (True, False)
    """
    if hasattr(content, "digests"):
        return np.array([digest[:16] for digest in content.digests()], dtype="<U16")
    if isinstance(content, list):
        rows = (text.encode() for text in content)
    else:
        rows = (row.tobytes() for block in blocks(content) for row in block)
    return np.array([hashlib.blake2b(row, digest_size=8).hexdigest() for row in rows], dtype="<U16")


def merge_groups(groups: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Merge groups that share a member of `other`; a merged group has the first of their names in sorted order.

    Example:
        >>> merge_groups(np.array(["ann", "bob", "cem"]), np.array(["x", "x", "y"])).tolist()
        ['ann', 'ann', 'cem']
    """
    names, one = np.unique(groups, return_inverse=True)
    two = np.unique(other, return_inverse=True)[1] + len(names)
    component = connected(one, two, int(two.max(initial=0)) + 1)
    _, first = np.unique(component[: len(names)], return_index=True)  # names are sorted: the first is the smallest
    return names[first][np.unique(component[one], return_inverse=True)[1]]


def _published(split: Sequence[str] | np.ndarray) -> np.ndarray:
    for i, name in enumerate(split):
        if str(name).lower() not in _NAMES:
            raise DataError(f"Example {i + 1}: unknown split {str(name)!r}. {nearest(str(name), _NAMES)}")
    return np.array([_NAMES[str(name).lower()] for name in split], dtype="<U5")


def _too_few(name: str, same: np.ndarray, merged: np.ndarray, groups: Any) -> str:
    """Return the message for a split that would be empty."""
    n, found = len(same), len(np.unique(merged))
    message = (
        f"The {name} split would be empty: {n} examples form {found} groups, and three splits need at least three. "
    )
    if groups is None:
        return message + "Most examples are identical: check what the model reads, or add examples."
    given = np.unique(np.asarray(groups).astype(str))
    if all(group.lower().startswith("chr") for group in given):
        return (
            message + "Groups are chromosomes: name those of valid and test, such as valid=['chr3'], or add examples."
        )
    if len(given) > found:
        return message + (
            f"Identical examples merge your {len(given)} groups: pass duplicates='drop' (on the command line --data "
            "duplicates=drop), or add examples."
        )
    return message + "Add groups, choose a finer group, or leave the group out if examples do not depend on each other."


def _superfluous(same: np.ndarray, splits: np.ndarray, y: np.ndarray | None) -> np.ndarray:
    """Return which examples to drop so that one of each content remains, and none if the classes differ."""
    rank = np.select([splits == "test", splits == "valid"], [0, 1], 2)
    order = np.lexsort((rank, same))
    again = np.zeros(len(same), dtype=bool)
    again[order[1:]] = same[order[1:]] == same[order[:-1]]
    if y is not None:
        inverse = np.unique(same, return_inverse=True)[1]
        first = np.zeros(inverse.max(initial=-1) + 1, dtype=np.asarray(y).dtype)
        first[inverse] = y
        contradictory = np.bincount(inverse, weights=first[inverse] != y) > 0
        again |= contradictory[inverse]
    return again


def _check_disjoint(splits: np.ndarray, groups: np.ndarray) -> None:
    members = {name: set(groups[splits == name].tolist()) for name in SPLITS}
    for one, other in (("train", "test"), ("train", "valid"), ("valid", "test")):
        if shared := members[one] & members[other]:
            pair = [int(np.flatnonzero((splits == name) & (groups == min(shared)))[0]) + 1 for name in (one, other)]
            raise DataError(
                f"The published {one} and {other} splits share {len(shared)} group(s) or identical example(s): examples "
                f"{pair[0]} and {pair[1]} are one. Pass duplicates='drop' (on the command line --data duplicates=drop) to drop "
                f"identical ones from {one}, or duplicates='keep' to keep the published protocol; metrics will then flatter the "
                "model."
            )
