"""How deep each layer stands: the levels by which layers are frozen and learning rates fall."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from deepbio.zoo.transfer import is_head
from deepbio.zoo.weight_files import layer_names

MOST_LEVELS = 12


@dataclass(frozen=True, eq=False)
class Unit:
    """A layer that has weights, and where it stands.

    Args:
        layer: the Keras layer.
        names: its own name and its name by kind and place (`conv1d_2`), which is the same for every model of one builder.
        level: 1 at the input; the head has the highest.
        head: whether it belongs to the head.
    """

    layer: Any
    names: tuple[str, ...]
    level: int
    head: bool

    def matches(self, pattern: str) -> bool:
        """Return whether a name fits a pattern such as `"conv1d*"`."""
        return any(fnmatch.fnmatchcase(name, pattern) for name in self.names)


def units_of(model: keras.Model) -> list[Unit]:
    """Return every layer of a model that has weights, with its level.

    A level ends with each layer that has a matrix of weights (convolution, dense, embedding, attention, recurrent), along the
    longest way from the input; a normalisation stands with the layer before it. A deeper trunk than 12 levels is
    merged into 12, evenly. The head is a level of its own, the last: layers named `head...` or `..._head`, or where no name
    says so, the last layer.

    Example:
        >>> from deepbio.zoo import get_model
        >>> [(unit.names[0], unit.level) for unit in units_of(get_model("mlp", input_shape=4, outputs=1, units=(8, 8)))][-1]
        ('head', 3)
    """
    depths = list(_depths(model, ""))
    heads = {id(layer) for layer, _, _ in depths if is_head(layer.name)}
    if not heads and depths:
        heads = {id(max(depths, key=lambda entry: entry[2])[0])}
    trunk = sorted({max(depth, 1) for layer, _, depth in depths if id(layer) not in heads})
    merged = {depth: 1 + i * min(len(trunk), MOST_LEVELS) // len(trunk) for i, depth in enumerate(trunk)}
    top = max(merged.values(), default=0) + 1
    return [
        Unit(layer, names, top if id(layer) in heads else merged[max(depth, 1)], id(layer) in heads)
        for layer, names, depth in depths
    ]


def _depths(model: keras.Model, prefix: str) -> Iterator[tuple[Any, tuple[str, ...], int]]:
    """Yield layer, names and number of matrices up to it. A model inside the model counts from where it stands."""
    by_kind = {id(layer): name for name, layer in layer_names(model).items()}
    depth = _operation_depths(model)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            inner = list(_depths(layer, f"{prefix}{layer.name}/"))
            start = depth.get(id(layer), 0) - max((d for _, _, d in inner), default=0)
            yield from ((each, names, start + d) for each, names, d in inner)
        elif layer.weights and id(layer) in by_kind:
            yield layer, (f"{prefix}{layer.name}", f"{prefix}{by_kind[id(layer)]}"), depth.get(id(layer), 0)


def _operation_depths(model: keras.Model) -> dict[int, int]:
    graph: Any = getattr(model, "_functional", model)  # Sequential keeps its graph there
    found: dict[int, int] = {}
    if not hasattr(graph, "_nodes_by_depth"):  # a subclass: the order in which its layers were made
        for layer in model.layers:
            found[id(layer)] = max(found.values(), default=0) + _own_depth(layer)
        return found
    at_node: dict[int, int] = {}
    for _, nodes in sorted(graph._nodes_by_depth.items(), reverse=True):
        for node in nodes:
            before = max((at_node.get(id(parent), 0) for parent in node.parent_nodes), default=0)
            at_node[id(node)] = before + _own_depth(node.operation)
            found[id(node.operation)] = max(found.get(id(node.operation), 0), at_node[id(node)])
    return found


def _own_depth(layer: Any) -> int:
    if isinstance(layer, keras.Model):
        return max((depth for _, _, depth in _depths(layer, "")), default=0)
    return int(any(len(weight.shape) >= 2 for weight in getattr(layer, "weights", [])))
