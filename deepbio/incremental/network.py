"""A general description of a 1D network, position by position, read out of a Keras model.

Positions are counted along the input. An output's position is that of the middle of what it sees, so "same" and "valid" convolutions
and crops differ only in how many positions they return.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deepbio.errors import ModelError

if TYPE_CHECKING:
    import keras

Kind = Literal["input", "convolution", "scale", "activation", "add", "pool"]
ACTIVATIONS = ("relu", "gelu", "tanh", "sigmoid", "elu", "softplus", "softmax")


@dataclass(frozen=True, eq=False)
class Node:
    """One step of a network.

    Args:
        kind: Kind: `"input"`, `"convolution"`, `"scale"` (batch norm at inference: times one vector plus another), `"activation"`,
            `"add"` or `"pool"`.
        inputs: Indices of the nodes that it reads.
        weights: Kernel `(width, inputs, outputs)` and bias of a convolution; factor and term of a scale.
        left: Number of positions that it sees left of its own.
        right: Number of positions that it sees right of its own.
        dilation: Dilation of a convolution.
        activation: Name in `keras.activations`; of a pool, `"max"` or `"average"`.
        stride: Stride of a pool; its position `p` is position `p * stride` of its input.
    """

    kind: Kind
    inputs: tuple[int, ...] = ()
    weights: tuple[np.ndarray, ...] = ()
    left: int = 0
    right: int = 0
    dilation: int = 1
    activation: str = ""
    stride: int = 1


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes in an order in which each reads earlier ones; the first is the input, the last the output.

    `before` and `after` are the positions of each node that an output needs on either side of its own; `scale` is the number of input
    positions per position of each node.
    """

    nodes: tuple[Node, ...]
    before: tuple[int, ...] = field(init=False)
    after: tuple[int, ...] = field(init=False)
    scale: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        # below zero if a pool's positions all lie on one side of its own
        nothing = [-(1 << 30)] * (len(self.nodes) - 1) + [0]
        before, after = list(nothing), list(nothing)
        for i in reversed(range(len(self.nodes))):
            node = self.nodes[i]
            for j in node.inputs:
                before[j] = max(before[j], before[i] * node.stride + node.left)
                after[j] = max(after[j], after[i] * node.stride + node.right)
        scale = [1] * len(self.nodes)
        for i, node in enumerate(self.nodes):
            scale[i] = node.stride * max((scale[j] for j in node.inputs), default=1)
        object.__setattr__(self, "before", tuple(before))
        object.__setattr__(self, "after", tuple(after))
        object.__setattr__(self, "scale", tuple(scale))

    @property
    def context(self) -> tuple[int, int]:
        """Number of input positions that an output sees on either side."""
        return self.before[0], self.after[0]

    @property
    def channels(self) -> int:
        """Number of outputs per position."""
        node = self.nodes[-1]
        while node.kind != "convolution":
            node = self.nodes[node.inputs[0]]
        return node.weights[0].shape[2]

    def same_form(self, other: Network) -> bool:
        """Return whether another network differs only in the values of its weights."""
        return [_form(node) for node in self.nodes] == [_form(node) for node in other.nodes]


def _form(node: Node) -> tuple[Any, ...]:
    shapes = tuple(weights.shape for weights in node.weights)
    return node.kind, node.inputs, shapes, node.left, node.right, node.dilation, node.activation, node.stride


def read_network(model: keras.Model) -> Network:
    """Read the description of a functional Keras model of convolutions, norms, activations, sums, crops and pools.

    Args:
        model: Model from one-hot DNA `(batch, length, 4)` (`deepbio.zoo.one_hot_model`) to `(batch, positions, outputs)`; the context
            of every output position lies in the window.

    Raises:
        ModelError: a layer is of another kind, or an output sees beyond the ends of the window.

    Example:
        >>> from deepbio.zoo import get_model, one_hot_model
        >>> read_network(one_hot_model(get_model("spliceai_80nt", input_shape=100, outputs=3))).context
        (40, 40)
    """
    reader = _Reader()
    reader.nodes.append(Node("input"))
    reader.seen[id(model.inputs[0])] = (0, 0)
    last, offset = reader.visit(model.outputs[0])
    if last != len(reader.nodes) - 1:
        reader.add(Node("activation", (last,), activation="linear"))
    network = Network(folded(reader.nodes))
    window, given = model.inputs[0].shape[1], model.outputs[0].shape[1]
    if window is not None and given is not None:
        before, after = network.context
        first, last = offset * network.scale[-1], (offset + given - 1) * network.scale[-1]
        if first < before or window - 1 - last < after:
            raise ModelError(
                f"Outputs of {model.name} see beyond its window of {window} positions: they need {before} before and {after} after, "
                f"and the first and last have {first} and {window - 1 - last}."
            )
    return network


