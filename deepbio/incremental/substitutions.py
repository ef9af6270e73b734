"""Exact fast inference of substitutions in any DNA model: each step recomputes only the positions that a change reaches.

The window of a block of substitutions grows with every convolution and shrinks with every pool, crop and with what the outputs need.
Dense layers over all positions add what the window changes. A layer that combines all positions in another way (attention, recurrence)
runs whole. The idea is fastISM's (Nair et al. 2022, doi:10.1093/bioinformatics/btac135); here the windows of a block are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tensorflow as tf

from deepbio.incremental.compiled import Compiled, one_hot
from deepbio.incremental.program import read_program
from deepbio.incremental.steps import Step, convolve, pooled

if TYPE_CHECKING:
    import keras

_WIDE = 64  # channels from which a convolution of the differences alone, as one product of matrices, is faster


class _Window(NamedTuple):
    """New values `(n, last - first + 1, channels)` at the positions from `first` to `last`; the reference's are elsewhere."""

    first: Any
    last: Any
    values: Any


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
        self._needed = _needed(self.steps)
        self._reference = Compiled(self._run_reference)
        self._changed = Compiled(self._run_changed)
        self._signature = [tf.TensorSpec((1, *step.shape), tf.float32) for step in self.steps]

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

    def __call__(self, reference: Sequence[Any], *, first: int, codes: np.ndarray) -> np.ndarray:
        """Return the outputs of changed sequences. Several threads may call at a time.

        Args:
            reference: Values from `reference`.
            first: First position of the window.
            codes: Codes that replace those of the window, uint8 `(n, width)`.

        Returns:
            float32 `(n, ...)`.
        """
        signature = [tf.TensorSpec((), tf.int32), tf.TensorSpec((None, None), tf.uint8), *self._signature]
        given = (tf.constant(first, tf.int32), tf.constant(np.ascontiguousarray(codes)))
        return self._changed(signature, *given, *reference).numpy()

    def _run_reference(self, codes):
        values = [one_hot(codes)[None]]
        for step in self.steps[1:]:
            values.append(step.call(*(values[i] for i in step.inputs)))
        return values

    def _run_changed(self, first, codes, *reference):
        n = tf.shape(codes)[0]
        values: list[Any] = [_Window(first, first + tf.shape(codes)[1] - 1, one_hot(codes))]
        block = _Block(self.steps, reference, values, n)
        for i, step in enumerate(self.steps[1:], start=1):
            values.append(block.compute(step, reference[i], self._needed[i]))
        return block.whole(len(values) - 1)


