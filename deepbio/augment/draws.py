"""`Draws`: random numbers that are a function of where training stands, with no state that could run ahead of it."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Tensor = Any  # TensorFlow's annotations leave out much of what its tensors can do
random: Any = tf.random


class Draws(keras.random.SeedGenerator):
    """Random numbers from `(seed, epoch, step, replica, part)` and from how many were drawn before in the same graph.

    Keras's own generator counts in a variable, so what it gives depends on which calls came before. This one can be handed to
    Keras's layers in its place, and gives the same numbers for the same place in training, whoever asks and when.

    Args:
        place: whole numbers or scalar tensors that say where training stands.

    Example:
        >>> a, b = (Draws([7, epoch, 3]).uniform((2,)).numpy().tolist() for epoch in (0, 0))
        >>> a == b, a == Draws([7, 1, 3]).uniform((2,)).numpy().tolist()
        (True, False)
    """

    def __init__(self, place: list[Any]) -> None:
        key = tf.constant([0, 0], tf.int32)
        for number in place:
            key = random.experimental.stateless_fold_in(key, tf.cast(number, tf.int32))
        # one number stands for the place; the second of each seed counts the draws
        self._key = random.stateless_uniform((), key, minval=None, maxval=None, dtype=tf.int32)
        self._drawn = 0

    def next(self, ordered: bool = True) -> Tensor:
        """Return the seed of the next draw, int32 `(2,)`."""
        self._drawn += 1
        return tf.stack([self._key, tf.constant(self._drawn, tf.int32)])

    def uniform(self, shape: Any, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return float32 numbers from `low` to `high`."""
        return random.stateless_uniform(shape, self.next(), low, high)

    def normal(self, shape: Any, deviation: float = 1.0) -> Tensor:
        """Return float32 numbers around zero."""
        return random.stateless_normal(shape, self.next(), stddev=deviation)

    def integers(self, shape: Any, low: Any, high: Any) -> Tensor:
        """Return int32 numbers from `low` to `high`, both included."""
        return random.stateless_uniform(shape, self.next(), low, tf.convert_to_tensor(high) + 1, tf.int32)

    def chosen(self, examples: Any, probability: float) -> Tensor:
        """Say of each example whether it is chosen, bool `(examples,)`."""
        return self.uniform((examples,)) < probability
