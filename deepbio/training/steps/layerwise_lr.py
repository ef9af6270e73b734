"""Optimizers with a learning rate for each variable: a factor on the step, so that it holds for Adam as for SGD.

A factor on the gradient would be lost in Adam, which divides by the gradient's own size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def paced(optimizer: type[Any], rates: Sequence[float]) -> type[Any]:
    """Return a class of Keras optimizer that multiplies the step and the weight decay of each variable by its rate.

    Args:
        optimizer: its `update_step` is proportional to the learning rate, as it is in those of `OPTIMIZERS`.
        rates: one for each variable that the optimizer will be built with.

    Example:
        >>> import keras
        >>> variables = [keras.Variable([1.0]), keras.Variable([1.0])]
        >>> slow = paced(keras.optimizers.SGD, [1.0, 0.5])(learning_rate=0.1)
        >>> slow.build(variables)
        >>> slow.apply([keras.ops.array([1.0]), keras.ops.array([1.0])], variables)
        >>> [round(float(v.numpy()[0]), 6) for v in variables]
        [0.9, 0.95]
    """

    class Paced(optimizer):
        def update_step(self, gradient, variable, learning_rate):
            rate = rates[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * rate)

        def _apply_weight_decay(self, variables):
            whole = self.weight_decay
            if whole is None:
                return
            at = {rate: [v for v in variables if rates[self._get_variable_index(v)] == rate] for rate in rates}
            try:
                for rate, some in at.items():
                    self.weight_decay = whole * rate
                    super()._apply_weight_decay(some)
            finally:
                self.weight_decay = whole

    Paced.__name__ = optimizer.__name__
    return Paced
