"""Delta scores of background SNVs: random substitutions in a megabase, scored once and stored beside the weights of a model."""

from __future__ import annotations

import bisect
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.variants.rules import SCORES

FILE = "background.json"
KINDS = ("0 to 2", "3 to 10", "11 to 50", "more than 50")
"""Kinds of SNV: distance in bases from the nearest exon boundary, which is the first or last base of an exon."""
COLUMNS = (*SCORES, "DS")
"""Scores of a background: the four delta scores and the largest of them."""
_LAST = (2, 10, 50)
_BINS = 101  # scores of two decimals, as in a VCF


def kind_of(distance: int) -> str:
    """Return the kind of an SNV at a signed distance from the nearest exon boundary.

    Example:
        >>> kind_of(-2), kind_of(51)
        ('0 to 2', 'more than 50')
    """
    return KINDS[bisect.bisect_left(_LAST, abs(distance))]


@dataclass(frozen=True)
class Background:
    """Histograms of the delta scores of background SNVs, rounded to two decimals.

    Args:
        facts: Model, genome, annotation, distance, seed and licence, as they are stored.
        counts: Number of SNVs by kind, whether masked, and column of `COLUMNS`, at each score from 0.00 to 1.00.
    """

    facts: dict[str, Any]
    counts: dict[str, dict[bool, dict[str, list[int]]]]

    def size(self, kind: str) -> int:
        """Return the number of background SNVs of a kind."""
        return sum(self.counts[kind][False]["DS"])

    def rank(self, kind: str, column: str, score: float, *, masked: bool) -> tuple[int, int]:
        """Return how many background SNVs of a kind have a lower score, both rounded to two decimals, and how many there are.

        Example:
            >>> counts = background_counts([("0 to 2", (0.1, 0, 0, 0), (0, 0, 0, 0)), ("0 to 2", (0.3, 0, 0, 0), (0, 0, 0, 0))])
            >>> Background({}, counts).rank("0 to 2", "DS_AG", 0.3, masked=False)
            (1, 2)
        """
        counts = self.counts[kind][masked][column]
        return sum(counts[: _bin(score)]), sum(counts)


def percentile_text(lower: int, size: int) -> str:
    """Return the percentage of lower scores as text with one decimal, rounded down; never more than a background can show.

    A score above all of a background is above the percentage that one SNV less would be.

    Args:
        lower: Number of background SNVs with a lower score.
        size: Number of background SNVs.

    Example:
        >>> percentile_text(2999, 3000), percentile_text(3000, 3000), percentile_text(200, 200)
        ('99.9', '>99.9', '>99.5')
    """
    tenths = 1000 * min(lower, size - 1) // size
    return f"{'>' if lower == size else ''}{tenths // 10}.{tenths % 10}"


def background_counts(
    scored: Sequence[tuple[str, Sequence[float], Sequence[float]]],
) -> dict[str, dict[bool, dict[str, list[int]]]]:
    """Return the counts of a `Background`.

    Args:
        scored: Kind, the four delta scores, and the four masked ones of each SNV.
    """
    counts = {kind: {masked: {column: [0] * _BINS for column in COLUMNS} for masked in (False, True)} for kind in KINDS}
    for kind, raw, hidden in scored:
        for masked, scores in ((False, raw), (True, hidden)):
            for column, score in zip(COLUMNS, (*scores, max(scores)), strict=True):
                counts[kind][masked][column][_bin(score)] += 1
    return counts


def write_background(path: Path, background: Background) -> None:
    """Write a background as JSON; counts as pairs of score and number."""
    content = {
        **background.facts,
        "kinds": {
            kind: {
                name: {column: _pairs(counts[masked][column]) for column in COLUMNS}
                for name, masked in (("raw", False), ("masked", True))
            }
            for kind, counts in background.counts.items()
        },
    }
    path.write_text(json.dumps(content, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")


def read_background(path: Path) -> Background:
    """Read what `write_background` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    kinds = content.pop("kinds")
    counts = {
        kind: {masked: {c: _counts(kinds[kind][name][c]) for c in COLUMNS} for name, masked in _NAMES} for kind in KINDS
    }
    return Background(content, counts)


_NAMES = (("raw", False), ("masked", True))


def _bin(score: float) -> int:
    return int(np.clip(round(100 * score), 0, _BINS - 1))


def _pairs(counts: Sequence[int]) -> list[int]:
    return list(itertools.chain.from_iterable((i, n) for i, n in enumerate(counts) if n))


def _counts(pairs: Sequence[int]) -> list[int]:
    counts = [0] * _BINS
    for i, n in zip(pairs[::2], pairs[1::2], strict=True):
        counts[i] = n
    return counts


def background_of(weights: str, distance: int) -> tuple[Background | None, str]:
    """Return the background of weights, or None and the reason why there is none.

    Args:
        weights: Weights as for `splice`.
        distance: Distance of the scores; a background is of one distance.
    """
    from deepbio.variants.worker import WEIGHTS
    from deepbio.zoo.get_model import preset_folder

    folder = preset_folder(WEIGHTS.get(weights, weights))
    path = None if folder is None else folder / FILE
    if path is None or not path.is_file():
        return None, f"the weights {Path(weights).name} come without background scores"
    background = read_background(path)
    if background.facts["distance"] != distance:
        return None, f"the background scores are of a distance of {background.facts['distance']}, not {distance}"
    return background, ""
