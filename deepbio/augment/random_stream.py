"""`RandomStream`: random numbers that are a function of the position in training, without a state of their own."""

from typing import Any

import keras
import tensorflow as tf

Tensor = Any  # TensorFlow's annotations leave out much of what its tensors can do
random: Any = tf.random


class RandomStream(keras.random.SeedGenerator):
    """Random numbers from `(seed, epoch, step, replica, part)` and from how many were drawn before in the same graph.

    Keras's own generator counts in a variable, so its numbers depend on the calls that came before. This one can be passed to
    Keras's layers in its place, and returns the same numbers for the same position in training.

    Args:
        position: Integers or scalar tensors that identify the position in training.

    Example:
        >>> a, b = (RandomStream([7, epoch, 3]).uniform((2,)).numpy().tolist() for epoch in (0, 0))
        >>> a == b, a == RandomStream([7, 1, 3]).uniform((2,)).numpy().tolist()
        (True, False)
    """

    def __init__(self, position: list[Any]) -> None:
        key = tf.constant([0, 0], tf.int32)
        for number in position:
            key = random.experimental.stateless_fold_in(key, tf.cast(number, tf.int32))
        # the first number of each seed identifies the position, the second counts the calls
        self._key = random.stateless_uniform((), key, minval=None, maxval=None, dtype=tf.int32)
        self._calls = 0

    def next(self, ordered: bool = True) -> Tensor:
        """Return the seed of the next call, int32 `(2,)`."""
        self._calls += 1
        return tf.stack([self._key, tf.constant(self._calls, tf.int32)])

    def uniform(self, shape: Any, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return float32 numbers from `low` to `high`."""
        return random.stateless_uniform(shape, self.next(), low, high)

    def normal(self, shape: Any, std: float = 1.0) -> Tensor:
        """Return normal float32 numbers of mean zero."""
        return random.stateless_normal(shape, self.next(), stddev=std)

    def integers(self, shape: Any, low: Any, high: Any) -> Tensor:
        """Return int32 numbers from `low` to `high`, both included."""
        return random.stateless_uniform(shape, self.next(), low, tf.convert_to_tensor(high) + 1, tf.int32)

    def bernoulli(self, examples: Any, probability: float) -> Tensor:
        """Return whether each example is chosen, bool `(examples,)`."""
        return self.uniform((examples,)) < probability
