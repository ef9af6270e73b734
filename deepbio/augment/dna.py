"""Operations on DNA: maps from new positions to old ones, so that labels of positions move along, and point mutations.

These are EvoAug's operations, made to keep the length: bases that an insertion pushes over the ends are lost, and positions that a
deletion frees there receive random bases. New bases have class 0 and count 0 in labels of positions.

Source: Lee et al. 2023, doi:10.1186/s13059-023-02941-w.
"""

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from deepbio.augment.operation import Operation, ranged
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.specs import ModelInput, Task

_UNKNOWN = 4  # the code of N


@dataclass(frozen=True)
class _IndexMap(Operation):
    """An operation that rearranges bases."""

    modality = "dna"
    new_bases: ClassVar[str] = "random"  # or "unknown", for N

    def prepare(self, input: ModelInput, task: Task) -> None:
        super().prepare(input, task)
        if hasattr(self, "max_bases"):
            self.check("max_bases", 1, input.shape[0] // 2)

    def _index_map(self, n: Tensor, length: int, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the old position of each new one, and whether its base is complemented.

        The positions are int32 `(n, length)`, negative for a new base; the second is bool of the same shape, or `None`.
        """
        raise NotImplementedError

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        n, length = tf.shape(x)[0], x.shape[1]
        old, complemented = self._index_map(n, length, rng)
        new = rng.integers((n, length), 0, 3) if self.new_bases == "random" else tf.fill((n, length), _UNKNOWN)
        moved = tf.gather(x, tf.maximum(old, 0), batch_dims=1)
        if complemented is not None:
            moved = tf.where(complemented & (moved < 4), 3 - moved, moved)
        if labels is not None:
            along = tf.gather(labels, tf.maximum(old, 0), batch_dims=1)
            labels = tf.where((old < 0)[..., None], tf.zeros_like(along), along)
        return tf.where(old < 0, new, moved), labels


@dataclass(frozen=True)
class ReverseComplement(_IndexMap):
    """Replace sequences by their reverse complement, each with `probability`."""

    name = "reverse_complement"
    probability: float = ranged(0.5, 0, 1)

    def _index_map(self, n, length, rng):
        chosen = rng.bernoulli(n, self.probability)[:, None]
        old = tf.where(chosen, length - 1 - tf.range(length)[None], tf.range(length)[None])
        return old, tf.broadcast_to(chosen, tf.shape(old))


@dataclass(frozen=True)
class Shift(_IndexMap):
    """Shift by up to `max_bases` bases either way; the positions that are freed become N."""

    name = "shift"
    new_bases = "unknown"
    max_bases: int = 3

    def _index_map(self, n, length, rng):
        old = tf.range(length)[None] - rng.integers((n, 1), -self.max_bases, self.max_bases)
        return tf.where(old < length, old, -1), None


@dataclass(frozen=True)
class Insert(_IndexMap):
    """Insert up to `max_bases` random bases at a random position; both ends are cut."""

    name = "insert"
    max_bases: int = 20

    def _index_map(self, n, length, rng):
        count, start = rng.integers((n, 1), 0, self.max_bases), rng.integers((n, 1), 0, length)
        along = tf.range(length)[None] + count // 2  # position in the longer sequence, whose middle is kept
        old = tf.where(along < start, along, along - count)
        return tf.where((along >= start) & (along < start + count), -1, old), None


@dataclass(frozen=True)
class Delete(_IndexMap):
    """Delete up to `max_bases` bases at a random position; random bases are added at both ends."""

    name = "delete"
    max_bases: int = 30

    def _index_map(self, n, length, rng):
        count, start = _segment(n, self.max_bases, length, rng)
        along = tf.range(length)[None] - count // 2
        old = tf.where(along < start, along, along + count)
        return tf.where((along >= 0) & (old < length), old, -1), None


@dataclass(frozen=True)
class Invert(_IndexMap):
    """Replace a segment of up to `max_bases` bases by its reverse complement."""

    name = "invert"
    max_bases: int = 20

    def _index_map(self, n, length, rng):
        count, first = _segment(n, self.max_bases, length, rng)
        along = tf.broadcast_to(tf.range(length)[None], (n, length))
        inside = (along >= first) & (along < first + count)
        return tf.where(inside, 2 * first + count - 1 - along, along), inside


@dataclass(frozen=True)
class Translocate(_IndexMap):
    """Cut up to `max_bases` bases off one end and append them to the other."""

    name = "translocate"
    max_bases: int = 20

    def _index_map(self, n, length, rng):
        return (tf.range(length)[None] - rng.integers((n, 1), -self.max_bases, self.max_bases)) % length, None


@dataclass(frozen=True)
class Mutate(Operation):
    """Replace a `fraction` of the bases by a random one of the other three; N stays N.

    EvoAug chooses among all four, so that a quarter of its mutations change nothing.
    """

    name = "mutate"
    modality = "dna"
    fraction: float = ranged(0.05, 0, 1)

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch; see `Operation.apply`."""
        other = (x + rng.integers(tf.shape(x), 1, 3)) % 4
        return tf.where((rng.uniform(tf.shape(x)) < self.fraction) & (x < 4), other, x), labels


def _segment(n: Tensor, max_bases: int, length: int, rng: RandomStream) -> tuple[Tensor, Tensor]:
    """Return the length of a random segment of each sequence, and its first position."""
    count = rng.integers((n, 1), 0, max_bases)
    last = length - count
    start = tf.cast(rng.uniform(tf.shape(last)) * tf.cast(last + 1, tf.float32), tf.int32)
    return count, tf.minimum(start, last)  # a product can be rounded up
