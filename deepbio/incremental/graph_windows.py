"""The windows of a block of substitutions in a graph of TensorFlow, with fixed shapes for every start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.incremental.reach import Reach
from deepbio.incremental.steps import Step, convolve, pooled

Place = Callable[[Any], Any]
_WIDE = 64  # channels from which a convolution of the differences alone, as one product of matrices, is faster


class GraphBlock:
    """One pass over the steps for a block of changed sequences.

    The value of a step with a window is the difference from the reference in that window, `(n, size, channels)`; elsewhere the
    difference is 0. So linear steps never read the reference. A flattened step keeps its window: a dense layer reads that. All
    other values are whole, `(n, ...)`.
    """

    def __init__(self, steps: Sequence[Step], reach: Reach, reference: Sequence[Any], firsts: Any) -> None:
        self.steps, self.reach, self.reference, self.firsts = steps, reach, reference, firsts
        self.values: list[Any] = []
        self.n: Any = None

    def compute(self, k: int) -> Any:
        """Return the value of a step: differences in its window, or whole values."""
        step = self.steps[k]
        if self.reach.sizes[k]:
            return self._window(k)
        if step.kind == "flatten" and self.reach.sizes[step.inputs[0]]:
            return self.values[step.inputs[0]]
        if k not in self.reach.combined:
            return step.call(*(self.whole(j) for j in step.inputs))
        i = self.reach.combined[k]
        if step.kind == "dense":
            return self._dense(k, i)
        if step.kind == "global_mean":
            return self.reference[k] + tf.reduce_sum(self.values[i], axis=1) / self.steps[i].shape[0]
        positions = tf.range(self.steps[i].shape[0]) - self.firsts[i]
        inside = ((positions >= 0) & (positions < self.reach.sizes[i]))[None, :, None]
        outside = tf.reduce_max(tf.where(inside, tf.float32.min, self.reference[i]), axis=1)
        return tf.maximum(tf.reduce_max(self.unchanged(i) + self.values[i], axis=1), outside)

    def _window(self, k: int) -> Any:
        """Return the differences of a step whose positions each see a window of positions."""
        step, size = self.steps[k], self.reach.sizes[k]
        i = step.inputs[0]
        if step.kind == "shift":
            return self._at(i, k, lambda first: first - step.left, size)
        if step.kind == "flip":
            return step.call(self._at(i, k, lambda first: self.steps[i].shape[0] - size - first, size))
        if step.kind == "pointwise":
            changes = [self._at(j, k, lambda first: first, size) for j in step.inputs]
            if step.linear:
                return step.call(*changes) - step.call(*(tf.zeros((1, 1, self.steps[j].shape[1])) for j in step.inputs))
            inputs = (self._unchanged_at(j, k, lambda first: first, size) for j in step.inputs)
            return step.call(*(x + change for x, change in zip(inputs, changes, strict=True))) - self.unchanged(k)

        def begin(first: Any) -> Any:
            return first * step.stride - step.left

        seen = (size - 1) * step.stride + step.span
        if step.kind == "pool":
            change = self._at(i, k, begin, seen)
            if step.pool == "average":
                return pooled(change, size=step.span, stride=step.stride, pool=step.pool)
            x = self._unchanged_at(i, k, begin, seen, fill=tf.float32.min) + change
            maxima = pooled(x, size=step.span, stride=step.stride, pool=step.pool)
            return maxima - self.unchanged(k)
        assert step.weights is not None
        kernel, _ = step.weights()
        if step.stride == 1 and step.span > 1 and kernel.shape[1] >= _WIDE and self.reach.sizes[i] <= size:
            return self._scattered(k, kernel)
        return convolve(self._at(i, k, begin, seen), kernel, None, stride=step.stride, dilation=step.dilation)

    def _scattered(self, k: int, kernel: Any) -> Any:
        """Convolve by one product of matrices, whose rows are added at the positions that they reach."""
        step = self.steps[k]
        i, (taps, channels, filters) = step.inputs[0], kernel.shape
        width, span = self.reach.sizes[i], (taps - 1) * step.dilation
        weights = tf.reshape(tf.transpose(kernel[::-1], (1, 0, 2)), (channels, taps * filters))
        found = tf.matmul(tf.reshape(self.values[i], (-1, channels)), weights)
        found = tf.reshape(found, (self.n, width, taps, filters))
        moves = [step.dilation * tap for tap in range(taps)]
        reached = tf.add_n([
            tf.pad(found[:, :, tap], ((0, 0), (move, span - move), (0, 0))) for tap, move in enumerate(moves)
        ])  # fmt: skip
        offsets = self.reach.firsts[i] + step.left - span - self.reach.firsts[k]
        moved = self.firsts[i] + step.left - span - self.firsts[k]
        return self._placed(reached, width + span, self.reach.sizes[k], offsets, moved)

    def _dense(self, k: int, source: int) -> Any:
        """Add what the window of step `source` changes to the outputs of a dense layer over all positions."""
        step = self.steps[k]
        channels, size = self.steps[source].shape[1], self.reach.sizes[source]
        assert step.weights is not None
        kernel, _ = step.weights()
        rows = _slice(kernel[None], self.firsts[source] * channels, size * channels)[0]
        return self.reference[k] + tf.matmul(tf.reshape(self.values[source], (self.n, size * channels)), rows)

    def unchanged(self, i: int) -> Any:
        """Return the reference's values in the window of step `i`, `(1, size, channels)`."""
        return _slice(self.reference[i], self.firsts[i], self.reach.sizes[i])

    def _unchanged_at(self, i: int, k: int, begin_of: Place, size: int, *, fill: float = 0.0) -> Any:
        """Return the reference's values of step `i` at `size` positions, `fill` beyond the ends; see `_at`."""
        begins, begin, step = begin_of(self.reach.firsts[k]), begin_of(self.firsts[k]), self.steps[i]
        before, after = max(-int(begins.min()), 0), max(int(begins.max()) + size - step.shape[0], 0)
        padded = tf.pad(self.reference[i], ((0, 0), (before, after), (0, 0)), constant_values=fill)
        return _slice(padded, begin + before, size)

    def _at(self, i: int, k: int, begin_of: Place, size: int) -> Any:
        """Return the differences of step `i` at `size` positions.

        Args:
            i: Step whose differences are returned.
            k: Step that reads them.
            begin_of: Function from the first position of the window of step `k` to the first of the positions.
            size: Number of positions.
        """
        begins, begin = begin_of(self.reach.firsts[k]), begin_of(self.firsts[k])
        moves = self.reach.firsts[i] - begins, self.firsts[i] - begin
        return self._placed(self.values[i], self.reach.sizes[i], size, *moves)

    def whole(self, i: int) -> Any:
        """Return all values of step `i` for every changed sequence."""
        step, size = self.steps[i], self.reach.sizes[i]
        if step.kind == "flatten" and self.reach.sizes[step.inputs[0]]:
            return tf.reshape(self.whole(step.inputs[0]), (self.n, step.shape[0]))
        if not size:
            return self.values[i]
        changes = self._placed(self.values[i], size, step.shape[0], self.reach.firsts[i], self.firsts[i])
        return self.reference[i] + changes

    def _placed(self, values: Any, width: int, size: int, offsets: np.ndarray, offset: Any) -> Any:
        """Return `size` positions, of which those from `offset` on are `values`, and 0 elsewhere.

        Args:
            values: `(n, width, channels)`.
            width: Number of positions of the values.
            size: Number of positions that are returned.
            offsets: Every offset that can occur; a negative one leaves out the first values.
            offset: The offset of this block.
        """
        low, high = int(offsets.min()), int(offsets.max())
        if low == high == 0 and width == size:
            return values
        before, after = max(high, 0), max(size - low - width, 0)
        padded = tf.pad(values, ((0, 0), (before, after), (0, 0)))
        return _slice(padded, before - (low if low == high else offset), size)


def _slice(x: Any, begin: Any, size: int) -> Any:
    """Return `size` positions of `(n, positions, channels)` from `begin` on."""
    return tf.slice(x, (0, begin, 0), (-1, size, -1))
