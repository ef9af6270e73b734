"""Leakage: examples that are, exactly or nearly, in two splits."""

import itertools
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from deepbio.datasets.dataset import Dataset
from deepbio.datasets.similar import near_pairs
from deepbio.datasets.splitting import digests


class Shared(NamedTuple):
    """One example of a split and its copy in another, by their ids; similarity is 1 for identical ones."""

    one: str
    id: str
    other: str
    copy: str
    similarity: float


@dataclass(frozen=True)
class LeakageReport:
    """Examples that two splits share.

    Args:
        exact: Identical examples, one pair of ids for each content that is in two splits.
        near: Near duplicates that are not identical.
        near_rule: Definition of near duplicates; None if they were not searched for.
    """

    exact: list[Shared] = field(repr=False)
    near: list[Shared] = field(repr=False)
    near_rule: str | None

    @property
    def clean(self) -> bool:
        """Whether no two splits share an example, exactly or nearly."""
        return not (self.exact or self.near)

    def counts(self, kind: str = "exact") -> dict[str, int]:
        """Count the shared examples of each pair of splits, such as `{"train-valid": 8}`."""
        return dict(Counter(f"{shared.one}-{shared.other}" for shared in getattr(self, kind)))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary."""
        rows = {kind: [shared._asdict() for shared in getattr(self, kind)] for kind in ("exact", "near")}
        return {**asdict(self), **rows, "exact_counts": self.counts(), "near_counts": self.counts("near")}


_RULES = {
    "dna": "at least half of all 12-mers shared, on either strand",
    "text": "at least half of all runs of three tokens shared",
    "image": "perceptual hashes at most 4 of 64 bits apart and standardised pixels at most 0.12 standard deviations",
}


def check_leakage(data: Dataset, *, near: bool = True) -> LeakageReport:
    """Search for examples that are, exactly or nearly, in two splits.

    Args:
        data: Data set. Near duplicates are searched for in DNA, images and notes; identical examples in all, texts as token ids.
        near: Whether to search for near duplicates, which takes longer.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> check_leakage(load_dataset("ecoli_promoters"), near=False).clean
        True
    """
    splits = dict(data.splits())
    found = {part: digests(split.x) for part, split in splits.items()}
    exact = []
    for one, other in itertools.combinations(splits, 2):
        same, first, second = np.intersect1d(found[one], found[other], return_indices=True)
        ids, copies = splits[one].names(first), splits[other].names(second)
        exact += [Shared(one, id, other, copy, 1.0) for _, id, copy in zip(same, ids, copies, strict=True)]
    rule = _RULES.get(data.input.modality) if near else None
    return LeakageReport(exact, _near(data, found) if rule else [], rule)


def _near(data: Dataset, found: dict[str, np.ndarray]) -> list[Shared]:
    whole = np.concatenate([np.asarray(split.x[np.arange(len(split))]) for _, split in data.splits()])
    names = [(part, id) for part, split in data.splits() for id in split.names(np.arange(len(split)))]
    digest, part = np.concatenate(list(found.values())), np.array([part for part, _ in names])
    pairs, similarity = near_pairs(whole)
    across = (part[pairs[:, 0]] != part[pairs[:, 1]]) & (digest[pairs[:, 0]] != digest[pairs[:, 1]])
    near = zip(pairs[across].tolist(), similarity[across].tolist(), strict=True)
    return [Shared._make((*names[i], *names[j], round(value, 4))) for (i, j), value in near]
