"""Which devices a run uses."""

from __future__ import annotations

import tensorflow as tf

from deepbio.errors import TrainingError, nearest


def choose_strategy(strategy: str | tf.distribute.Strategy = "auto") -> tf.distribute.Strategy:
    """Give the `tf.distribute` strategy of a run.

    Args:
        strategy: `"auto"` or `"one"` (one device), or a strategy of your own.

    Raises:
        TrainingError: unknown name.
    """
    if isinstance(strategy, tf.distribute.Strategy):
        return strategy
    if strategy in ("auto", "one"):
        return tf.distribute.get_strategy()
    raise TrainingError(f"Unknown strategy {strategy!r}. {nearest(str(strategy), ('auto', 'one'))}")
