"""`Grammar`: the order, orientation and spacing of planted motifs, and how to break one of these rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from deepbio.datasets.simulate.jaspar import Motif
from deepbio.errors import DataError, nearest

Orientation = Literal["any", "same", "opposite", "plus"]
Order = Literal["any", "given"]


class Site(NamedTuple):
    """Where a motif is planted: its index, its first position, and whether it is on the minus strand."""

    motif: int
    start: int
    minus: bool


@dataclass(frozen=True)
class Grammar:
    """The rules that a positive sequence follows: all motifs, side by side.

    Args:
        spacing: Minimum and maximum number of bases between a motif's end and the next one's start.
        orientation: `"any"` strand for each; all on the `"same"` strand; neighbours on `"opposite"` strands; all on `"plus"`.
        order: `"given"` from left to right as listed, or `"any"`.

    Raises:
        DataError: A rule is none of these.
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
            raise DataError(f"spacing is (minimum, maximum) bases, 0 or more; received {self.spacing}.")
        object.__setattr__(self, "spacing", (int(low), int(high)))

    def sites(self, motifs: Sequence[Motif], length: int, rng: np.random.Generator) -> list[Site]:
        """Draw sites for all motifs that follow every rule."""
        gaps = self._gaps(len(motifs), rng)
        return _place(motifs, self._order(len(motifs), rng), self._strands(len(motifs), rng), gaps, length, rng)

    def broken(self, motifs: Sequence[Motif], length: int, rng: np.random.Generator) -> tuple[list[Site], str]:
        """Draw sites that break exactly one rule; return them and `alone`, `spacing`, `orientation` or `order`."""
        rule = str(rng.choice(self.breakable(motifs, length)))
        number = len(motifs)
        order, strands = self._order(number, rng), self._strands(number, rng)
        gaps = self._gaps(number, rng)
        if rule == "alone":
            left_out = int(rng.integers(number))
            order = [motif for motif in order if motif != left_out]
            strands, gaps = strands[: len(order)], gaps[: max(0, len(order) - 1)]
        elif rule == "spacing":
            low, high = self.spacing
            room = self._room(motifs, length)
            one = int(rng.integers(number - 1))
            gaps = [low] * (number - 1)
            gaps[one] = int(rng.choice([*range(low), *range(high + 1, room + 1)]))
        elif rule == "orientation":
            flip = int(rng.integers(number))
            strands = [not minus if i == flip else minus for i, minus in enumerate(strands)]
        else:
            while order == sorted(order):
                order = rng.permutation(number).tolist()
        return _place(motifs, order, strands, gaps, length, rng), rule

    def breakable(self, motifs: Sequence[Motif], length: int) -> list[str]:
        """Return the rules that can be broken."""
        several = len(motifs) > 1
        found = ["alone"]
        if several and (self.spacing[0] > 0 or self._room(motifs, length) > self.spacing[1]):
            found.append("spacing")
        if self.orientation == "plus" or (self.orientation != "any" and several):
            found.append("orientation")
        if self.order == "given" and several:
            found.append("order")
        return found

    def span(self, motifs: Sequence[Motif]) -> int:
        """Return the maximum length of all motifs with their gaps."""
        return sum(map(len, motifs)) + self.spacing[1] * (len(motifs) - 1)

    def _room(self, motifs: Sequence[Motif], length: int) -> int:
        """Return the maximum length of one gap if all others are as short as possible."""
        return length - sum(map(len, motifs)) - self.spacing[0] * max(0, len(motifs) - 2)

    def _gaps(self, number: int, rng: np.random.Generator) -> list[int]:
        return rng.integers(self.spacing[0], self.spacing[1] + 1, max(0, number - 1)).tolist()

    def _order(self, number: int, rng: np.random.Generator) -> list[int]:
        return list(range(number)) if self.order == "given" else rng.permutation(number).tolist()

    def _strands(self, number: int, rng: np.random.Generator) -> list[bool]:
        if self.orientation == "any":
            return (rng.random(number) < 0.5).tolist()
        first = self.orientation != "plus" and bool(rng.random() < 0.5)
        return [first ^ (self.orientation == "opposite" and i % 2 == 1) for i in range(number)]


def _place(
    motifs: Sequence[Motif],
    order: list[int],
    strands: list[bool],
    gaps: list[int],
    length: int,
    rng: np.random.Generator,
) -> list[Site]:
    total = sum(len(motifs[motif]) for motif in order) + sum(gaps)
    start = int(rng.integers(0, length - total + 1))
    sites = []
    for motif, minus, gap in zip(order, strands, [*gaps, 0], strict=False):
        sites.append(Site(motif, start, minus))
        start += len(motifs[motif]) + gap
    return sites