def folded(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Fold each scale that is the only reader of a convolution into the weights of that convolution, to save a pass over memory.

    Example:
        >>> kernel, bias = np.ones((1, 4, 2), np.float32), np.ones(2, np.float32)
        >>> scale = (np.array([2.0, 3.0]), np.array([0.5, 0.0]))
        >>> nodes = [Node("input"), Node("convolution", (0,), (kernel, bias)), Node("scale", (1,), scale)]
        >>> [weights.ravel()[:2].tolist() for weights in folded(nodes)[-1].weights]
        [[2.0, 3.0], [2.5, 3.0]]
    """
    readers = Counter(j for node in nodes for j in node.inputs)
    kept: list[Node] = []
    number: list[int] = []
    for node in nodes:
        inputs = tuple(number[j] for j in node.inputs)
        if node.kind == "scale" and nodes[node.inputs[0]].kind == "convolution" and readers[node.inputs[0]] == 1:
            kernel, bias = (weights.astype(np.float64) for weights in kept[inputs[0]].weights)
            factor, term = (weights.astype(np.float64) for weights in node.weights)
            weights = ((kernel * factor).astype(np.float32), (bias * factor + term).astype(np.float32))
            kept[inputs[0]] = replace(kept[inputs[0]], weights=weights)
            number.append(inputs[0])
            continue
        number.append(len(kept))
        kept.append(replace(node, inputs=inputs))
    return tuple(kept)


class _Reader:
    """Walk from the output back to the input and record, for each tensor, its node and the position of its first value."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.seen: dict[int, tuple[int, int]] = {}

    def add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def visit(self, tensor: Any) -> tuple[int, int]:
        if id(tensor) in self.seen:
            return self.seen[id(tensor)]
        layer, index, _ = tensor._keras_history
        sources = [self.visit(source) for source in layer._inbound_nodes[index].input_tensors]
        found = self._layer(layer, sources)
        self.seen[id(tensor)] = found
        return found

    def _layer(self, layer: Any, sources: list[tuple[int, int]]) -> tuple[int, int]:
        import keras

        node, offset = sources[0] if sources else (0, 0)
        if isinstance(layer, keras.layers.Conv1D) and layer.strides[0] == 1 and layer.groups == 1:
            return self._convolution(layer, node, offset)
        if isinstance(layer, keras.layers.BatchNormalization):
            mean, variance = (np.asarray(w, np.float64) for w in (layer.moving_mean, layer.moving_variance))
            factor = 1 / np.sqrt(variance + layer.epsilon)
            if layer.scale:
                factor = factor * np.asarray(layer.gamma, np.float64)
            term = -mean * factor + (np.asarray(layer.beta, np.float64) if layer.center else 0.0)
            weights = (factor.astype(np.float32), term.astype(np.float32))
            return self.add(Node("scale", (node,), weights)), offset
        if isinstance(layer, keras.layers.ReLU) and layer.max_value is None and not layer.negative_slope:
            return self._activation("relu", node), offset
        if isinstance(layer, keras.layers.Activation):
            return self._activation(layer.activation.__name__, node), offset
        if isinstance(layer, keras.layers.Add):
            offsets = {o for _, o in sources}
            if len(offsets) == 1:
                return self.add(Node("add", tuple(n for n, _ in sources))), offset
        if isinstance(layer, keras.layers.MaxPooling1D | keras.layers.AveragePooling1D) and layer.padding == "valid":
            size, stride = layer.pool_size[0], layer.strides[0]
            over = offset % stride  # the first value pooled lies this far beyond a multiple of the stride
            kind = "max" if isinstance(layer, keras.layers.MaxPooling1D) else "average"
            pool = Node("pool", (node,), (), -over, over + size - 1, activation=kind, stride=stride)
            return self.add(pool), offset // stride
        if isinstance(layer, keras.layers.Cropping1D):
            return node, offset + layer.cropping[0]
        if isinstance(layer, keras.layers.Dropout | keras.layers.Identity):
            return node, offset
        raise ModelError(
            f"The layer {layer.name!r} ({type(layer).__name__}) does not look at positions one by one, so a change cannot be followed "
            "through it. Use `deepbio variants score`, which runs whole windows."
        )

    def _convolution(self, layer: Any, node: int, offset: int) -> tuple[int, int]:
        kernel = np.asarray(layer.kernel, np.float32)
        bias = np.asarray(layer.bias, np.float32) if layer.use_bias else np.zeros(kernel.shape[2], np.float32)
        dilation = int(layer.dilation_rate[0])
        span = (len(kernel) - 1) * dilation
        left = span if layer.padding == "causal" else span // 2
        made = self.add(Node("convolution", (node,), (kernel, bias), left, span - left, dilation))
        name = layer.activation.__name__
        return self._activation(name, made), offset + (left if layer.padding == "valid" else 0)

    def _activation(self, name: str, node: int) -> int:
        if name == "linear":
            return node
        if name not in ACTIVATIONS:
            raise ModelError(f"The activation {name!r} is not known here; known are {', '.join(ACTIVATIONS)}.")
        return self.add(Node("activation", (node,), activation=name))
