"""Exact fast inference of substitutions in any DNA model: each step recomputes only the positions that a change reaches.

The window of a block of substitutions grows with every convolution and shrinks with every pool, crop and with what the outputs need.
Dense layers over all positions add what the window changes. A layer that combines all positions in another way (attention, recurrence)
runs whole. The idea is fastISM's (Nair et al. 2022, doi:10.1093/bioinformatics/btac135); here the windows of a block are one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from deepbio.incremental.compiled import Compiled, one_hot
from deepbio.incremental.program import read_program
from deepbio.incremental.reach import Reach, reach_of
from deepbio.incremental.steps import Step, convolve, pooled

if TYPE_CHECKING:
    import keras

Place = Callable[[Any], Any]
_WORTH_COMPILING = 2e10  # multiplications from which XLA saves more time than it takes to compile
_WIDE = 64  # channels from which a convolution of the differences alone, as one product of matrices, is faster


class Substitutions:
    """A DNA model applied to a sequence and to many sequences that differ from it inside a window.

    Args:
        model: Model from one-hot DNA `(batch, length, 4)` (`deepbio.zoo.one_hot_model`) to any outputs.

    Raises:
        ModelError: The model has no graph of layers.

    Example:
        >>> from deepbio.zoo import get_model, one_hot_model
        >>> changes = Substitutions(one_hot_model(get_model("deepbind", input_shape=40, outputs=1)))
        >>> reference = changes.reference(np.zeros(40, np.uint8))
        >>> changes(reference, first=3, codes=np.array([[1], [2]], np.uint8)).shape
        (2, 1)
    """

    def __init__(self, model: keras.Model) -> None:
        self.steps = read_program(model)
        self._reference = Compiled(self._run_reference)
        self._changed: dict[tuple[int, bool], tuple[Reach, Compiled]] = {}

    @property
    def whole_layers(self) -> tuple[str, ...]:
        """Names of the steps that combine positions in another way than a window does, and so run whole."""
        return tuple(
            step.name
            for step in self.steps
            if step.kind == "whole" and any(self.steps[i].is_positional for i in step.inputs)
        )

    def reference(self, codes: np.ndarray) -> list[Any]:
        """Compute the values of every step for one sequence, uint8 `(length,)`."""
        return self._reference([tf.TensorSpec((self.steps[0].shape[0],), tf.uint8)], tf.constant(codes))

    def outputs(self, reference: Sequence[Any]) -> np.ndarray:
        """Return the outputs of the reference, `(1, ...)`."""
        return np.asarray(reference[-1])

    def is_worth_compiling(self, n: int, width: int) -> bool:
        """Return whether XLA saves more time than it takes to compile, for `n` sequences that are changed in `width` positions.

        XLA is faster where convolutions are products of matrices. Its own convolutions are slower than TensorFlow's on processors,
        and layers that run whole gain nothing.
        """
        reach = self._of_width(width, False)[0]
        own = (s for s in self.steps if s.kind == "convolution" and s.weights is not None and 0 not in s.inputs)
        if self.whole_layers or not all(s.weights()[0].shape[1] >= _WIDE for s in own if s.weights is not None):
            return False
        each = 0
        for step, size in zip(self.steps, reach.sizes, strict=True):
            if step.weights is not None:
                seen = reach.sizes[step.inputs[0]] if step.kind == "convolution" else size
                each += int(np.prod(step.weights()[0].shape)) * max(min(size, seen), 1)
        return n * each > _WORTH_COMPILING

    def __call__(
        self, reference: Sequence[Any], *, first: int, codes: np.ndarray, jit_compile: bool = False
    ) -> np.ndarray:
        """Return the outputs of changed sequences. Several threads may call at a time.

        Args:
            reference: Values from `reference`.
            first: First position of the window.
            codes: Codes that replace those of the window, uint8 `(n, width)`. Each width is compiled once.
            jit_compile: Whether XLA compiles, which takes seconds for each `n` and saves time from some thousand sequences on.

        Returns:
            float32 `(n, ...)`.
        """
        n, width = codes.shape
        reach, compiled = self._of_width(width, jit_compile)
        signature = [
            tf.TensorSpec((len(self.steps),), tf.int32),
            tf.TensorSpec((n if jit_compile else None, width), tf.uint8),
            *(tf.TensorSpec((1, *step.shape), tf.float32) for step in self.steps),
        ]
        given = tf.constant(reach.firsts[:, first]), tf.constant(np.ascontiguousarray(codes))
        return compiled(signature, *given, *reference).numpy()

    def _of_width(self, width: int, jit_compile: bool) -> tuple[Reach, Compiled]:
        found = self._changed.get((width, jit_compile))
        if found is None:
            reach = reach_of(self.steps, width)
            found = reach, Compiled(partial(self._run_changed, reach, jit_compile), jit_compile=jit_compile)
            self._changed[width, jit_compile] = found
        return found

    def _run_reference(self, codes):
        values = [one_hot(codes)[None]]
        for step in self.steps[1:]:
            values.append(step.call(*(values[i] for i in step.inputs)))
        return values

    def _run_changed(self, reach, jit_compile, firsts, codes, *reference):
        cut = _dynamic_slice if jit_compile else _slice
        block = _Block(self.steps, reach, reference, firsts, cut)
        block.values.append(one_hot(codes) - block.unchanged(0))
        block.n = tf.shape(codes)[0] if codes.shape[0] is None else codes.shape[0]
        for i in range(1, len(self.steps)):
            block.values.append(block.compute(i))
        return block.whole(len(self.steps) - 1)


class _Block:
    """One pass over the steps for a block of changed sequences.

    The value of a step with a window is the difference from the reference in that window, `(n, size, channels)`; elsewhere the
    difference is 0. So linear steps never read the reference. A flattened step keeps its window: a dense layer reads that. All
    other values are whole, `(n, ...)`.
    """

    def __init__(
        self, steps: Sequence[Step], reach: Reach, reference: Sequence[Any], firsts: Any, cut: Callable[..., Any]
    ) -> None:
        self.steps, self.reach, self.reference, self.firsts, self.cut = steps, reach, reference, firsts, cut
        self.values: list[Any] = []
        self.n: Any = None

    def compute(self, k: int) -> Any:
        step = self.steps[k]
        i = step.inputs[0]
        if self.reach.sizes[k]:
            return self._window(k)
        if step.kind == "flatten" and self.reach.sizes[i]:
            return self.values[i]
        if step.kind == "dense" and self.steps[i].kind == "flatten" and self.reach.sizes[self.steps[i].inputs[0]]:
            return self._dense(k)
        if step.kind == "global_mean" and self.reach.sizes[i]:
            return self.reference[k] + tf.reduce_sum(self.values[i], axis=1) / self.steps[i].shape[0]
        if step.kind == "global_max" and self.reach.sizes[i]:
            positions = tf.range(self.steps[i].shape[0]) - self.firsts[i]
            inside = ((positions >= 0) & (positions < self.reach.sizes[i]))[None, :, None]
            outside = tf.reduce_max(tf.where(inside, tf.float32.min, self.reference[i]), axis=1)
            return tf.maximum(tf.reduce_max(self.unchanged(i) + self.values[i], axis=1), outside)
        return step.call(*(self.whole(j) for j in step.inputs))

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
            if step.span == step.stride:  # XLA compiles this to faster code
                maxima = tf.reduce_max(tf.reshape(x, (self.n, size, step.span, step.shape[1])), axis=2)
            else:
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

    def _dense(self, k: int) -> Any:
        """Add what the window changes to the outputs of a dense layer over all positions."""
        step = self.steps[k]
        source = self.steps[step.inputs[0]].inputs[0]
        channels, size = self.steps[source].shape[1], self.reach.sizes[source]
        assert step.weights is not None
        kernel, _ = step.weights()
        rows = self.cut(kernel[None], self.firsts[source] * channels, size * channels)[0]
        return self.reference[k] + tf.matmul(tf.reshape(self.values[source], (self.n, size * channels)), rows)

    def unchanged(self, i: int) -> Any:
        """Return the reference's values in the window of step `i`, `(1, size, channels)`."""
        return self.cut(self.reference[i], self.firsts[i], self.reach.sizes[i])

    def _unchanged_at(self, i: int, k: int, begin_of: Place, size: int, *, fill: float = 0.0) -> Any:
        """Return the reference's values of step `i` at `size` positions, `fill` beyond the ends; see `_at`."""
        begins, begin, step = begin_of(self.reach.firsts[k]), begin_of(self.firsts[k]), self.steps[i]
        before, after = max(-int(begins.min()), 0), max(int(begins.max()) + size - step.shape[0], 0)
        padded = tf.pad(self.reference[i], ((0, 0), (before, after), (0, 0)), constant_values=fill)
        return self.cut(padded, begin + before, size)

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
        return self.cut(padded, before - (low if low == high else offset), size)


def _slice(x: Any, begin: Any, size: int) -> Any:
    """Return `size` positions of `(n, positions, channels)` from `begin` on."""
    return tf.slice(x, (0, begin, 0), (-1, size, -1))


def _dynamic_slice(x: Any, begin: Any, size: int) -> Any:
    """Return the same inside a graph of XLA, which compiles `tf.slice` anew for every `begin`."""
    from tensorflow.compiler.tf2xla.python import xla  # the only door to XLA's own operation

    sizes = (x.shape[0], size, x.shape[2])
    starts = tf.stack((0, tf.cast(begin, tf.int32), 0))
    return tf.ensure_shape(xla.dynamic_slice(x, starts, tf.constant(sizes, tf.int32)), sizes)
