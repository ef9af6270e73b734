"""Exact fast inference of substitutions in any DNA model: each step recomputes only the positions that a change reaches.

The window of a block of substitutions grows with every convolution and shrinks with every pool, crop and with what the outputs need.
Dense layers over all positions add what the window changes. A layer that combines all positions in another way (attention, recurrence)
runs whole. The idea is fastISM's (Nair et al. 2022, doi:10.1093/bioinformatics/btac135); here the windows of a block are one. On a
processor NumPy and BLAS compute the windows (`deepbio.incremental.windows`), with a GPU a graph of TensorFlow does
(`deepbio.incremental.graph_windows`).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tensorflow as tf

from deepbio.devices.blas import one_blas_thread
from deepbio.incremental.compiled import Compiled, one_hot
from deepbio.incremental.graph_windows import GraphBlock
from deepbio.incremental.program import read_program
from deepbio.incremental.reach import Reach, reach_of
from deepbio.incremental.windows import Windows, weights_of

if TYPE_CHECKING:
    import keras

_ROOM = 1 << 18  # values of the widest window of one block, which then stays in the cache of a processor's core
_ROWS = 48  # changed sequences of one block at most


class Reference(NamedTuple):
    """One sequence in a model.

    Args:
        codes: The sequence, uint8 `(length,)`.
        values: Values of every step, `(1, ...)`.
        windows: Windows of changed sequences on a processor; None where TensorFlow computes them.
    """

    codes: np.ndarray
    values: list[Any]
    windows: Windows | None


class Substitutions:
    """A DNA model applied to a sequence and to many sequences that differ from it inside a window.

    Args:
        model: Model from one-hot DNA `(batch, length, 4)` (`deepbio.zoo.one_hot_model`) to any outputs.
        on_processor: Whether NumPy and BLAS compute the windows, in small blocks, instead of one graph of TensorFlow. None is
            where TensorFlow has no GPU.

    Raises:
        ModelError: The model has no graph of layers.

    Example:
        >>> from deepbio.zoo import get_model, one_hot_model
        >>> changes = Substitutions(one_hot_model(get_model("deepbind", input_shape=40, outputs=1)))
        >>> reference = changes.reference(np.zeros(40, np.uint8))
        >>> changes(reference, first=3, codes=np.array([[1], [2]], np.uint8)).shape
        (2, 1)
    """

    def __init__(self, model: keras.Model, *, on_processor: bool | None = None) -> None:
        self.steps = read_program(model)
        self.on_processor = not tf.config.list_logical_devices("GPU") if on_processor is None else on_processor
        self._reference = Compiled(self._run_reference)
        self._rest = Compiled(self._run_rest)
        self._reaches: dict[int, Reach] = {}
        self._changed: dict[int, Compiled] = {}
        self._in_windows = {k for k in range(len(self.steps)) if self._of_width(1).computes(k)}
        last = len(self.steps) - 1
        read = {i for k, step in enumerate(self.steps) if k not in self._in_windows for i in step.inputs} | {last}
        self._wanted = tuple(sorted(read & self._in_windows))

    @property
    def whole_layers(self) -> tuple[str, ...]:
        """Names of the steps that combine positions in another way than a window does, and so run whole."""
        return tuple(
            step.name
            for step in self.steps
            if step.kind == "whole" and any(self.steps[i].is_positional for i in step.inputs)
        )

    @property
    def whole_values(self) -> tuple[int, ...]:
        """Indices of the steps whose whole values are computed for all changed sequences at a time."""
        steps = range(len(self.steps))
        return tuple(k for k in steps if k in self._wanted or k not in self._in_windows or not self.on_processor)

    def reference(self, codes: np.ndarray) -> Reference:
        """Compute the values of every step for one sequence, uint8 `(length,)`."""
        signature = [tf.TensorSpec((self.steps[0].shape[0],), tf.uint8)]
        values, weights = self._reference(signature, tf.constant(codes))
        windows = Windows(self.steps, values, weights, self._wanted) if self.on_processor else None
        return Reference(codes, values, windows)

    def outputs(self, reference: Reference) -> np.ndarray:
        """Return the outputs of the reference, `(1, ...)`."""
        return np.asarray(reference.values[-1])

    def __call__(self, reference: Reference, *, first: int, codes: np.ndarray) -> np.ndarray:
        """Return the outputs of changed sequences. Several threads may call at a time.

        Args:
            reference: Values from `reference`.
            first: First position of the window.
            codes: Codes that replace those of the window, uint8 `(n, width)`. On a processor rows that change near each other are
                computed together, and such blocks side by side on all cores; a GPU compiles each width once.

        Returns:
            float32 `(n, ...)`.
        """
        codes = np.ascontiguousarray(codes)
        if reference.windows is not None:
            return self._by_windows(reference, reference.windows, first, codes)
        width = codes.shape[1]
        reach = self._of_width(width)
        if width not in self._changed:
            self._changed[width] = Compiled(partial(self._run_changed, reach))
        signature = [
            tf.TensorSpec((len(self.steps),), tf.int32),
            tf.TensorSpec((None, width), tf.uint8),
            *(tf.TensorSpec((1, *step.shape), tf.float32) for step in self.steps),
        ]
        given = tf.constant(reach.firsts[:, first]), tf.constant(codes)
        return self._changed[width](signature, *given, *reference.values).numpy()

    def _of_width(self, width: int) -> Reach:
        if width not in self._reaches:
            self._reaches[width] = reach_of(self.steps, width)
        return self._reaches[width]

    def _by_windows(self, reference: Reference, windows: Windows, first: int, codes: np.ndarray) -> np.ndarray:
        found = [np.empty((len(codes), *self.steps[k].shape), np.float32) for k in self._wanted]

        def compute(block: tuple[np.ndarray, int, int]) -> None:
            rows, begin, width = block
            whole = np.repeat(reference.codes[None, begin : begin + width], len(rows), axis=0)
            low, high = max(first, begin), min(first + codes.shape[1], begin + width)
            whole[:, low - begin : high - begin] = codes[rows, low - first : high - first]
            for values, part in zip(found, windows(self._of_width(width), begin, whole), strict=True):
                values[rows] = part

        blocks = list(self._blocks(reference.codes, first, codes))
        for width in {width for _, _, width in blocks}:
            self._of_width(width)
        with one_blas_thread() as threads, ThreadPoolExecutor(max(1, min(threads, len(blocks)))) as pool:
            list(pool.map(compute, blocks))
        if self._wanted[-1] == len(self.steps) - 1:
            return found[-1]
        signature = [tf.TensorSpec((None, *self.steps[k].shape), tf.float32) for k in self._wanted]
        return self._rest(signature, *(tf.constant(x) for x in found)).numpy()

    def _blocks(self, own: np.ndarray, first: int, codes: np.ndarray) -> Iterator[tuple[np.ndarray, int, int]]:
        """Yield rows that are changed near to each other, and the first position and width of what contains their changes.

        A narrow window saves arithmetic, many rows save calls; a width is a power of 2, so that few are met.
        """
        reach, length = self._of_width(1), len(own)
        widest = max(size * self.steps[k].shape[1] for k, size in enumerate(reach.sizes) if size)
        n_rows = max(3, min(_ROWS, _ROOM // widest))
        different = np.minimum(codes, 4) != np.minimum(own[first : first + codes.shape[1]], 4)
        different[:, 0] |= ~different.any(axis=1)
        low, high = first + different.argmax(axis=1), first + codes.shape[1] - different[:, ::-1].argmax(axis=1)
        order, k = np.lexsort((high, low)), 0
        while k < len(order):
            begin = int(low[order[k]])
            width = 1 << (max(int(high[order[k]]) - begin, n_rows // 3) - 1).bit_length()
            width = min(width, length)
            begin = min(begin, length - width)
            outside = np.flatnonzero(high[order[k : k + n_rows]] > begin + width)
            rows = order[k : k + (int(outside[0]) if len(outside) else n_rows)]
            yield rows, begin, width
            k += len(rows)

    def _run_rest(self, *values):
        found = dict(zip(self._wanted, values, strict=True))
        for k, step in enumerate(self.steps):
            if k not in self._in_windows:
                found[k] = step.call(*(found[i] for i in step.inputs))
        return found[len(self.steps) - 1]

    def _run_reference(self, codes):
        values = [one_hot(codes)[None]]
        for step in self.steps[1:]:
            values.append(step.call(*(values[i] for i in step.inputs)))
        return values, weights_of(self.steps) if self.on_processor else {}

    def _run_changed(self, reach, firsts, codes, *reference):
        block = GraphBlock(self.steps, reach, reference, firsts)
        block.values.append(one_hot(codes) - block.unchanged(0))
        block.n = tf.shape(codes)[0]
        for i in range(1, len(self.steps)):
            block.values.append(block.compute(i))
        return block.whole(len(self.steps) - 1)
