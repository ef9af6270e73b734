"""Placing examples into train, valid and test: by group, with identical examples together, or as published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from deepbio.datasets.similar import near_groups
from deepbio.datasets.splitting import FRACTIONS, assign_splits
from deepbio.errors import DataError, nearest

Duplicates = Literal["group", "near", "drop", "keep"]
PARTS = ("train", "valid", "test")
DROPPED = ""
_PARTS = {part: part for part in PARTS} | dict.fromkeys(("val", "validation", "dev"), "valid") | {"training": "train"}


class Placement(NamedTuple):
    """Part of each example (`"train"`, `"valid"`, `"test"`, or `""` for dropped) and its group, both strings `(n,)`.

    Groups are None where published splits are kept although they share examples.
    """

    parts: np.ndarray
    groups: np.ndarray | None


def place_examples(
    content: Any,
    y: np.ndarray | None = None,
    *,
    groups: Sequence | np.ndarray | None = None,
    split: Sequence[str] | np.ndarray | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
) -> Placement:
    """Say to which split each example goes.

    Examples with the same content are one group, and groups of yours that share such an example become one. The
    assignment hangs on content, names of groups, `seed` and `fractions` only, not on the order of the examples.

    Args:
        content: the examples: an array or source, or a list of texts.
        y: classes to stratify by, `(n,)`; None for no stratification.
        groups: what must not be shared between splits, `(n,)`, such as patients or chromosomes.
        split: published split of each example: train, valid (or val, validation, dev) or test. Without any valid, a share
            of train is set aside.
        fractions: shares of train, valid and test.
        seed: another seed gives another assignment.
        duplicates: `"group"` keeps identical examples together (and refuses published splits that share some); `"near"`
            keeps near duplicates of DNA or images together too (see `deepbio.datasets.similar`); `"drop"`
            leaves one of them, in published splits the one in test or valid, and none where classes differ; `"keep"`
            takes published splits as they are.

    Raises:
        DataError: an unknown split or option, a split that would be empty, or published splits that share examples.

    Example:
        >>> placed = place_examples(np.arange(20)[:, None], fractions={"train": 0.5, "valid": 0.25, "test": 0.25})
        >>> {part: int((placed.parts == part).sum()) for part in PARTS}
        {'train': 10, 'valid': 5, 'test': 5}
    """
    if duplicates not in get_args(Duplicates):
        raise DataError(f"Unknown duplicates {duplicates!r}. {nearest(str(duplicates), get_args(Duplicates))}")
    if duplicates == "keep" and split is None:
        raise DataError("duplicates='keep' is for published splits: say which example is where with split.")
    if tuple(fractions) != PARTS or min(fractions.values()) <= 0:
        raise DataError(f"The fractions name train, valid and test, each above 0; received {dict(fractions)}.")
    same = digests(content)
    parts = np.full(len(same), "?", dtype="<U5") if split is None else _published(split)
    for what, values in (("groups", groups), ("split", split), ("y", y)):
        if values is not None and len(values) != len(same):
            raise DataError(f"Expected one entry of {what} an example, {len(same)}; received {len(values)}.")
    if duplicates == "drop":
        parts[_superfluous(same, parts, y)] = DROPPED
    merge_splits = same if groups is None else np.asarray(groups).astype(str)
    if groups is not None and duplicates in ("group", "near"):
        merge_splits = join_groups(merge_splits, same)
    if duplicates == "near":
        merge_splits = join_groups(merge_splits, near_groups(content))
    if split is not None and duplicates != "keep":
        _check_disjoint(parts, merge_splits)
    for name, share in (("?", fractions), ("train", _without_test(fractions))):
        if name == "?" or (split is not None and not (parts == "valid").any()):
            here = np.flatnonzero(parts == name)
            if len(here):
                labels = None if y is None else np.asarray(y)[here]
                parts[here] = assign_splits(merge_splits[here], labels, fractions=share, salt=str(seed))
    for part in PARTS:
        if not (parts == part).any():
            if split is not None:
                raise DataError(f"The published splits have no {part} example (any more). Check which rows say {part}.")
            raise DataError(
                f"The {part} split would be empty: {len(same)} examples form {len(np.unique(merge_splits))} groups. Give more "
                "examples or other fractions; where the groups are chromosomes, name those of valid and test; where identical "
                "examples tie your groups together, duplicates='drop'."
            )
    return Placement(parts, None if duplicates == "keep" else merge_splits)


def digests(content: Any) -> np.ndarray:
    """Return 16 hexadecimal digits for each example, `(n,)`: equal content, equal digits.

    Args:
        content: an array or source, read in pieces; a list of texts; or what has `digests()`, such as `ImageFiles`.

    Example:
        >>> found = digests(["well", "ill", "well"])
        >>> bool(found[0] == found[2]), bool(found[0] == found[1])
        (True, False)
    """
    own = getattr(content, "digests", None)
    if own is not None:
        return np.array([digest[:16] for digest in own()], dtype="<U16")
    found = []
    for first in range(0, len(content), 4096):
        if isinstance(content, list):
            rows = [text.encode() for text in content[first : first + 4096]]
        else:
            block = content[np.arange(first, min(first + 4096, len(content)))]
            rows = [row.tobytes() for row in np.ascontiguousarray(block)]
        found += [hashlib.blake2b(row, digest_size=8).hexdigest() for row in rows]
    return np.array(found, dtype="<U16")


def join_groups(groups: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Join groups that share a member of `other`; a merge_splits group has the first of its names.

    Example:
        >>> join_groups(np.array(["ann", "bob", "cem"]), np.array(["x", "x", "y"])).tolist()
        ['ann', 'ann', 'cem']
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, one = np.unique(groups, return_inverse=True)
    two = np.unique(other, return_inverse=True)[1] + len(names)
    n = int(two.max(initial=0)) + 1
    _, component = connected_components(coo_array((np.ones(len(one)), (one, two)), shape=(n, n)), directed=False)
    _, first = np.unique(component[: len(names)], return_index=True)  # names are sorted: the first is the smallest
    return names[first][np.unique(component[one], return_inverse=True)[1]]


def _published(split: Sequence[str] | np.ndarray) -> np.ndarray:
    parts = np.empty(len(split), dtype="<U5")
    for i, name in enumerate(split):
        if str(name).lower() not in _PARTS:
            raise DataError(f"Example {i + 1}: unknown split {str(name)!r}. {nearest(str(name), _PARTS)}")
        parts[i] = _PARTS[str(name).lower()]
    return parts


def _superfluous(same: np.ndarray, parts: np.ndarray, y: np.ndarray | None) -> np.ndarray:
    """Which examples to drop so that one of each content stays, and none where the classes differ."""
    rank = np.select([parts == "test", parts == "valid"], [0, 1], 2)
    order = np.lexsort((rank, same))
    again = np.zeros(len(same), dtype=bool)
    again[order[1:]] = same[order[1:]] == same[order[:-1]]
    if y is not None:
        inverse = np.unique(same, return_inverse=True)[1]
        first = np.zeros(inverse.max(initial=-1) + 1, dtype=np.asarray(y).dtype)
        first[inverse] = y
        torn = np.bincount(inverse, weights=first[inverse] != y) > 0
        again |= torn[inverse]
    return again


def _check_disjoint(parts: np.ndarray, groups: np.ndarray) -> None:
    members = {part: set(groups[parts == part].tolist()) for part in PARTS}
    for one, other in (("train", "test"), ("train", "valid"), ("valid", "test")):
        if shared := members[one] & members[other]:
            pair = [int(np.flatnonzero((parts == part) & (groups == min(shared)))[0]) + 1 for part in (one, other)]
            raise DataError(
                f"The published {one} and {other} splits share {len(shared)} group(s) or identical example(s): examples "
                f"{pair[0]} and {pair[1]} are one. Pass duplicates='drop' to drop identical ones from {one}, or "
                "duplicates='keep' to keep the published protocol; metrics will then flatter the model."
            )


def _without_test(fractions: Mapping[str, float]) -> dict[str, float]:
    both = fractions["train"] + fractions["valid"]
    return {"train": fractions["train"] / both, "valid": fractions["valid"] / both}
