"""The maps inside a model that later work reads: which there are, and the model cut there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepbio.errors import ModelError, nearest

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Feature:
    """A place in a model where its features can be read.

    Args:
        name: of the layer.
        shape: of its output without the batch, for example `(height, width, channels)`.
        reduction: how many pixels or bases a side one value stands for, where that is a whole number.
    """

    name: str
    shape: tuple[int, ...]
    reduction: int | None


def list_features(model: keras.Model) -> list[Feature]:
    """List the maps of a model, from the input on: the last layer at each size.

    Example:
        >>> from deepbio.zoo import get_model
        >>> [feature.shape for feature in list_features(get_model("image_cnn"))]
        [(28, 28, 32), (14, 14, 64)]
    """
    found: dict[tuple[int, ...], Feature] = {}
    for layer in _trunk(model).layers:
        shape: tuple[int, ...] = () if isinstance(layer.output, list) else tuple(layer.output.shape[1:])
        if len(shape) == (3 if len(model.input_shape) == 4 else 2):
            if layer.__class__.__name__ in _INPUTS or None in shape or layer.name == "head":
                continue
            found.pop(shape[:-1], None)
            found[shape[:-1]] = Feature(layer.name, shape, _reduction(model.input_shape[1], shape))
    return list(found.values())


def features_of(model: keras.Model, name: str | None = None) -> keras.Model:
    """Return the model cut at one of its maps, with the same weights.

    Args:
        name: of `list_features`; `None` takes the last.

    Raises:
        ModelError: no such map.
    """
    import keras

    known = list_features(model)
    if not known:
        raise ModelError(f"{model.name} has no maps: it puts all its input into one row of numbers at once.")
    name = known[-1].name if name is None else name
    if name not in [feature.name for feature in known]:
        raise ModelError(f"{model.name} has no map {name!r}. {nearest(name, [feature.name for feature in known])}")
    x, trunk = model.inputs[0], model
    while (inside := _inside(trunk)) is not None:
        x = keras.Model(trunk.inputs, inside._inbound_nodes[-1].input_tensors[0])(x)
        trunk = inside
    cut = keras.Model(trunk.inputs, trunk.get_layer(name).output, name=f"{model.name}_features")
    return cut if trunk is model else keras.Model(model.inputs, cut(x), name=cut.name)


_INPUTS = ("InputLayer", "Rescaling", "ZeroPadding2D", "OneHot", "FitImage", "FitLength", "GetItem", "Flip")


def _reduction(before: int | None, shape: tuple[int, ...]) -> int | None:
    after = shape[0]
    return before // after if before is not None and after and before % after == 0 else None


def _trunk(model: keras.Model) -> keras.Model:
    while (inside := _inside(model)) is not None:
        model = inside
    return model


def _inside(model: keras.Model) -> Any:
    """Return the network that a model wraps between its input and its head, if it wraps one."""
    import keras

    found = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return found[0] if len(found) == 1 else None
