"""Exact fast inference of variants: only what a change can reach, and of that only what the wanted outputs see.

A substitution or an indel changes a cone that grows with depth; the wanted outputs see a cone that shrinks with depth. The alternate
pass computes their intersection, layer by layer, and takes all else from the reference's activations (right of an indel, shifted).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from deepbio.errors import ModelError
from deepbio.incremental.compiled import Compiled
from deepbio.incremental.network import Network, Node
from deepbio.specs import Activation

_TOGETHER = 4  # alternates in one convolution: more do not fit the processor's cache


class Alternates(NamedTuple):
    """Alternates of one window.

    Args:
        starts: int32 `(n,)`, place of the first changed base in the window.
        shifts: int32 `(n,)`, alternate's length less the reference's.
        codes: uint8 `(n, width)`: the alternate allele, and what follows it up to `width` bases.
    """

    starts: np.ndarray
    shifts: np.ndarray
    codes: np.ndarray


class IncrementalModel:
    """Networks of one form, averaged after the link, applied to a window and to many changes of it.

    Args:
        members: of an ensemble, or one network.
        link: applied to each member's outputs before the average.
        distance: outputs wanted on either side of a change.

    Raises:
        ModelError: members of different form, or pools with a stride.
    """

    def __init__(self, members: Sequence[Network], *, activation: Activation, distance: int) -> None:
        form = members[0]
        if form.scale[-1] != 1:
            raise ModelError("An indel does not move by whole positions through a pool with a stride; see `Patches`.")
        if not all(form.same_form(other) for other in members):
            raise ModelError("The members of an ensemble have one form; these differ in their layers.")
        self.form, self.distance = form, distance
        self.activation: Activation = activation
        self._members = len(members)
        self._weights = [
            [tf.constant(np.stack(parts)) for parts in zip(*(m.nodes[i].weights for m in members), strict=True)]
            for i in range(len(form.nodes))
        ]
        self._compiled: dict[int, Compiled] = {}

    def __call__(self, window: np.ndarray, edits: Alternates) -> tuple[np.ndarray, np.ndarray]:
        """Run the reference once and every alternate; several threads may call at a time.

        Args:
            window: uint8 codes `(length,)`: the wanted outputs and the network's context on either side.
            edits: each with its `distance` outputs on the left, and on the right `width + distance - shift`, inside the window.

        Returns:
            the reference's outputs float32 `(length - context, outputs)`, and the alternates' `(n, 2 * distance + width, outputs)`,
            whose first is `distance` before the change.
        """
        return self.unpack(edits, *self._function(edits.codes.shape[1])(*self.pack(window, edits)))

    def pack(self, window: np.ndarray, edits: Alternates) -> list[Any]:
        """Return the tensors that `run` takes: the window, and the edits in groups of equal size."""
        n, width = edits.codes.shape
        groups = max(1, -(-n // _TOGETHER))
        each = -(-n // groups)
        chosen = np.resize(np.arange(n), groups * each)
        return [
            tf.constant(window),
            tf.constant(edits.starts[chosen].reshape(groups, each).astype(np.int32)),
            tf.constant(edits.shifts[chosen].reshape(groups, each).astype(np.int32)),
            tf.constant(edits.codes[chosen].reshape(groups, each, width)),
        ]

    def unpack(self, edits: Alternates, y_ref: Any, y_alt: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what `run` gave as arrays, one row an edit."""
        return y_ref.numpy(), y_alt.numpy().reshape(-1, *y_alt.shape[2:])[: len(edits.starts)]

    def signature(self, width: int) -> list[tf.TensorSpec]:
        """Return the shapes of what `pack` gives."""
        return [
            tf.TensorSpec((None,), tf.uint8),
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None, None, width), tf.uint8),
        ]

    def _function(self, width: int) -> Compiled:
        if width not in self._compiled:
            self._compiled.setdefault(width, Compiled(self.run, self.signature(width)))
        return self._compiled[width]

    def run(self, window, starts, shifts, codes):
        """Compute both passes of packed tensors, inside a graph."""
        outputs = self.form.channels
        groups, each = tf.shape(starts)[0], tf.shape(starts)[1]
        width = codes.shape[2]
        before, after = self.form.context
        length = tf.shape(window)[0] - before - after
        y_ref = tf.zeros((length, outputs))
        y_alt = tf.zeros((groups, each, 2 * self.distance + width, outputs))

        def member(m, y_ref, y_alt):
            weights = [[w[m] for w in parts] for parts in self._weights]
            passes = _Passes(self.form, weights, self.distance, width)
            reference = passes.reference(window)

            def group(g, found):
                z = passes.alternates(reference, starts[g], shifts[g], codes[g])
                return g + 1, found.write(g, self._linked(z))

            array = tf.TensorArray(tf.float32, groups, element_shape=(None, 2 * self.distance + width, outputs))
            _, array = tf.while_loop(lambda g, _: g < groups, group, (0, array), parallel_iterations=1)
            return m + 1, y_ref + self._linked(reference[-1])[0], y_alt + array.stack()

        shapes = (tf.TensorShape(()), y_ref.shape, tf.TensorShape((None, None, 2 * self.distance + width, outputs)))
        _, y_ref, y_alt = tf.while_loop(
            lambda m, *_: m < self._members, member, (0, y_ref, y_alt), shape_invariants=shapes, parallel_iterations=1
        )
        return y_ref / self._members, y_alt / self._members

    def _linked(self, z):
        return activated(self.activation, z[:, 0])