class _Block:
    """One pass over the steps for a block of changed sequences."""

    def __init__(self, steps: Sequence[Step], reference: Sequence[Any], values: list[Any], n: Any) -> None:
        self.steps, self.reference, self.values, self.n = steps, reference, values, n

    def compute(self, step: Step, reference: Any, needed: tuple[int, int]) -> Any:
        i = step.inputs[0]
        if not all(isinstance(self.values[j], _Window) for j in step.inputs):
            return step.call(*(self.whole(j) for j in step.inputs))
        if step.kind == "flatten":
            return self.values[i]  # a dense layer reads the window; all else makes it whole
        if step.kind == "dense" and self.steps[i].kind == "flatten":
            return self._dense(step, i, reference)
        if self.steps[i].kind == "flatten" or step.kind == "whole" or not self.steps[i].is_positional:
            return step.call(*(self.whole(j) for j in step.inputs))
        if step.kind == "global_mean":
            return reference + tf.reduce_sum(self._difference(i), axis=1) / self.steps[i].shape[0]
        if step.kind == "global_max":
            window, unchanged = self.values[i], self.reference[i]
            outside = tf.concat([unchanged[:, : window.first], unchanged[:, window.last + 1 :]], axis=1)
            return tf.maximum(tf.reduce_max(window.values, axis=1), tf.reduce_max(outside, axis=1))
        return self._window(step, reference, needed)

    def _window(self, step: Step, reference: Any, needed: tuple[int, int]) -> _Window:
        """Compute a step whose positions each see a window of positions."""
        i = step.inputs[0]
        window: _Window = self.values[i]
        length = self.steps[i].shape[0]
        if step.kind == "pointwise":
            first = tf.reduce_min([self.values[j].first for j in step.inputs])
            last = tf.reduce_max([self.values[j].last for j in step.inputs])
        elif step.kind == "shift":
            first, last = window.first + step.left, window.last + step.left
        elif step.kind == "flip":
            first, last = length - 1 - window.last, length - 1 - window.first
        else:
            first = -((step.span - 1 - step.left - window.first) // step.stride)
            last = (window.last + step.left) // step.stride
        low, high = needed
        first = tf.clip_by_value(first, low, high)
        last = tf.clip_by_value(last, first, high)
        if step.kind == "pointwise":
            return _Window(first, last, step.call(*(self._at(j, first, last) for j in step.inputs)))
        if step.kind == "shift":
            return _Window(first, last, self._at(i, first - step.left, last - step.left))
        if step.kind == "flip":
            return _Window(first, last, step.call(self._at(i, length - 1 - last, length - 1 - first)))
        begin = first * step.stride - step.left
        end = last * step.stride - step.left + step.span - 1
        if step.kind == "pool":
            fill = tf.float32.min if step.pool == "max" else 0.0
            seen = self._at(i, begin, end, fill=fill)
            return _Window(first, last, pooled(seen, size=step.span, stride=step.stride, pool=step.pool))
        assert step.weights is not None
        kernel, bias = step.weights()
        if step.stride == 1 and step.span > 1 and kernel.shape[1] >= _WIDE:
            return _Window(first, last, self._scattered(step, i, kernel, reference, first, last))
        seen = self._at(i, begin, end)
        return _Window(first, last, convolve(seen, kernel, bias, stride=step.stride, dilation=step.dilation))

    def _scattered(self, step: Step, i: int, kernel: Any, reference: Any, first: Any, last: Any) -> Any:
        """Convolve the differences alone: one product of matrices, whose rows are added at the positions that they reach."""
        size, channels, filters = kernel.shape
        difference = self._difference(i)
        width = tf.shape(difference)[1]
        flat = tf.reshape(difference, (-1, channels))
        weights = tf.reshape(tf.transpose(kernel[::-1], (1, 0, 2)), (channels, size * filters))
        taps = tf.reshape(tf.matmul(flat, weights), (self.n, width, size, filters))
        span = (size - 1) * step.dilation
        reached = tf.add_n(
            [
                tf.pad(taps[:, :, k], ((0, 0), (k * step.dilation, span - k * step.dilation), (0, 0)))
                for k in range(size)
            ]
        )
        begin = self.values[i].first + step.left - span  # position of the first of them
        return reference[:, first : last + 1] + reached[:, first - begin : last + 1 - begin]

    def _dense(self, step: Step, i: int, reference: Any) -> Any:
        """Add what the window changes to the outputs of a dense layer over all positions."""
        assert step.weights is not None
        window, source = self.values[i], self.steps[i].inputs[0]
        channels = self.steps[source].shape[1]
        kernel, _ = step.weights()
        rows = kernel[window.first * channels : (window.last + 1) * channels]
        return reference + tf.matmul(tf.reshape(self._difference(source), (self.n, -1)), rows)

    def _difference(self, i: int) -> Any:
        window: _Window = self.values[i]
        return window.values - self.reference[i][:, window.first : window.last + 1]

    def _at(self, i: int, first: Any, last: Any, *, fill: float = 0.0) -> Any:
        """Return step `i` from one position to another: new in its window, the reference around it, `fill` beyond the ends."""
        window: _Window = self.values[i]
        unchanged, length = self.reference[i], self.steps[i].shape[0]
        begin, end = tf.maximum(window.first, first), tf.minimum(window.last, last)
        inside = window.values[:, begin - window.first : tf.maximum(end - window.first + 1, 0)]

        def around(start: Any, stop: Any) -> Any:
            """Return the reference from `start` to before `stop`, filled beyond the ends, for every changed sequence."""
            known = unchanged[:, tf.clip_by_value(start, 0, length) : tf.clip_by_value(stop, 0, length)]
            before = tf.clip_by_value(-start, 0, tf.maximum(stop - start, 0))
            after = tf.clip_by_value(stop - length, 0, tf.maximum(stop - start, 0))
            paddings: Any = ((0, 0), (before, after), (0, 0))
            padded = tf.pad(known, paddings, constant_values=fill)
            return tf.broadcast_to(padded, (self.n, tf.shape(padded)[1], padded.shape[2]))

        left = around(first, tf.minimum(begin, last + 1))
        right = around(tf.maximum(tf.maximum(end + 1, first), begin), last + 1)
        return tf.concat([left, inside, right], axis=1)

    def whole(self, i: int) -> Any:
        """Return all values of step `i` for every changed sequence."""
        value = self.values[i]
        if not isinstance(value, _Window):
            return value
        if self.steps[i].kind == "flatten":
            source = self.steps[i].inputs[0]
            return tf.reshape(self.whole(source), (self.n, self.steps[i].shape[0]))
        found = self._at(i, 0, self.steps[i].shape[0] - 1)
        return tf.ensure_shape(found, (None, *self.steps[i].shape))


def _needed(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Return the first and last position of each step that some output needs."""
    found = [(1 << 30, -1)] * len(steps)
    for i in reversed(range(len(steps))):
        step = steps[i]
        length = step.shape[0] if step.is_positional else 0
        low, high = (0, length - 1) if i == len(steps) - 1 else found[i]
        low, high = max(low, 0), min(high, length - 1)
        found[i] = (low, high)
        for j in step.inputs:
            size = steps[j].shape[0]
            if not (steps[j].is_positional and step.is_positional) or step.kind == "whole":
                seen = (0, size - 1)
            elif step.kind in ("convolution", "pool"):
                seen = (low * step.stride - step.left, high * step.stride - step.left + step.span - 1)
            elif step.kind == "shift":
                seen = (low - step.left, high - step.left)
            elif step.kind == "flip":
                seen = (size - 1 - high, size - 1 - low)
            else:
                seen = (low, high)
            found[j] = (min(found[j][0], seen[0]), max(found[j][1], seen[1]))
    return found
