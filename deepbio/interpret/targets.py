"""Targets: the number that an attribution explains, computed from the outputs of a model."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

from deepbio.errors import DataError, nearest
from deepbio.interpret.arguments import output_shape
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

    from deepbio.specs import Task


@dataclass(frozen=True)
class Output:
    """One output of a model, for outputs along a sequence at one position or summed over a range.

    Args:
        index: Index of the output, or its label.
        position: Position along the outputs, or None for their mean over all positions.

    Example:
        >>> Output("donor", position=40)
        Output(index='donor', position=40)
    """

    index: int | str
    position: int | None = None


Target = int | str | Output | tuple[Any, Any] | Callable[[Any], Any] | None
"""Index, label, `Output`, contrast of two of these, or function of the outputs; None for a model with one output."""


def key_of(target: Target, *more: Hashable) -> Hashable:
    """Return the key of a compiled function of a target; None for a function of the user, which may depend on anything.

    Example:
        >>> key_of((1, "donor"), "saliency")
        ('saliency', (1, 'donor'))
        >>> key_of(lambda outputs: outputs[:, 0], "saliency")
    """
    return None if _of_the_user(target) else (*more, target)


def _of_the_user(target: Target) -> bool:
    return any(map(_of_the_user, target)) if isinstance(target, tuple) else callable(target)


def target_function(model: keras.Model, target: Target) -> Callable[[Any], Any]:
    """Return the function from outputs `(batch, ...)`, which are logits, to the explained number `(batch,)`.

    Args:
        model: Model of any modality.
        target: An index or label of the outputs; `Output(index, position=)` for outputs along a sequence; a pair `(a, b)` for the
            contrast `a - b`; or a function of TensorFlow tensors. For a binary task the first label is the negative logit of the
            second. None is the only output of a model.

    Raises:
        DataError: No such output, or None for a model with several outputs.

    Example:
        >>> import numpy as np
        >>> from deepbio.zoo import get_model
        >>> explained = target_function(get_model("dna_cnn", input_shape=60, outputs=3), (2, 0))
        >>> float(explained(np.array([[1.0, 0.0, 5.0]]))[0])
        4.0
    """
    if callable(target):
        return target
    if isinstance(target, tuple):
        if len(target) != 2:
            raise DataError(f"A contrast is a pair of two targets; received {len(target)}.")
        first, second = (target_function(model, part) for part in target)
        return lambda outputs: first(outputs) - second(outputs)
    shape, task = output_shape(model), describe(model).task
    outputs = int(shape[-1])
    if target is None:
        if outputs > 1:
            raise DataError(
                f"{model.name} has {outputs} outputs; expected target= one of them{_names(task)}, a pair for their difference, "
                "or a function of the outputs."
            )
        target = Output(0)
    chosen = target if isinstance(target, Output) else Output(target)
    index, sign = _index(model, chosen.index, outputs, task)
    if len(shape) == 2:
        if chosen.position is not None:
            raise DataError(f"The outputs of {model.name} have no positions; expected target={chosen.index!r}.")
        return lambda values: sign * values[:, index]
    if len(shape) != 3:
        raise DataError(f"Expected outputs (batch, outputs) or (batch, positions, outputs); {model.name} has {shape}.")
    position = chosen.position
    if position is None:
        return lambda values: sign * _mean(values[:, :, index])
    if not -shape[1] <= position < shape[1]:
        raise DataError(f"{model.name} has {shape[1]} positions; received position {position}.")
    return lambda values: sign * values[:, position, index]


def profile_shape(index: int = 0) -> Callable[[Any], Any]:
    """Return the target that explains where the reads of a profile fall: its logits weighted by their own softmax.

    The weights are treated as constants, as in BPNet (Avsec et al. 2021, doi:10.1038/s41588-021-00782-6).

    Args:
        index: Index of the track.
    """

    def target(outputs: Any) -> Any:
        import tensorflow as tf

        logits = outputs[:, :, index]
        centred = logits - tf.reduce_mean(logits, axis=1, keepdims=True)
        return tf.reduce_sum(tf.stop_gradient(tf.nn.softmax(logits, axis=1)) * centred, axis=1)

    return target


def profile_counts(index: int = 0) -> Callable[[Any], Any]:
    """Return the target that explains how many reads a profile has: the logsumexp of its log rates.

    Args:
        index: Index of the track.
    """

    def target(outputs: Any) -> Any:
        import tensorflow as tf

        return tf.reduce_logsumexp(outputs[:, :, index], axis=1)

    return target


def _mean(values: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(values, axis=1)


def _names(task: Task | None) -> str:
    return f" ({', '.join(task.labels[:8])}{', ...' if len(task.labels) > 8 else ''})" if task and task.labels else ""


def _index(model: keras.Model, chosen: int | str, outputs: int, task: Task | None) -> tuple[int, float]:
    """Return the index of an output and the sign of its logit."""
    labels = task.labels if task is not None else ()
    binary = task is not None and task.kind == "binary"
    if isinstance(chosen, str):
        if chosen not in labels:
            known = nearest(chosen, labels) if labels else f"It has no labels; expected an index below {outputs}."
            raise DataError(f"{model.name} has no label {chosen!r}. {known}")
        found = labels.index(chosen)
        return (0, 1.0 if found == 1 else -1.0) if binary else (found, 1.0)
    if isinstance(chosen, bool) or not isinstance(chosen, Integral):
        raise DataError(
            "Expected target= an index, a label, an Output, a pair (a, b) of these or a function of the outputs; "
            f"received {chosen!r}."
        )
    if not -outputs <= chosen < outputs:
        raise DataError(f"{model.name} has {outputs} output(s); received target {chosen}.")
    return int(chosen) % outputs, 1.0
