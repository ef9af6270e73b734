"""Exact fast inference of substitutions and indels: recompute only the positions that a change reaches and the outputs need.

After each layer a change has altered more positions, and the outputs that are wanted need fewer. The pass of an alternate computes the
intersection of the two, layer by layer, and takes everything else from the reference's activations (right of an indel, shifted).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from deepbio.errors import ModelError
from deepbio.incremental.compiled import Compiled, apply, apply_activation, one_hot
from deepbio.incremental.network import Network
from deepbio.specs import Activation

_TOGETHER = 4  # alternates in one convolution: more do not fit the processor's cache


class Alternates(NamedTuple):
    """Alternate alleles of one window.

    Args:
        starts: Index of the first changed base in the window, int32 `(n,)`.
        shifts: Length of the alternate allele minus that of the reference allele, int32 `(n,)`.
        codes: Codes of the alternate allele and of what follows it up to `width` bases, uint8 `(n, width)`.
    """

    starts: np.ndarray
    shifts: np.ndarray
    codes: np.ndarray


class IncrementalModel:
    """Networks of one form, averaged after the activation, applied to a window and to many alternates of it.

    Args:
        members: Networks of an ensemble, or one network.
        activation: Activation of each member's outputs before the average.
        distance: Number of outputs that are wanted on either side of a change.

    Raises:
        ModelError: the members differ in their layers, or a pool has a stride.
    """

    def __init__(self, members: Sequence[Network], *, activation: Activation, distance: int) -> None:
        form = members[0]
        if form.scale[-1] != 1:
            raise ModelError(
                "An indel does not move by whole positions through a pool with a stride; see `Substitutions`."
            )
        if not all(form.same_form(other) for other in members):
            raise ModelError("The members of an ensemble have one form; these differ in their layers.")
        self.form, self.distance = form, distance
        self.activation: Activation = activation
        self._members = len(members)
        self._weights = [
            [tf.constant(np.stack(parts)) for parts in zip(*(m.nodes[i].weights for m in members), strict=True)]
            for i in range(len(form.nodes))
        ]
        self.compiled = Compiled(self.run)

    def __call__(self, window: np.ndarray, alternates: Alternates) -> tuple[np.ndarray, np.ndarray]:
        """Run the reference once and every alternate. Several threads may call at a time.

        Args:
            window: Codes of the wanted outputs and the network's context on either side, uint8 `(length,)`.
            alternates: Alternates; `distance` outputs left of each and `width + distance - shift` right of it lie in the window.

        Returns:
            Outputs of the reference, float32 `(length - context, outputs)`, and of the alternates, float32
            `(n, 2 * distance + width, outputs)`, which begin `distance` before the change.
        """
        packed = self.pack(window, alternates)
        return self.unpack(alternates, *self.compiled(self.signature(alternates.codes.shape[1]), *packed))

    def pack(self, window: np.ndarray, alternates: Alternates) -> list[Any]:
        """Return the tensors that `run` takes: the window, and the alternates in groups of equal size."""
        n, width = alternates.codes.shape
        groups = max(1, -(-n // _TOGETHER))
        each = -(-n // groups)
        chosen = np.resize(np.arange(n), groups * each)
        return [
            tf.constant(window),
            tf.constant(alternates.starts[chosen].reshape(groups, each).astype(np.int32)),
            tf.constant(alternates.shifts[chosen].reshape(groups, each).astype(np.int32)),
            tf.constant(alternates.codes[chosen].reshape(groups, each, width)),
        ]

    def unpack(self, alternates: Alternates, y_ref: Any, y_alt: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what `run` returned as arrays, with one row per alternate."""
        return y_ref.numpy(), y_alt.numpy().reshape(-1, *y_alt.shape[2:])[: len(alternates.starts)]

    def signature(self, width: int) -> list[tf.TensorSpec]:
        """Return the shapes of what `pack` returns."""
        numbers = tf.TensorSpec((None, None), tf.int32)
        return [tf.TensorSpec((None,), tf.uint8), numbers, numbers, tf.TensorSpec((None, None, width), tf.uint8)]

    def run(self, window, starts, shifts, codes):
        """Compute both passes of packed tensors, inside a graph."""
        groups, each = tf.shape(starts)[0], tf.shape(starts)[1]
        width = codes.shape[2]
        wanted, outputs = 2 * self.distance + width, self.form.channels
        y_ref = tf.zeros((tf.shape(window)[0] - sum(self.form.context), outputs))
        y_alt = tf.zeros((groups, each, wanted, outputs))

        def member(m, y_ref, y_alt):
            weights = [[w[m] for w in parts] for parts in self._weights]
            passes = _Passes(self.form, weights, self.distance, width)
            reference = passes.reference(window)

            def group(g, found):
                z = passes.alternates(reference, starts[g], shifts[g], codes[g])
                return g + 1, found.write(g, apply_activation(self.activation, z[:, 0]))

            array = tf.TensorArray(tf.float32, groups, element_shape=(None, wanted, outputs))
            _, array = tf.while_loop(lambda g, _: g < groups, group, (0, array), parallel_iterations=1)
            return m + 1, y_ref + apply_activation(self.activation, reference[-1][:, 0])[0], y_alt + array.stack()

        shapes = (tf.TensorShape(()), y_ref.shape, tf.TensorShape((None, None, wanted, outputs)))
        _, y_ref, y_alt = tf.while_loop(
            lambda m, *_: m < self._members, member, (0, y_ref, y_alt), shape_invariants=shapes, parallel_iterations=1
        )
        return y_ref / self._members, y_alt / self._members


class _Passes:
    """The reference pass and the alternate pass of one member; tensors are `(batch, 1, positions, channels)`."""

    def __init__(self, form: Network, weights, distance: int, width: int) -> None:
        self.form, self.weights, self.distance, self.width = form, weights, distance, width
        # of each node, positions left and right of a change that are both changed and wanted
        self.reach: list[tuple[int, int]] = []
        changed: list[tuple[int, int]] = []
        for i, node in enumerate(form.nodes):
            left = max((changed[j][0] for j in node.inputs), default=0) + node.right
            right = max((changed[j][1] for j in node.inputs), default=0) + node.left
            changed.append((left, right))
            self.reach.append((min(left, distance + form.before[i]), min(right, distance + form.after[i])))

    def reference(self, window):
        """Return the activations of every node, each at just the positions that the outputs need."""
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
            found.append(apply(node, self.weights[i], inputs))
        return found

    def alternates(self, reference, starts, shifts, codes):
        """Return the outputs of alternates: `distance` positions on either side of the changed bases."""
        form = self.form

        def spread(j, x, left: int, right: int):
            """Return node `j` at `left` and `right` positions around the changed bases, from the reference where it is unchanged."""
            have = self.reach[j]
            parts = [x[:, :, max(have[0] - left, 0) : tf.shape(x)[2] - max(have[1] - right, 0)]]
            first = form.context[0] - form.before[j]  # position in the window of node j's first reference value
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
            found.append(apply(node, self.weights[i], inputs))
        return spread(len(form.nodes) - 1, found[-1], self.distance, self.distance)
