"""DeepLIFT's rules: the multiplier of each step between an input and a reference.

Values of a reference are computed under a gradient tape, and each nonlinear step has a gradient of its own: the multiplier that takes
its change of input to its change of output. Linear steps keep their gradient. So one backward pass over the references returns the
multipliers of the input (Shrikumar et al. 2017, arXiv:1704.02685; Ancona et al. 2018, arXiv:1711.06104).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.incremental.steps import Step, pooled

_NOISE = 4 * float(
    np.finfo(np.float32).eps
)  # a change of input below this fraction of it is rounding: the gradient is used
_MISSED = 1e-4  # of the explained output; the deltas of all steps add up to the convergence delta
_MOST_PARTS = 32
_NODES, _NODE_WEIGHTS = ((np.polynomial.legendre.leggauss(16)[i] + (1, 0)[i]) / 2 for i in range(2))


def multiplied(step: Step, x: Sequence[Any], reference: Sequence[Any], y: Any) -> Any:
    """Return a step's values at references, with the multiplier between `x` and the references as its gradient.

    Args:
        step: Step of a program.
        x: Its inputs at the example, `(1, ...)`.
        reference: Its inputs at the references, `(n, ...)`.
        y: Its values at the example.
    """
    if step.linear:
        return step.call(*reference)
    if step.elementwise:
        return _rescale(step.call, x[0], reference[0], y)
    if step.kind in ("pool", "global_max"):
        call = step.call
        if step.kind == "global_max":
            size = x[0].shape[1]
            call = lambda values: pooled(values, size=size, stride=1, pool="max")[:, 0]  # noqa: E731
        return _max_pool(call, x[0], reference[0], y)
    return averaged(step.call, x, reference, y)


def averaged(call: Callable[..., Any], x: Sequence[Any], reference: Sequence[Any], y: Any) -> Any:
    """Return a function's values at references, with its mean gradient on the straight line from them to `x` as its gradient.

    It is the rule for whatever combines several inputs: softmax, products, layer normalization, attention and recurrence. The mean
    is taken at 16 points (Gauss and Legendre), which is exact for products. Where it does not add up to the change of the output, as
    for a softmax that goes from one position to another, the line is halved up to five times, with 16 points in each part.

    Args:
        call: Function of one or several inputs.
        x: Its inputs at the example, `(1, ...)`.
        reference: Its inputs at the references, `(n, ...)`.
        y: Its values at the example.
    """

    @tf.custom_gradient
    def function(*inputs):
        value = call(*inputs)

        def gradient(upstream, variables=None):
            nodes, weights = tf.constant(_NODES, tf.float32), tf.constant(_NODE_WEIGHTS, tf.float32)
            changes = [v - r for v, r in zip(x, inputs, strict=True)]
            expected = _sums(upstream * (y - value))

            def one_node(k, parts, *total):  # a loop, so that a recurrent layer is traced once instead of 16 times
                part, node = tf.cast(k // len(_NODES), tf.float32), k % len(_NODES)
                along = (part + nodes[node]) / tf.cast(parts, tf.float32)
                points = [r + along * change for r, change in zip(inputs, changes, strict=True)]
                weight = weights[node] / tf.cast(parts, tf.float32)
                found = _vjp(call, points, upstream)
                return k + 1, parts, *(t if g is None else t + weight * g for t, g in zip(total, found, strict=True))

            def divided(parts, _, *total):
                zeros = [tf.zeros_like(t) for t in total]
                n_nodes = parts * len(_NODES)
                first = (0, parts, *zeros)
                _, _, *found = tf.while_loop(lambda k, *_: k < n_nodes, one_node, first, parallel_iterations=1)
                missed = expected - tf.add_n([_sums(c * t) for c, t in zip(changes, found, strict=True)])
                return 2 * parts, tf.reduce_max(tf.abs(missed)), *found

            def goes_on(parts, missed, *_):
                return (parts <= _MOST_PARTS) & (missed > _MISSED)

            start = (1, tf.constant(np.inf, tf.float32), *(tf.zeros_like(r) for r in inputs))
            _, _, *total = tf.while_loop(goes_on, divided, start, parallel_iterations=1)
            return _without_variables(total, variables)

        return value, gradient

    return function(*reference)


def _sums(values: Any) -> Any:
    """Return the sum over all axes but the first."""
    return tf.reduce_sum(tf.reshape(values, (tf.shape(values)[0], -1)), axis=1)


def _rescale(call: Callable[..., Any], x: Any, reference: Any, y: Any) -> Any:
    @tf.custom_gradient
    def function(r):
        value = call(r)

        def gradient(upstream, variables=None):
            change = x - r
            small = tf.abs(change) <= _NOISE * tf.maximum(tf.abs(x), tf.abs(r))
            slope = (y - value) / tf.where(small, tf.ones_like(change), change)
            multiplier = tf.where(small, _vjp(call, [x], tf.ones_like(y))[0], slope)
            return _without_variables([upstream * multiplier], variables)

        return value, gradient

    return function(reference)


def _max_pool(call: Callable[..., Any], x: Any, reference: Any, y: Any) -> Any:
    """Divide the change of a maximum between the position that leads in `x` and the one that leads in the reference."""

    @tf.custom_gradient
    def function(r):
        value = call(r)

        def gradient(upstream):
            tiled = tf.broadcast_to(x, tf.shape(r))
            larger = tf.maximum(y, value)
            change = tiled - r
            # a tiny change may be that of the leading position, which has all of the change of the maximum
            small = change == 0
            moved = _vjp(call, [tiled], upstream * (larger - value))[0] + _vjp(call, [r], upstream * (y - larger))[0]
            slope = moved / tf.where(small, tf.ones_like(change), change)
            return tf.where(small, _vjp(call, [tiled], upstream)[0], slope)

        return value, gradient

    return function(reference)


def _vjp(call: Callable[..., Any], inputs: Sequence[Any], upstream: Any) -> list[Any]:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for one in inputs:
            tape.watch(one)
        value = call(*inputs)
    return tape.gradient(value, list(inputs), output_gradients=upstream)


def _without_variables(gradients: list[Any], variables: Any) -> Any:
    found = gradients[0] if len(gradients) == 1 else tuple(gradients)
    return found if variables is None else (found, [None] * len(variables))