class _Passes:
    """The reference pass and the alternate pass of one member; tensors are `(batch, 1, positions, channels)`."""

    def __init__(self, form: Network, weights, distance: int, width: int) -> None:
        self.form, self.weights, self.width = form, weights, width
        # Of each node, positions left and right of a change that are both changed and wanted.
        self.reach: list[tuple[int, int]] = []
        changed: list[tuple[int, int]] = []
        for i, node in enumerate(form.nodes):
            left = max((changed[j][0] for j in node.inputs), default=0) + node.right
            right = max((changed[j][1] for j in node.inputs), default=0) + node.left
            changed.append((left, right))
            self.reach.append((min(left, distance + form.before[i]), min(right, distance + form.after[i])))
        self.last = (distance, distance)

    def reference(self, window):
        """Return every node's activations, each at just the positions that the outputs need."""
        form, found = self.form, []
        for i, node in enumerate(form.nodes):
            if node.kind == "input":
                found.append(one_hot(window)[None, None])
                continue
            inputs = []
            for j in node.inputs:
                first = form.before[j] - form.before[i] - node.left
                last = form.after[j] - form.after[i] - node.right
                x = found[j]
                inputs.append(x if first == last == 0 else x[:, :, first : tf.shape(x)[2] - last])
            found.append(self._apply(i, inputs))
        return found

    def alternates(self, reference, starts, shifts, codes):
        """Return the outputs of changes: `distance` positions to either side of the changed bases."""
        form = self.form
        context = form.context[0]

        def spread(j, x, left: int, right: int):
            """Return node `j` at `left` and `right` positions around the changed bases, with the reference where it is unchanged."""
            have = self.reach[j]
            x = x[:, :, max(have[0] - left, 0) : tf.shape(x)[2] - max(have[1] - right, 0)]
            parts = [x]
            first = context - form.before[j]  # place of node j's first reference value in the window
            values = reference[j][0, 0]
            if left > have[0]:
                at = (starts - left - first)[:, None] + tf.range(left - have[0])
                parts.insert(0, tf.gather(values, at)[:, None])
            if right > have[1]:
                at = (starts + self.width + have[1] - shifts - first)[:, None] + tf.range(right - have[1])
                parts.append(tf.gather(values, at)[:, None])
            return parts[0] if len(parts) == 1 else tf.concat(parts, axis=2)

        found = []
        for i, node in enumerate(form.nodes):
            if node.kind == "input":
                found.append(one_hot(codes)[:, None])
                continue
            left, right = self.reach[i]
            inputs = [spread(j, found[j], left + node.left, right + node.right) for j in node.inputs]
            found.append(self._apply(i, inputs))
        return spread(len(form.nodes) - 1, found[-1], *self.last)

    def _apply(self, i: int, inputs):
        return apply(self.form.nodes[i], self.weights[i], inputs)


def apply(node: Node, weights, inputs):
    """Compute a node from just what it sees of its inputs, each `(batch, 1, positions, channels)`."""
    if node.kind == "convolution":
        y = tf.nn.conv2d(inputs[0], weights[0][None], 1, "VALID", dilations=(1, node.dilation))
        return tf.nn.bias_add(y, weights[1])
    if node.kind == "scale":
        return inputs[0] * weights[0] + weights[1]
    if node.kind == "add":
        return tf.add_n(inputs)
    if node.kind == "pool":
        pool = tf.nn.max_pool2d if node.activation == "max" else tf.nn.avg_pool2d
        return pool(inputs[0], (1, node.left + node.right + 1), (1, node.stride), "VALID")
    if node.activation == "linear":
        return inputs[0]
    return getattr(tf.nn, node.activation)(inputs[0]) if node.activation != "sigmoid" else tf.sigmoid(inputs[0])


def activated(activation: Activation, z):
    """Apply an activation to logits."""
    functions = {"softmax": tf.nn.softmax, "sigmoid": tf.nn.sigmoid, "exp": tf.exp, "identity": tf.identity}
    return functions[activation](z)


def one_hot(codes):
    """Return codes as one-hot floats, N as zeros."""
    return tf.one_hot(tf.cast(codes, tf.int32), 4)
