"""The grammar of planted motifs: which stand together, in which order, orientation and distance, and how it is broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from deepbio.datasets.simulate.jaspar import Motif
from deepbio.errors import DataError, nearest

Orientation = Literal["any", "same", "opposite", "plus"]
Order = Literal["any", "given"]


class Site(NamedTuple):
    """Where a motif is put: its number, its first place and whether it lies on the minus strand."""

    motif: int
    start: int
    minus: bool


@dataclass(frozen=True)
class Grammar:
    """What makes a sequence positive: all motifs, side by side, under these rules.

    Args:
        spacing: fewest and most bases between a motif's end and the next one's start.
        orientation: `"any"` strand for each; all on the `"same"` strand; neighbours on `"opposite"` strands; all on `"plus"`.
        order: `"given"` from left to right as listed, or `"any"`.

    Raises:
        DataError: a rule that is none of these.
    """

    spacing: tuple[int, int] = (0, 20)
    orientation: Orientation = "any"
    order: Order = "any"

    def __post_init__(self) -> None:
        for value, valid in ((self.orientation, get_args(Orientation)), (self.order, get_args(Order))):
            if value not in valid:
                raise DataError(f"Unknown rule {value!r}. {nearest(str(value), valid)}")
        low, high = self.spacing
        if not 0 <= low <= high:
            raise DataError(f"spacing is (fewest, most) bases, 0 or more; received {self.spacing}.")
        object.__setattr__(self, "spacing", (int(low), int(high)))

    def sites(self, motifs: Sequence[Motif], length: int, random: np.random.Generator) -> list[Site]:
        """Draw places for all motifs that keep every rule."""
        number = len(motifs)
        gaps = random.integers(self.spacing[0], self.spacing[1] + 1, max(0, number - 1)).tolist()
        return _place(motifs, self._ordered(number, random), self._strands(number, random), gaps, length, random)

    def broken(self, motifs: Sequence[Motif], length: int, random: np.random.Generator) -> tuple[list[Site], str]:
        """Draw places that break exactly one rule, and say which: `alone`, `spacing`, `orientation` or `order`."""
        way = str(random.choice(self.ways(motifs, length)))
        number = len(motifs)
        order, strands = self._ordered(number, random), self._strands(number, random)
        gaps = random.integers(self.spacing[0], self.spacing[1] + 1, max(0, number - 1)).tolist()
        if way == "alone":
            left_out = int(random.integers(number))
            order = [motif for motif in order if motif != left_out]
            strands, gaps = strands[: len(order)], gaps[: max(0, len(order) - 1)]
        elif way == "spacing":
            room = length - sum(map(len, motifs)) - self.spacing[0] * (number - 2)
            one = int(random.integers(number - 1))
            gaps = [self.spacing[0]] * (number - 1)
            gaps[one] = int(random.choice([*range(self.spacing[0]), *range(self.spacing[1] + 1, room + 1)]))
        elif way == "orientation":
            flip = int(random.integers(number))
            strands = [not minus if i == flip else minus for i, minus in enumerate(strands)]
        else:
            while order == sorted(order):
                order = random.permutation(number).tolist()
        return _place(motifs, order, strands, gaps, length, random), way

    def ways(self, motifs: Sequence[Motif], length: int) -> list[str]:
        """Say which rules can be broken."""
        found = ["alone"]
        room = length - sum(map(len, motifs)) - self.spacing[0] * max(0, len(motifs) - 2)
        if len(motifs) > 1 and (self.spacing[0] > 0 or room > self.spacing[1]):
            found.append("spacing")
        if self.orientation == "plus" or (self.orientation != "any" and len(motifs) > 1):
            found.append("orientation")
        if self.order == "given" and len(motifs) > 1:
            found.append("order")
        return found

    def span(self, motifs: Sequence[Motif]) -> int:
        """Return the most bases that all motifs with their spaces can take."""
        return sum(map(len, motifs)) + self.spacing[1] * (len(motifs) - 1)

    def _ordered(self, number: int, random: np.random.Generator) -> list[int]:
        return list(range(number)) if self.order == "given" else random.permutation(number).tolist()

    def _strands(self, number: int, random: np.random.Generator) -> list[bool]:
        if self.orientation == "any":
            return (random.random(number) < 0.5).tolist()
        first = self.orientation != "plus" and bool(random.random() < 0.5)
        return [first ^ (self.orientation == "opposite" and i % 2 == 1) for i in range(number)]


def _place(
    motifs: Sequence[Motif], order: list[int], strands: list[bool], gaps: list[int], length: int,
    random: np.random.Generator,
) -> list[Site]:  # fmt: skip
    total = sum(len(motifs[motif]) for motif in order) + sum(gaps)
    start = int(random.integers(0, length - total + 1))
    sites = []
    for motif, minus, gap in zip(order, strands, [*gaps, 0], strict=False):
        sites.append(Site(motif, start, minus))
        start += len(motifs[motif]) + gap
    return sites
