"""Perturbations inside a norm ball: projection, steepest step and random start, for attacks and for adversarial training.

Values are in the unit of the perturbed tensor: images from 0 to 1, so that an epsilon of 8/255 is eight grey values. A radius has the
shape `(batch,)`.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import tensorflow as tf

Norm = Literal["linf", "l2"]
NORMS: tuple[Norm, ...] = get_args(Norm)


def size_of(delta: Any, norm: Norm) -> Any:
    """Return the norm of each perturbation of a batch.

    Example:
        >>> size_of(tf.constant([[3.0, -4.0]]), "l2").numpy().tolist(), size_of(tf.constant([[3.0, -4.0]]), "linf").numpy().tolist()
        ([5.0], [4.0])
    """
    axes = tuple(range(1, len(delta.shape)))
    return tf.reduce_max(tf.abs(delta), axes) if norm == "linf" else tf.sqrt(tf.reduce_sum(tf.square(delta), axes))


def project(x: Any, center: Any, radius: Any, norm: Norm, *, low: float = 0.0, high: float = 1.0) -> Any:
    """Return the points of the ball around `center` that are nearest to `x`, clipped to `low` and `high`.

    Clipping moves a point towards the center along each axis, so it stays in the ball.
    """
    delta, reach = x - center, per_example(radius, x)
    if norm == "linf":
        inside = tf.clip_by_value(delta, -reach, reach)
    else:
        length = per_example(size_of(delta, "l2"), x)
        inside = delta * tf.minimum(1.0, reach / tf.maximum(length, 1e-12))
    return tf.clip_by_value(center + inside, low, high)


def steepest(gradient: Any, norm: Norm) -> Any:
    """Return the step of size 1 along which a linear function grows most; zero where the gradient is zero."""
    if norm == "linf":
        return tf.sign(gradient)
    largest = per_example(
        size_of(gradient, "linf"), gradient
    )  # first by the largest value, so that squares do not underflow
    scaled = gradient / tf.where(largest > 0, largest, 1.0)
    return scaled / tf.maximum(per_example(size_of(scaled, "l2"), gradient), 1e-12)


def random_start(noise: Any, uniform: Any, radius: Any, norm: Norm) -> Any:
    """Return random points of the ball around zero.

    Args:
        noise: Uniform numbers from -1 to 1 for `"linf"`, normal ones for `"l2"`, of the shape of the perturbed tensor.
        uniform: `(batch,)` uniform numbers from 0 to 1, which scale the radius of `"l2"`.
        radius: `(batch,)`.
        norm: Norm of the ball.
    """
    if norm == "linf":
        return noise * per_example(radius, noise)
    dimensions = tf.cast(tf.size(noise) // tf.maximum(tf.shape(noise)[0], 1), noise.dtype)
    return steepest(noise, "l2") * per_example(radius * uniform ** (1.0 / dimensions), noise)


def per_example(values: Any, like: Any) -> Any:
    """Return `(batch,)` as `(batch, 1, ...)` with as many dimensions as `like`."""
    return tf.reshape(values, (-1, *(1,) * (len(like.shape) - 1)))
