"""What an attack lowers or raises: margins and losses of class logits, untargeted or targeted.

`y` is the class of each example. `target` is the class that a targeted attack wants, or -1 for any other class than `y`.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import tensorflow as tf

Loss = Literal["cross_entropy", "margin", "dlr"]
LOSSES: tuple[Loss, ...] = get_args(Loss)


def margin(logits: Any, y: Any, target: Any) -> Any:
    """Return how far a batch is from success; below zero the attack has succeeded.

    Untargeted: the logit of `y` minus the largest other one. Targeted: the largest other logit minus that of `target`.

    Example:
        >>> logits = tf.constant([[2.0, 1.0, 0.0]] * 2)
        >>> margin(logits, tf.constant([0, 0]), tf.constant([-1, 2])).numpy().tolist()
        [1.0, 2.0]
    """
    goal = tf.where(target < 0, y, target)
    own = tf.gather(logits, goal, batch_dims=1)
    other = tf.reduce_max(logits - 1e30 * tf.one_hot(goal, logits.shape[-1], dtype=logits.dtype), axis=1)
    return tf.where(target < 0, own - other, other - own)


def attack_loss(name: Loss, logits: Any, y: Any, target: Any) -> Any:
    """Return the loss that an attack raises, per example.

    `"dlr"` is the difference of logits ratio, which does not change if the logits are scaled (Croce and Hein 2020,
    arXiv:2003.01690). It needs three classes, with a target four.
    """
    if name == "margin":
        return -margin(logits, y, target)
    if name == "dlr":
        return _dlr(logits, y, target)
    goal = tf.where(target < 0, y, target)
    value = tf.nn.sparse_softmax_cross_entropy_with_logits(goal, logits)
    return tf.where(target < 0, value, -value)


def _dlr(logits: Any, y: Any, target: Any) -> Any:
    ranked = tf.sort(logits, axis=1, direction="DESCENDING")
    plain = -margin(logits, y, tf.fill(tf.shape(y), -1)) / (ranked[:, 0] - ranked[:, 2] + 1e-12)
    if logits.shape[-1] < 4:
        return plain
    wanted = tf.gather(logits, tf.maximum(target, 0), batch_dims=1) - tf.gather(logits, y, batch_dims=1)
    targeted = wanted / (ranked[:, 0] - (ranked[:, 2] + ranked[:, 3]) / 2 + 1e-12)
    return tf.where(target < 0, plain, targeted)
