"""Changes of where bases are: each is a map from new positions to old ones, so that labels of positions move along.

EvoAug's set, made to keep the length: what an insertion pushes out at the ends is lost, and what a deletion leaves free there is
filled with random bases. New bases have class 0 and count 0 in labels of positions.

Source: Lee et al. 2023, doi:10.1186/s13059-023-02941-w.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.augment.operation import Operation, between
from deepbio.specs import ModelInput, Task

_UNKNOWN = 4  # the code of N


@dataclass(frozen=True)
class _Move(Operation):
    """A map of positions."""

    modality = "dna"
    new: ClassVar[str] = "random"  # what stands where nothing was: random bases, or N

    def prepare(self, input: ModelInput, task: Task) -> None:
        if hasattr(self, "most"):
            between(f"{self.name}: most", self.most, 1, input.shape[0] // 2)  # type: ignore[attr-defined]
        if hasattr(self, "probability"):
            between(f"{self.name}: probability", self.probability, 0, 1)  # type: ignore[attr-defined]

    def places(self, n: Tensor, length: int, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Return the old position of each new one, int32 `(n, length)`, negative for a new base, and whether it is read from the
        other strand, bool likewise or `None`."""
        raise NotImplementedError

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        n, length = tf.shape(x)[0], x.shape[1]
        old, other_strand = self.places(n, length, draws)
        fresh = draws.integers((n, length), 0, 3) if self.new == "random" else tf.fill((n, length), _UNKNOWN)
        moved = tf.gather(x, tf.maximum(old, 0), batch_dims=1)
        if other_strand is not None:
            moved = tf.where(other_strand & (moved < 4), 3 - moved, moved)
        if parts is not None:
            along = tf.gather(parts, tf.maximum(old, 0), batch_dims=1)
            parts = tf.where((old < 0)[..., None], tf.zeros_like(along), along)
        return tf.where(old < 0, fresh, moved), parts


@dataclass(frozen=True)
class ReverseComplement(_Move):
    """Read the other strand of some of the sequences.

    Args:
        probability: that a sequence is read so.
    """

    name = "reverse_complement"
    probability: float = 0.5

    def places(self, n, length, draws):
        """Return the old position of each new one."""
        chosen = draws.chosen(n, self.probability)[:, None]
        forward = tf.range(length)[None]
        old = tf.where(chosen, length - 1 - forward, forward)
        return old, tf.broadcast_to(chosen, tf.shape(old))


@dataclass(frozen=True)
class Shift(_Move):
    """Move by up to `most` bases either way; N stands where nothing was."""

    name = "shift"
    new = "unknown"
    most: int = 3

    def places(self, n, length, draws):
        """Return the old position of each new one."""
        old = tf.range(length)[None] - draws.integers((n, 1), -self.most, self.most)
        return tf.where(old < length, old, -1), None


@dataclass(frozen=True)
class Insert(_Move):
    """Put up to `most` random bases in, anywhere; both ends give way."""

    name = "insert"
    most: int = 20

    def places(self, n, length, draws):
        """Return the old position of each new one."""
        count, at = draws.integers((n, 1), 0, self.most), draws.integers((n, 1), 0, length)
        along = tf.range(length)[None] + count // 2  # place in the longer sequence, whose middle is kept
        old = tf.where(along < at, along, along - count)
        return tf.where((along >= at) & (along < at + count), -1, old), None


@dataclass(frozen=True)
class Delete(_Move):
    """Take up to `most` bases out, anywhere; random bases are put at both ends."""

    name = "delete"
    most: int = 30

    def places(self, n, length, draws):
        """Return the old position of each new one."""
        count = draws.integers((n, 1), 0, self.most)
        at = _place(length - count, draws)
        along = tf.range(length)[None] - count // 2
        old = tf.where(along < at, along, along + count)
        return tf.where((along >= 0) & (old < length), old, -1), None


@dataclass(frozen=True)
class Invert(_Move):
    """Turn a piece of up to `most` bases round: its reverse complement stands in its place."""

    name = "invert"
    most: int = 20

    def places(self, n, length, draws):
        """Return the old position of each new one."""
        count = draws.integers((n, 1), 0, self.most)
        first = _place(length - count, draws)
        along = tf.broadcast_to(tf.range(length)[None], (n, length))
        inside = (along >= first) & (along < first + count)
        return tf.where(inside, 2 * first + count - 1 - along, along), inside


@dataclass(frozen=True)
class Translocate(_Move):
    """Cut up to `most` bases off one end and put them on the other."""

    name = "translocate"
    most: int = 20

    def places(self, n, length, draws):
        """Return the old position of each new one."""
        return (tf.range(length)[None] - draws.integers((n, 1), -self.most, self.most)) % length, None


@dataclass(frozen=True)
class Mutate(Operation):
    """Put a random one of the other three bases in the place of a `share` of them; N stays N.

    (EvoAug draws from all four, so that a quarter of its mutations change nothing.)
    """

    name = "mutate"
    modality = "dna"
    share: float = 0.05

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("mutate: share", self.share, 0, 1)

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Change a batch; see `Operation.apply`."""
        shape = tf.shape(x)
        other = (x + draws.integers(shape, 1, 3)) % 4
        return tf.where((draws.uniform(shape) < self.share) & (x < 4), other, x), parts


def _place(last: Tensor, draws: Draws) -> Tensor:
    """Return a place from 0 to `last`, another one for each sequence."""
    found = tf.cast(draws.uniform(tf.shape(last)) * tf.cast(last + 1, tf.float32), tf.int32)
    return tf.minimum(found, last)  # a product can be rounded up
