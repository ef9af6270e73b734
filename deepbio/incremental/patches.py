"""Substitutions in networks with pools: each layer recomputes just the patch that a change reaches.

Beyond a pool with a stride, where a patch begins depends on where in a pool the change lies, so patches are gathered, not sliced as in
`IncrementalModel`. An indel would move what follows it by a fraction of a stride, so indels are not computed here.
"""

import numpy as np
import tensorflow as tf

from deepbio.incremental.compiled import Compiled, apply, apply_activation, one_hot
from deepbio.incremental.network import Network
from deepbio.specs import Activation

_SIGNATURE = [
    tf.TensorSpec((None,), tf.uint8),
    tf.TensorSpec((None,), tf.int32),
    tf.TensorSpec((None, None), tf.uint8),
]


class Patches:
    """A network applied to a window and to many substitutions in it.

    Args:
        form: Network from `read_network`.
        activation: Activation of the outputs.
    """

    def __init__(self, form: Network, *, activation: Activation) -> None:
        self.form = form
        self.activation: Activation = activation
        self._compiled = Compiled(self._run)

    def __call__(self, window: np.ndarray, starts: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run the reference once and every substitution. Several threads may call at a time.

        Args:
            window: Codes, uint8 `(length,)`; every output whose context lies inside is computed.
            starts: Index of the first changed base in the window, `(n,)`.
            codes: Codes that replace those of the window, uint8 `(n, width)`.

        Returns:
            Outputs of the reference, float32 `(positions, outputs)`, and of the substitutions, float32 `(n, positions, outputs)`.
        """
        y_ref, y_alt = self._compiled(_SIGNATURE, window, np.asarray(starts, np.int32), codes)
        return y_ref.numpy(), y_alt.numpy()

    def _run(self, window, starts, codes):
        form = self.form
        outputs = (tf.shape(window)[0] - sum(form.context) - 1) // form.scale[-1] + 1
        # of each node: how many positions the outputs need, the reference's values, and the patch with its first and last position
        lengths = [
            before + after + (outputs - 1) * (form.scale[-1] // scale) + 1
            for before, after, scale in zip(form.before, form.after, form.scale, strict=True)
        ]
        reference, patch, low, high = [], [], [], []

        def patched(j, at):
            """Return node `j` at positions `(n, m)` of each alternate."""
            inside = (at >= low[j][:, None]) & (at <= high[j][:, None])
            index = tf.clip_by_value(at - low[j][:, None], 0, tf.shape(patch[j])[1] - 1)
            return tf.where(inside[..., None], tf.gather(patch[j], index, batch_dims=1), tf.gather(reference[j], at))

        for i, node in enumerate(form.nodes):
            if node.kind == "input":
                reference.append(one_hot(window)[: lengths[0]])
                patch.append(one_hot(codes))
                low.append(starts)
                high.append(starts + tf.shape(codes)[1] - 1)
                continue
            span, stride = node.left + node.right + 1, node.stride
            leads = [form.before[j] - form.before[i] * stride - node.left for j in node.inputs]
            whole = (lengths[i] - 1) * stride + span
            seen = [reference[j][None, None, lead : lead + whole] for j, lead in zip(node.inputs, leads, strict=True)]
            reference.append(apply(node, node.weights, seen)[0, 0])

            pairs = list(zip(node.inputs, leads, strict=True))
            first = tf.reduce_min([-((lead + span - 1 - low[j]) // stride) for j, lead in pairs], axis=0)
            last = tf.reduce_max([(high[j] - lead) // stride for j, lead in pairs], axis=0)
            first, last = (tf.clip_by_value(position, 0, lengths[i] - 1) for position in (first, last))
            size = tf.maximum(tf.reduce_max(last - first) + 1, 1)
            first = tf.minimum(first, lengths[i] - size)
            low.append(first)
            high.append(first + size - 1)
            steps = tf.range((size - 1) * stride + span)
            seen = [patched(j, (first * stride + lead)[:, None] + steps)[:, None] for j, lead in pairs]
            patch.append(apply(node, node.weights, seen)[:, 0])
        everywhere = tf.zeros_like(starts)[:, None] + tf.range(lengths[-1])
        y_alt = patched(len(form.nodes) - 1, everywhere)
        return apply_activation(self.activation, reference[-1]), apply_activation(self.activation, y_alt)
