"""Operations on DNA: maps from new positions to old ones, so that labels of positions move along, and point mutations.

These are EvoAug's operations, made to keep the length: bases that an insertion pushes over the ends are lost, and positions that a
deletion frees there receive random bases. New bases have class 0 and count 0 in labels of positions.

Source: Lee et al. 2023, doi:10.1186/s13059-023-02941-w.
"""

from __future__ import annotations

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
        if hasattr(self, "most"):
            self.check("most", 1, input.shape[0] // 2)

    def index_map(self, n: Tensor, length: int, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the old position of each new one, and whether its base is complemented.

        The positions are int32 `(n, length)`, negative for a new base; the second is bool of the same shape, or `None`.
        """
        raise NotImplementedError

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        n, length = tf.shape(x)[0], x.shape[1]
        old, complemented = self.index_map(n, length, rng)
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
    """Replace some of the sequences by their reverse complement.

    Args:
        probability: Probability that a sequence is replaced.
    """

    name = "reverse_complement"
    probability: float = ranged(0.5, 0, 1)

    def index_map(self, n, length, rng):
        """Return the old position of each new one."""
        chosen = rng.bernoulli(n, self.probability)[:, None]
        forward = tf.range(length)[None]
        old = tf.where(chosen, length - 1 - forward, forward)
        return old, tf.broadcast_to(chosen, tf.shape(old))


@dataclass(frozen=True)
class Shift(_IndexMap):
    """Shift by up to `most` bases either way; the positions that are freed become N."""

    name = "shift"
    new_bases = "unknown"
    most: int = 3

    def index_map(self, n, length, rng):
        """Return the old position of each new one."""
        old = tf.range(length)[None] - rng.integers((n, 1), -self.most, self.most)
        return tf.where(old < length, old, -1), None


@dataclass(frozen=True)
class Insert(_IndexMap):
    """Insert up to `most` random bases at a random position; both ends are cut."""

    name = "insert"
    most: int = 20

    def index_map(self, n, length, rng):
        """Return the old position of each new one."""
        count, start = rng.integers((n, 1), 0, self.most), rng.integers((n, 1), 0, length)
        along = tf.range(length)[None] + count // 2  # position in the longer sequence, whose middle is kept
        old = tf.where(along < start, along, along - count)
        return tf.where((along >= start) & (along < start + count), -1, old), None


@dataclass(frozen=True)
class Delete(_IndexMap):
    """Delete up to `most` bases at a random position; random bases are added at both ends."""

    name = "delete"
    most: int = 30

    def index_map(self, n, length, rng):
        """Return the old position of each new one."""
        count = rng.integers((n, 1), 0, self.most)
        start = _random_start(length - count, rng)
        along = tf.range(length)[None] - count // 2
        old = tf.where(along < start, along, along + count)
        return tf.where((along >= 0) & (old < length), old, -1), None


@dataclass(frozen=True)
class Invert(_IndexMap):
    """Replace a segment of up to `most` bases by its reverse complement."""

    name = "invert"
    most: int = 20

    def index_map(self, n, length, rng):
        """Return the old position of each new one."""
        count = rng.integers((n, 1), 0, self.most)
        first = _random_start(length - count, rng)
        along = tf.broadcast_to(tf.range(length)[None], (n, length))
        inside = (along >= first) & (along < first + count)
        return tf.where(inside, 2 * first + count - 1 - along, along), inside


@dataclass(frozen=True)
class Translocate(_IndexMap):
    """Cut up to `most` bases off one end and append them to the other."""

    name = "translocate"
    most: int = 20

    def index_map(self, n, length, rng):
        """Return the old position of each new one."""
        return (tf.range(length)[None] - rng.integers((n, 1), -self.most, self.most)) % length, None


@dataclass(frozen=True)
class Mutate(Operation):
    """Replace a fraction `share` of the bases by a random one of the other three; N stays N.

    EvoAug chooses among all four, so that a quarter of its mutations change nothing.
    """

    name = "mutate"
    modality = "dna"
    share: float = ranged(0.05, 0, 1)

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch; see `Operation.apply`."""
        shape = tf.shape(x)
        other = (x + rng.integers(shape, 1, 3)) % 4
        return tf.where((rng.uniform(shape) < self.share) & (x < 4), other, x), labels


def _random_start(last: Tensor, rng: RandomStream) -> Tensor:
    """Return a random position from 0 to `last` for each sequence."""
    found = tf.cast(rng.uniform(tf.shape(last)) * tf.cast(last + 1, tf.float32), tf.int32)
    return tf.minimum(found, last)  # a product can be rounded up
