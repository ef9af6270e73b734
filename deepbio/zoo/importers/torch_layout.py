"""From the names and layouts of a PyTorch state dict to those of Keras layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import WeightsError

if TYPE_CHECKING:
    import keras

_COUNTERS = ".num_batches_tracked"  # of PyTorch's batch normalisation; Keras has no such number


class TorchState:
    """Tensors of a PyTorch state dict, taken one layer at a time. What nobody took is named in the end.

    Args:
        tensors: Name of each tensor in the state dict, to its values.

    Example:
        >>> state = TorchState({"fc.weight": np.ones((1, 2)), "fc.bias": np.zeros(1)})
        >>> state.dense("fc", "head")
        >>> {path: values.shape for path, values in state.finish().items()}
        {'head/kernel': (2, 1), 'head/bias': (1,)}
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self._left = {name: values for name, values in tensors.items() if not name.endswith(_COUNTERS)}
        self._found: dict[str, np.ndarray] = {}
        self._missing: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def count(self, pattern: str) -> int:
        """Return how many of `pattern.format(0)`, `pattern.format(1)` and so on are there, up to the first that is not."""
        n = 0
        while pattern.format(n) in self._left:
            n += 1
        return n

    def skip(self, *names: str) -> None:
        """Leave out tensors that the Keras model computes itself or does not have."""
        for name in names:
            self._left.pop(name, None)

    def take(self, name: str, path: str, axes: tuple[int, ...] | None = None) -> None:
        """Take a tensor, with its axes in another order, as the variable `path`."""
        values = self._left.pop(name, None)
        if values is None:
            self._missing.append(name)
        elif axes is not None and values.ndim != len(axes):
            raise WeightsError(f"{name} is expected with {len(axes)} axes; it has the shape {values.shape}.")
        else:
            self._found[path] = values if axes is None else np.transpose(values, axes)

    def take_inner(self, name: str, path: str, axes: tuple[int, ...]) -> None:
        """Take a tensor as `take` does, with the axes that `axes` leaves out, of length one, removed."""
        values = self._left.get(name)
        outer = () if values is None else tuple(axis for axis in range(values.ndim) if axis not in axes)
        if values is not None and max(axes) < values.ndim and all(values.shape[axis] == 1 for axis in outer):
            self._left.pop(name)
            self._found[path] = np.transpose(values, (*axes, *outer)).reshape([values.shape[axis] for axis in axes])
        else:
            self.take(name, path, axes)

    def dense(self, name: str, path: str, *, bias: bool = True) -> None:
        """Take a linear layer, `(out, in)`, as a dense layer."""
        self.take(f"{name}.weight", f"{path}/kernel", (1, 0))
        if bias:
            self.take(f"{name}.bias", f"{path}/bias")

    def conv1d(self, name: str, path: str) -> None:
        """Take a convolution over positions, `(out, in, width)`."""
        self.take(f"{name}.weight", f"{path}/kernel", (2, 1, 0))
        self.take(f"{name}.bias", f"{path}/bias")

    def batch_norm(self, name: str, path: str) -> None:
        """Take a batch normalisation with its moving statistics."""
        self.layer_norm(name, path)
        self.take(f"{name}.running_mean", f"{path}/moving_mean")
        self.take(f"{name}.running_var", f"{path}/moving_variance")

    def layer_norm(self, name: str, path: str) -> None:
        """Take a layer normalisation."""
        self.take(f"{name}.weight", f"{path}/gamma")
        self.take(f"{name}.bias", f"{path}/beta")

    def heads(self, names: tuple[str, ...], path: str) -> None:
        """Take the last layers of those heads that are there as one dense layer, in the order of `names`."""
        self.joined_dense([name for name in names if f"{name}.weight" in self._left] or names[:1], path)

    def joined_dense(self, names: Sequence[str], path: str) -> None:
        """Take linear layers, `(out, in)` or `(out, in, 1)`, that read the same features as one dense layer, in order."""
        kernels, biases = [], []
        for name in names:
            kernel, bias = (self._left.pop(f"{name}.{part}", None) for part in ("weight", "bias"))
            if kernel is None or bias is None:
                self._missing += [f"{name}.{part}" for part, v in (("weight", kernel), ("bias", bias)) if v is None]
                continue
            kernels.append(np.reshape(kernel, kernel.shape[:2]).T)
            biases.append(bias)
        if len(kernels) == len(names):
            self._found[f"{path}/kernel"], self._found[f"{path}/bias"] = (
                np.concatenate(kernels, 1),
                np.concatenate(biases),
            )

    def add(self, path: str, values: np.ndarray) -> None:
        """Set the variable `path` to values that were derived from other tensors."""
        self._found[path] = values

    def finish(self) -> dict[str, np.ndarray]:
        """Return the values of each variable of the Keras model, by its path.

        Raises:
            WeightsError: Tensors are missing or left over; the message names them.
        """
        for problem, names in (("lacks", self._missing), ("has, beyond this architecture,", sorted(self._left))):
            if names:
                more = f" and {len(names) - 8} more" if len(names) > 8 else ""
                raise WeightsError(
                    f"The state dict {problem} {', '.join(names[:8])}{more}. Was it saved by the same architecture?"
                )
        return self._found


def assign_weights(model: keras.Model, values: Mapping[str, np.ndarray]) -> None:
    """Assign every variable of a model by its path.

    Raises:
        WeightsError: Paths or shapes differ; the message names each. Nothing is assigned then.
    """
    variables = {variable.path: variable for variable in model.weights if "seed_generator" not in variable.path}
    problems = [f"no values for {path}" for path in variables.keys() - values.keys()]
    problems += [f"no variable for {path}" for path in values.keys() - variables.keys()]
    problems += [
        f"{path} is {tuple(variables[path].shape)} in the model, {values[path].shape} in the weights"
        for path in variables.keys() & values.keys()
        if tuple(variables[path].shape) != values[path].shape
    ]
    if problems:
        more = f"; and {len(problems) - 8} more" if len(problems) > 8 else ""
        raise WeightsError(f"The weights do not fit {model.name}: {'; '.join(sorted(problems)[:8])}{more}.")
    for path, variable in variables.items():
        variable.assign(values[path])
