"""Gradient checkpointing: keep the outputs of some layers, and compute the others again on the way back.

Chen et al. 2016, arXiv:1604.06174. The forward pass of a model is cut where one tensor carries everything: after a residual block,
between two layers of a chain. The backward pass begins each part by computing it again from its input, with the same dropout masks and
batch statistics, so that the gradients are those of the whole pass. Moving statistics are updated once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from deepbio.errors import TrainingError

_PER_OUTPUT = 4  # values in memory while a part is differentiated, per value that its layers return


@dataclass(frozen=True)
class _Piece:
    """A stretch of layers between two tensors through which everything flows, with the values of one example."""

    start: Any
    end: Any
    inside: int
    kept: int


class Recomputed:
    """The forward pass of a functional model in training mode, in parts that the backward pass computes again.

    Args:
        model: Functional model with one input and one output.

    Raises:
        TrainingError: The model is of another kind, or adds losses of its activations.
    """

    def __init__(self, model: keras.Model) -> None:
        if not hasattr(model, "_nodes_by_depth") or len(model.inputs) != 1 or len(model.outputs) != 1:
            raise TrainingError(
                f"recompute=True needs a functional model of one input and one output; {model.name} is none. Leave it out."
            )
        if any(getattr(layer, "activity_regularizer", None) is not None for layer in model._flatten_layers()):
            raise TrainingError(
                f"recompute=True does not work with activity regularizers, which {model.name} has. Leave it out."
            )
        pieces = _merge(_pieces(model))
        self.parts = [_Part(piece.start, piece.end) for piece in pieces]

    def __call__(self, x: Any) -> Any:
        """Return the outputs of a batch."""
        for part in self.parts:
            x = part(x)
        return x


class _Part:
    """Some layers of a model, computed again when their gradients are asked for."""

    def __init__(self, start: Any, end: Any) -> None:
        self.layers = keras.Model(start, end)
        self._trained = self.layers.trainable_variables
        self._state = self.layers.non_trainable_variables

    def __call__(self, x: Any) -> Any:
        weights, state = ([tf.convert_to_tensor(v.value) for v in group] for group in (self._trained, self._state))

        @tf.custom_gradient
        def run(x: Any, *weights: Any) -> Any:
            def backward(upstream: Any, *_: Any) -> Any:
                # begin only when the gradient is there, or the first pass would keep what this one needs
                with tf.control_dependencies([upstream]):
                    again: list[Any] = [tf.identity(x), *(tf.identity(w) for w in weights)]
                with tf.GradientTape() as tape:
                    tape.watch(again)
                    outputs = self._run(again[0], again[1:], state)[0]
                return tape.gradient(outputs, again, upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO)

            first, updated = self._run(x, weights, state)
            return (first, *updated), backward

        found = run(x, *weights)
        for variable, value in zip(self._state, found[1:], strict=True):
            variable.assign(value)
        return found[0]

    def _run(self, x: Any, weights: Sequence[Any], state: Sequence[Any]) -> tuple[Any, list[Any]]:
        known = [*zip(self._trained, weights, strict=True), *zip(self._state, state, strict=True)]
        with keras.StatelessScope(state_mapping=known) as scope:
            outputs = self.layers(x, training=True)
        after = [tf.stop_gradient(scope.get_current_value(variable)) for variable in self._state]
        return outputs, after


def _pieces(model: Any) -> list[_Piece]:
    """Return the stretches between the tensors that carry everything, in order."""
    nodes = [node for _, level in sorted(model._nodes_by_depth.items(), reverse=True) for node in level]
    last_use: dict[int, int] = {id(model.outputs[0]): len(nodes)}
    for i, node in enumerate(nodes):
        last_use |= {id(tensor): max(i, last_use.get(id(tensor), 0)) for tensor in node.arguments.keras_tensors}
    pieces, live, start, inside = [], {}, model.inputs[0], 0
    for i, node in enumerate(nodes):
        outputs = list(node.outputs)
        live |= {id(tensor): tensor for tensor in outputs if last_use.get(id(tensor), -1) > i}
        live = {key: tensor for key, tensor in live.items() if last_use[key] > i}
        inside += sum(map(_values, outputs)) + _scores(node)
        if node.is_input:
            inside = 0
        elif len(live) == 1 and id(outputs[0]) in live:
            pieces.append(_Piece(start, outputs[0], inside, _values(outputs[0])))
            start, inside = outputs[0], 0
    return pieces


def _merge(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Join neighbours so that the kept tensors and the largest part, together, are smallest."""
    best, lowest = list(pieces), math.inf
    for limit in sorted({piece.inside for piece in pieces} | {sum(p.inside for p in pieces) >> k for k in range(12)}):
        joined: list[_Piece] = []
        for piece in pieces:
            if joined and joined[-1].inside + piece.inside <= limit:
                joined[-1] = _Piece(joined[-1].start, piece.end, joined[-1].inside + piece.inside, piece.kept)
            else:
                joined.append(piece)
        total = sum(piece.kept for piece in joined) + _PER_OUTPUT * max(piece.inside for piece in joined)
        if total < lowest:
            best, lowest = joined, total
    return best


def _values(tensor: Any) -> int:
    return math.prod(n or 1 for n in tensor.shape)


def _scores(node: Any) -> int:
    """Return the values of an attention layer's scores, which are no output of it."""
    heads = getattr(node.operation, "num_heads", 0)
    return 4 * heads * node.outputs[0].shape[1] ** 2 if heads else 0
