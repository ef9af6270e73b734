"""Parts of an importer's table: which arrays of a file become the variables of one layer, and how.

Each function takes the name of a layer of the model and the name of a module of the file, and returns
`{"layer/variable": Entry}`. Join them with `|`. A variable is named as Keras names it: `kernel`, `bias`, `gamma`, `beta`,
`moving_mean`, `moving_variance`. A layer inside a wrapper (`Bidirectional`) is named by the end of its path.
"""

from collections.abc import Callable

import numpy as np

from deepbio.zoo.importers.importer import Entry

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


def depthwise(layer: str, name: str) -> Table:
    """Take a PyTorch depthwise convolution without bias: `(channels, 1, *size)` becomes `(*size, channels, 1)`."""
    return changed(layer, "kernel", f"{name}.weight", lambda w: np.moveaxis(w, (0, 1), (-2, -1)))


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


def keras_layer(layer: str, name: str, variables: tuple[str, ...] = ("kernel", "bias")) -> Table:
    """Take a layer of a Keras 2 HDF5 file, whose arrays are at `name/name/variable:0`."""
    return {f"{layer}/{one}": Entry((f"{name}/{name}/{one}:0",), lambda array: array) for one in variables}


NORMALIZATION = ("gamma", "beta", "moving_mean", "moving_variance")  # variables of a batch normalization
