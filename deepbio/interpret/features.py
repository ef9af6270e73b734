"""Feature maps inside a model: their list, and the model up to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepbio.errors import ModelError, nearest

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Feature:
    """A feature map of a model.

    Args:
        name: Name of the layer.
        shape: Shape of its output without the batch, for example `(height, width, channels)`.
        reduction: Number of pixels or bases of the input per value along each side, if that is an integer.
    """

    name: str
    shape: tuple[int, ...]
    reduction: int | None


def list_features(model: keras.Model) -> list[Feature]:
    """Return the feature maps of a model from the input on: the last layer of each size.

    Example:
        >>> from deepbio.zoo import get_model
        >>> [feature.shape for feature in list_features(get_model("image_cnn"))]
        [(28, 28, 32), (14, 14, 64)]
    """
    found: dict[tuple[int, ...], Feature] = {}
    for layer in _trunk(model).layers:
        shape: Any = () if isinstance(layer.output, list) else tuple(layer.output.shape[1:])
        if len(shape) == (3 if len(model.input_shape) == 4 else 2):
            if layer.__class__.__name__ in _INPUTS or None in shape or layer.name == "head":
                continue
            before, after = model.input_shape[1], shape[0]
            reduction = before // after if before is not None and after and before % after == 0 else None
            found.pop(shape[:-1], None)
            found[shape[:-1]] = Feature(layer.name, shape, reduction)
    return list(found.values())


def features_of(model: keras.Model, name: str | None = None) -> keras.Model:
    """Return the model up to one of its feature maps, with the same weights.

    Args:
        model: Model of images or DNA.
        name: Name from `list_features`; the last one by default.

    Raises:
        ModelError: There is no such map.
    """
    import keras

    known = list_features(model)
    if not known:
        raise ModelError(f"{model.name} has no feature maps: its first layer flattens the input.")
    names = [feature.name for feature in known]
    name = names[-1] if name is None else name
    if name not in names:
        raise ModelError(f"{model.name} has no feature map {name!r}. {nearest(name, names)}")
    x, trunk = model.inputs[0], model
    while (inside := _inside(trunk)) is not None:
        x = keras.Model(trunk.inputs, inside._inbound_nodes[-1].input_tensors[0])(x)
        trunk = inside
    cut = keras.Model(trunk.inputs, trunk.get_layer(name).output, name=f"{model.name}_features")
    return cut if trunk is model else keras.Model(model.inputs, cut(x), name=cut.name)


_INPUTS = ("InputLayer", "Rescaling", "ZeroPadding2D", "OneHot", "FitImage", "FitLength", "GetItem", "Flip")


def _trunk(model: keras.Model) -> keras.Model:
    while (inside := _inside(model)) is not None:
        model = inside
    return model


def _inside(model: keras.Model) -> Any:
    """Return the network inside a model that wraps one between its input and its head."""
    import keras

    found = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return found[0] if len(found) == 1 else None
