"""The windows of a block of substitutions on a processor: NumPy and BLAS, position by position in memory.

Values are `(positions, n, channels)`, so any span of positions of all sequences is one matrix. A convolution adds one product of
matrices per tap to the positions that the tap reaches: nothing is padded, sliced, transposed or copied, and a small block stays in the
cache.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.incremental.reach import Reach
from deepbio.incremental.steps import Step

_NARROW = 16  # filters up to which all taps are one product
_LOWEST = np.finfo(np.float32).min


class Windows:
    """Windows of the steps of a model for blocks of changed sequences.

    Args:
        steps: Steps of a model.
        values: Values of every step for the reference, `(1, ...)`.
        weights: Kernel of a convolution or dense layer, factor of a scale, by step; see `weights_of`.
        wanted: Indices of the steps whose whole values are returned.
    """

    def __init__(
        self, steps: Sequence[Step], values: Sequence[Any], weights: Mapping[int, Any], wanted: Sequence[int]
    ) -> None:
        self.steps, self.wanted = steps, wanted
        self.reference = [np.asarray(value)[0] for value in values]
        self.readers: list[list[int]] = [[] for _ in steps]
        for k, step in enumerate(steps):
            for i in step.inputs:
                self.readers[i].append(k)
        self.weights = {k: np.asarray(value) for k, value in weights.items()}
        self.folded: set[int] = set()  # scales that are in the kernel of the convolution before them
        for k, step in enumerate(steps):
            i = step.inputs[0] if step.inputs else 0
            if step.factor is not None and steps[i].kind == "convolution" and self.readers[i] == [k]:
                self.weights[i], self.reference[i] = self.weights[i] * self.weights[k], self.reference[k]
                self.folded.add(k)

    def __call__(self, reach: Reach, first: int, codes: np.ndarray) -> list[np.ndarray]:
        """Return the whole values of the wanted steps for changed sequences.

        Args:
            reach: Windows of the steps for the width of the codes.
            first: First changed position.
            codes: Codes of the window, uint8 `(n, width)`.
        """
        block = _Block(self, reach, first, len(codes))
        block.values[0] = np.eye(5, 4, dtype=np.float32)[np.minimum(codes.T, 4)] - block.unchanged(0)
        found: dict[int, np.ndarray] = {}
        for k in range(max(self.wanted) + 1):
            if k and (value := block.compute(k)) is not None:
                block.values[k] = value
            if k in self.wanted:
                found[k] = block.whole(k)
            for i in self.steps[k].inputs:
                # a dense layer reads what was flattened; other memory is in the cache, and the next step takes it
                if self.readers[i][-1] == k and self.steps[k].kind != "flatten":
                    block.values.pop(i, None)
        return [found[k] for k in self.wanted]

    def before_relu(self, k: int) -> bool:
        """Return whether a convolution is followed by ReLU alone, so that its values are of use instead of its differences."""
        following = self.readers[k]
        if len(following) == 1 and following[0] in self.folded:
            following = self.readers[following[0]]
        return len(following) == 1 and self.steps[following[0]].operation == "relu"


class _Block:
    """One pass: differences from the reference in windows, `(size, n, channels)`, and whole values `(n, channels)`."""

    def __init__(self, windows: Windows, reach: Reach, first: int, n: int) -> None:
        self.windows, self.steps, self.reference = windows, windows.steps, windows.reference
        self.sizes, self.combined = reach.sizes, reach.combined
        self.firsts, self.n = [int(f) for f in reach.firsts[:, first]], n
        self.values: dict[int, np.ndarray] = {}
        self.undiffered: set[int] = set()  # steps whose windows have values instead of differences

    def compute(self, k: int) -> np.ndarray | None:
        """Return the value of a step; None if it has neither a window nor combines one."""
        if self.sizes[k]:
            return self._window(k)
        if k not in self.combined:
            return None
        i, kind = self.combined[k], self.steps[k].kind
        if kind == "dense":
            change = self.values[i].transpose(1, 0, 2).reshape(self.n, -1)
            begin = self.firsts[i] * self.steps[i].shape[1]
            return self.reference[k] + change @ self.windows.weights[k][begin : begin + change.shape[1]]
        if kind == "global_mean":
            return self.reference[k] + self.values[i].sum(axis=0) / np.float32(self.steps[i].shape[0])
        x, begin = self.reference[i], self.firsts[i]
        found = (self.values[i] + self.unchanged(i)).max(axis=0)
        for outside in (x[:begin], x[begin + self.sizes[i] :]):
            np.maximum(found, outside.max(axis=0, initial=_LOWEST), out=found)
        return found

    def whole(self, k: int) -> np.ndarray:
        """Return all values of a step for every changed sequence, `(n, ...)`."""
        if not self.sizes[k]:
            return self.values[k]
        x = np.repeat(self.reference[k][None], self.n, axis=0)
        x[:, self.firsts[k] : self.firsts[k] + self.sizes[k]] += self.values[k].transpose(1, 0, 2)
        return x

    def unchanged(self, i: int) -> np.ndarray:
        """Return the reference's values in the window of a step, `(size, 1, channels)`."""
        return self.reference[i][self.firsts[i] : self.firsts[i] + self.sizes[i], None]

    def _span(self, i: int, begin: int, size: int) -> tuple[slice, slice]:
        """Return where the window of step `i` lies in `size` positions from `begin` on, and which part of the window that is."""
        offset = self.firsts[i] - begin
        low, high = max(offset, 0), min(offset + self.sizes[i], size)
        return slice(low, max(high, low)), slice(low - offset, max(high, low) - offset)

    def _at(self, i: int, begin: int, size: int, *, own: bool = False) -> np.ndarray:
        """Return the differences of step `i` at `size` positions from `begin` on, 0 outside of its window."""
        there, here = self._span(i, begin, size)
        value = self.values[i]
        if there == slice(0, size):
            return value[here].copy() if own else value[here]
        x = np.zeros((size, *value.shape[1:]), np.float32)
        x[there] = value[here]
        return x

    def _values_at(self, i: int, begin: int, size: int) -> np.ndarray:
        """Return the values of step `i` at `size` positions from `begin` on, the lowest number beyond the ends."""
        x, whole = np.empty((size, *self.values[i].shape[1:]), np.float32), self.reference[i]
        low, high = max(-begin, 0), min(len(whole) - begin, size)
        x[:low], x[high:] = _LOWEST, _LOWEST
        x[low:high] = whole[begin + low : begin + high, None]
        there, here = self._span(i, begin, size)
        x[there] += self.values[i][here]
        return x

    def _window(self, k: int) -> np.ndarray:
        step, size, first = self.steps[k], self.sizes[k], self.firsts[k]
        i = step.inputs[0]
        if step.kind == "shift":
            return self._at(i, first - step.left, size)
        if step.kind == "flip":
            x = self._at(i, self.steps[i].shape[0] - size - first, size)
            return np.ascontiguousarray(_in_tensorflow(step.call, x.transpose(1, 0, 2)).transpose(1, 0, 2))
        if step.kind == "convolution":
            return self._convolution(k)
        if step.kind == "pool":
            return self._pool(k)
        if k in self.windows.folded:
            if i in self.undiffered:
                self.undiffered.add(k)
            return self.values[i]
        if step.factor is not None:
            return self._at(i, first, size) * self.windows.weights[k]
        if step.operation == "add":
            x = self._at(i, first, size, own=True)
            for j in step.inputs[1:]:
                there, here = self._span(j, first, size)
                x[there] += self.values[j][here]
            return x
        if step.operation == "relu":
            x = self.values[i] if i in self.undiffered else self._values_at(i, first, size)
            np.maximum(x, 0, out=x)
            x -= self.unchanged(k)
            return x
        return self._pointwise(k)

    def _pointwise(self, k: int) -> np.ndarray:
        step, size, first = self.steps[k], self.sizes[k], self.firsts[k]
        if step.linear:
            inputs = [self._at(j, first, size) for j in step.inputs]
            nothing = step.call(*(tf.zeros((1, 1, self.steps[j].shape[1])) for j in step.inputs))
        else:
            inputs, nothing = [self._values_at(j, first, size) for j in step.inputs], None
        x = _in_tensorflow(step.call, *(x.reshape(1, size * self.n, -1) for x in inputs))
        x = x.reshape(size, self.n, -1)
        return x - (self.unchanged(k) if nothing is None else np.asarray(nothing))

    def _pool(self, k: int) -> np.ndarray:
        step, size, first = self.steps[k], self.sizes[k], self.firsts[k]
        i, seen, begin = step.inputs[0], (size - 1) * step.stride + step.span, first * step.stride - step.left
        x = self._at(i, begin, seen) if step.pool == "average" else self._values_at(i, begin, seen)
        combine = np.add if step.pool == "average" else np.maximum
        last = (size - 1) * step.stride + 1
        found = np.array(x[: last : step.stride])
        for tap in range(1, step.span):
            combine(found, x[tap : tap + last : step.stride], out=found)
        if step.pool == "average":
            found /= step.span
        else:
            found -= self.unchanged(k)
        return found

    def _convolution(self, k: int) -> np.ndarray:
        step, size, first = self.steps[k], self.sizes[k], self.firsts[k]
        i, kernel = step.inputs[0], self.windows.weights[k]
        change, begin, width = self.values[i], self.firsts[i], self.sizes[i]
        taps, channels, filters = kernel.shape
        narrow = filters < _NARROW
        products = np.empty((0 if narrow else size * self.n, filters), np.float32)
        if narrow:
            found = np.zeros((filters, size, self.n), np.float32)
            rows = kernel.transpose(0, 2, 1).reshape(taps * filters, channels)
            products = (rows @ change.reshape(-1, channels).T).reshape(taps, filters, width, self.n)
        elif self.windows.before_relu(k):
            found = np.empty((size, self.n, filters), np.float32)
            found[:] = self.unchanged(k)
            self.undiffered.add(k)
        else:
            found = np.zeros((size, self.n, filters), np.float32)
        for tap in range(taps):
            # position q sees position q * stride - left + tap * dilation
            move, stride = step.left - tap * step.dilation, step.stride
            low = max(-(-(begin + move) // stride), first)
            high = min((begin + width - 1 + move) // stride, first + size - 1) + 1
            if low >= high:
                continue
            at = low * stride - move - begin
            seen = slice(at, at + (high - low - 1) * stride + 1, stride)
            if narrow:
                found[:, low - first : high - first] += products[tap, :, seen]
                continue
            x = change[seen].reshape(-1, channels)
            y = found[low - first : high - first].reshape(-1, filters)
            y += np.matmul(x, kernel[tap], out=products[: len(x)])
        return np.ascontiguousarray(found.transpose(1, 2, 0)) if narrow else found


def weights_of(steps: Sequence[Step]) -> dict[int, Any]:
    """Return the weights that `Windows` reads, as tensors of a graph."""
    found = {
        k: step.weights()[0]
        for k, step in enumerate(steps)
        if step.weights is not None and step.kind in ("convolution", "dense")
    }
    return found | {k: step.factor()[0] for k, step in enumerate(steps) if step.factor is not None}


def _in_tensorflow(call: Callable[..., Any], *inputs: np.ndarray) -> np.ndarray:
    return np.asarray(call(*(tf.constant(x) for x in inputs)))
