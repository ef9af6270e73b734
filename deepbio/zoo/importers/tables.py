"""Parts of an importer's table: which arrays of a file become the variables of one layer, and how.

Each function takes the name of a layer of the model and the name of a module of the file, and returns
`{"layer/variable": Entry}`. Join them with `|`. A variable is named as Keras names it: `kernel`, `bias`, `gamma`, `beta`,
`moving_mean`, `moving_variance`. A layer inside a wrapper (`Bidirectional`) is named by the end of its path.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from deepbio.errors import WeightsError
from deepbio.zoo.importers.importer import Entry
from deepbio.zoo.importers.published_file import PublishedFile

Table = dict[str, Entry]


def same(layer: str, variable: str, name: str) -> Table:
    """Take an array as it is.

    Example:
        >>> same("head", "bias", "fc.bias")["head/bias"].names
        ('fc.bias',)
    """
    return {f"{layer}/{variable}": Entry((name,), lambda array: array)}


def changed(layer: str, variable: str, names: str | tuple[str, ...], convert: Callable[..., np.ndarray]) -> Table:
    """Take a function of one or several arrays."""
    return {f"{layer}/{variable}": Entry((names,) if isinstance(names, str) else names, convert)}


def convolution(layer: str, name: str, *, bias: bool = True) -> Table:
    """Take a PyTorch convolution of one or two dimensions: `(out, in, *size)` becomes `(*size, in, out)`.

    Example:
        >>> table = convolution("stem", "conv1")
        >>> table["stem/kernel"].convert(np.zeros((8, 4, 21))).shape, sorted(table)
        ((21, 4, 8), ['stem/bias', 'stem/kernel'])
    """
    kernel = changed(layer, "kernel", f"{name}.weight", lambda w: np.moveaxis(w, (0, 1), (-1, -2)))
    return kernel | (same(layer, "bias", f"{name}.bias") if bias else {})


def depthwise(layer: str, name: str, *, bias: bool = True) -> Table:
    """Take a PyTorch depthwise convolution: `(channels, 1, *size)` becomes `(*size, channels, 1)`."""
    kernel = changed(layer, "kernel", f"{name}.weight", lambda w: np.moveaxis(w, (0, 1), (-2, -1)))
    return kernel | (same(layer, "bias", f"{name}.bias") if bias else {})


def dense(layer: str, name: str, *, bias: bool = True) -> Table:
    """Take a PyTorch linear layer: `(out, in)` becomes `(in, out)`."""
    return changed(layer, "kernel", f"{name}.weight", lambda w: w.T) | (
        same(layer, "bias", f"{name}.bias") if bias else {}
    )


def dense_after_flatten(layer: str, name: str, channels: int) -> Table:
    """Take a PyTorch linear layer after a flatten, which there has channels first: its rows are put in the order of Keras.

    Example:
        >>> w = np.arange(6).reshape(1, 6)  # channel 0 at positions 0, 1, 2, then channel 1
        >>> dense_after_flatten("d", "fc", 2)["d/kernel"].convert(w)[:, 0].tolist()
        [0, 3, 1, 4, 2, 5]
    """

    def convert(w: np.ndarray) -> np.ndarray:
        return w.reshape(len(w), channels, -1).transpose(2, 1, 0).reshape(-1, len(w))

    return changed(layer, "kernel", f"{name}.weight", convert) | same(layer, "bias", f"{name}.bias")


def batch_norm(layer: str, name: str) -> Table:
    """Take a PyTorch batch normalization."""
    parts = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    return {f"{layer}/{ours}": Entry((f"{name}.{theirs}",), lambda array: array) for ours, theirs in parts.items()}


def layer_norm(layer: str, name: str) -> Table:
    """Take a PyTorch layer normalization."""
    return same(layer, "gamma", f"{name}.weight") | same(layer, "beta", f"{name}.bias")


def keras_layer(file: PublishedFile, layer: str, name: str, variables: Sequence[str] = ("kernel", "bias")) -> Table:
    """Take a layer of an HDF5 file of Keras, wherever its name is in the path: `.../name/variable:0` (Keras 2) or without `:0`.

    Raises:
        WeightsError: The file has no such layer, or several.
    """
    table: Table = {}
    for variable in variables:
        found = [path for path in file.arrays if f"/{path.removesuffix(':0')}".endswith(f"/{name}/{variable}")]
        if len(found) > 1:
            raise WeightsError(f"{file.path} has {len(found)} arrays {name}/{variable}: {', '.join(found[:3])}.")
        table[f"{layer}/{variable}"] = Entry(tuple(found or [f"{name}/{variable}"]), lambda array: array)
    return table


NORMALIZATION = ("gamma", "beta", "moving_mean", "moving_variance")  # variables of a batch normalization


def values(found: Mapping[str, np.ndarray]) -> Table:
    """Return the table of variables whose values are known already, such as those of a function that checks the file itself."""
    return {path: Entry((), lambda array=array: array) for path, array in found.items()}
