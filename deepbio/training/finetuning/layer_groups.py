"""Layer groups: how deep each layer is, and which layers are frozen, by depth, fraction or name, and for how long."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from deepbio.errors import TrainingError, nearest
from deepbio.zoo.transfer import is_head
from deepbio.zoo.weight_files import layer_names

MAX_GROUPS = 12  # in the trunk

Which = int | float | str | Sequence[str] | None
UnfreezeSchedule = str | Mapping[int, Which] | None


@dataclass(frozen=True, eq=False)
class GroupedLayer:
    """A layer that has weights, and the group that it belongs to.

    Args:
        layer: Keras layer.
        names: Its own name, and its name by kind and rank (`conv1d_2`), which is the same for every model of one builder.
        group: Number of the group: 1 at the input, the highest for the head.
        head: Whether the layer belongs to the head.
    """

    layer: Any
    names: tuple[str, ...]
    group: int
    head: bool

    def matches(self, pattern: str) -> bool:
        """Return whether a name matches a pattern such as `"conv1d*"`."""
        return any(fnmatch.fnmatchcase(name, pattern) for name in self.names)


def layer_groups(model: keras.Model) -> list[GroupedLayer]:
    """Return every layer of a model that has weights, with its group.

    A group ends with each layer that has a matrix of weights (convolution, dense, embedding, attention, recurrent), along the
    longest path from the input; a normalisation belongs to the layer before it. A trunk of more than 12 groups is merged into
    12, evenly. The head is the last group: layers named `head...` or `..._head`, or else the last layer.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("mlp", input_shape=4, outputs=1, units=(8, 8))
        >>> [(layer.names[0], layer.group) for layer in layer_groups(model)][-1]
        ('head', 3)
    """
    depths = list(_depths(model, ""))
    heads = {id(layer) for layer, _, _ in depths if is_head(layer.name)}
    if not heads and depths:
        heads = {id(max(depths, key=lambda entry: entry[2])[0])}
    trunk = sorted({max(depth, 1) for layer, _, depth in depths if id(layer) not in heads})
    merged = {depth: 1 + i * min(len(trunk), MAX_GROUPS) // len(trunk) for i, depth in enumerate(trunk)}
    top = max(merged.values(), default=0) + 1
    return [
        GroupedLayer(layer, names, top if id(layer) in heads else merged[max(depth, 1)], id(layer) in heads)
        for layer, names, depth in depths
    ]


def _depths(model: keras.Model, prefix: str) -> Iterator[tuple[Any, tuple[str, ...], int]]:
    """Yield layer, names and number of matrices up to it. A model inside the model counts from its own position."""
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
    if not hasattr(graph, "_nodes_by_depth"):  # a subclass: the order in which its layers were created
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


def frozen_layers(layers: Sequence[GroupedLayer], freeze: Which) -> set[GroupedLayer]:
    """Return the layers that are frozen from the start.

    Args:
        freeze: Number of groups counted from the input, fraction of the groups below the head (0.5), `"trunk"` for all but the
            head, names or patterns of layers (`"conv1d*"`), or `None`.

    Raises:
        TrainingError: A number is out of range, no layer matches a pattern, or no layer is left to train.
    """
    frozen = _selected(layers, freeze, option="freeze", from_head=False)
    if frozen and len(frozen) == len(layers):
        raise TrainingError("freeze leaves no layer to train. Freeze 'trunk' to train the head alone.")
    return frozen


def unfrozen_layers(
    layers: Sequence[GroupedLayer], schedule: UnfreezeSchedule, frozen: set[GroupedLayer], epoch: int
) -> set[GroupedLayer]:
    """Return the layers of `frozen` that a schedule has unfrozen by `epoch` (0 is the first).

    Args:
        schedule: `"gradual"` for one more group each epoch, from the head down (Howard, Ruder 2018, arXiv:1801.06146), or a
            mapping of completed epochs to what trains from then on: a number of groups counted from the head down, a fraction of
            them, `"all"`, or names and patterns.
        frozen: Layers that are frozen from the start.
    """
    if schedule is None:
        return set()
    if schedule == "gradual":
        groups = sorted({layer.group for layer in frozen}, reverse=True)[:epoch]
        return {layer for layer in frozen if layer.group in groups}
    assert isinstance(schedule, Mapping)
    due = [what for after, what in schedule.items() if epoch >= after]
    return frozen & set().union(*(_selected(layers, what, option="unfreeze_schedule", from_head=True) for what in due))


def check_schedule(schedule: UnfreezeSchedule) -> None:
    """Raise `TrainingError` if `schedule` is neither `None`, `"gradual"` nor a mapping of completed epochs (from 1)."""
    if schedule is None or schedule == "gradual":
        return
    keys = list(schedule) if isinstance(schedule, Mapping) else []
    if not keys or any(not isinstance(after, int) or isinstance(after, bool) or after < 1 for after in keys):
        raise TrainingError(
            "unfreeze_schedule is 'gradual', or a dictionary of epochs done to what trains from then on, such as "
            f"{{2: 1, 5: 'all'}}; received {schedule!r}."
        )


def _selected(layers: Sequence[GroupedLayer], which: Any, *, option: str, from_head: bool) -> set[GroupedLayer]:
    trunk = [layer for layer in layers if not layer.head]
    groups = sorted({layer.group for layer in trunk}, reverse=from_head)
    word = "all" if from_head else "trunk"
    if which is None:
        return set()
    if which == word:
        return set(layers if from_head else trunk)
    if isinstance(which, (int, float)) and not isinstance(which, bool):
        count = round(which * len(groups)) if isinstance(which, float) else which
        if not 0 <= count <= len(groups) or (isinstance(which, float) and which > 1):
            raise TrainingError(
                f"{option} as a number is 0 to {len(groups)} groups of this model, or a fraction from 0.0 to 1.0; received {which}."
            )
        return {layer for layer in trunk if layer.group in groups[:count]}
    patterns = [which] if isinstance(which, str) else which
    if not isinstance(patterns, Sequence) or not all(isinstance(pattern, str) for pattern in patterns):
        raise TrainingError(f"{option} takes a number, a fraction, names or patterns of layers; received {which!r}.")
    found: set[GroupedLayer] = set()
    for pattern in patterns:
        matching = {layer for layer in layers if layer.matches(pattern)}
        if not matching:
            names = {name for layer in layers for name in layer.names}
            raise TrainingError(f"{option}: no layer matches {pattern!r}. {nearest(pattern, [*names, word])}")
        found |= matching
    return found
