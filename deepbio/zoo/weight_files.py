"""Read and write weight files: Keras's `.weights.h5`, `safetensors`, and the layers of a Keras 2 model file.

These files contain numbers only. An HDF5 file is checked before it is read: no references to other files, no values stored outside
the file, no array larger than the model.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.documents import parse_json
from deepbio.errors import WeightsError
from deepbio.files import write_atomically
from deepbio.zoo.hdf5_weights import check_h5, first_line, h5_arrays

if TYPE_CHECKING:
    import keras

_MAX_HEADER = 64 << 20
_HALF_FROM = 200_000  # values of an array that may be stored as float16


def load_weight_file(model: keras.Model, path: Path, *, layers: Mapping[str, str] | None = None) -> None:
    """Load a file's weights into a model.

    Args:
        model: Model to load into.
        path: `.weights.h5`, `.safetensors`, or, with `layers`, a whole `.h5` model of Keras 2.
        layers: Name of each layer of the model that has weights, to the layer's name in the file.

    Raises:
        WeightsError: Another kind of file, a file that refers to others, or weights that do not fit.
    """
    if layers is not None:
        _load_keras2(model, path, layers)
    elif path.name.endswith(".safetensors"):
        _load_safetensors(model, path)
    elif path.name.endswith(".weights.h5"):
        check_h5(path, max_values=model.count_params())
        try:
            model.load_weights(path)
        except Exception as error:  # Keras and h5py have no common class of errors
            raise WeightsError(f"{path} does not fit {model.name}: {first_line(error)}") from error
    else:
        raise WeightsError(f"Expected a .weights.h5 or .safetensors file; received {path.name}. Others can run code.")


def count_values(path: Path) -> tuple[int, int]:
    """Return the numbers of values and of arrays in a weight file, without reading the values.

    Raises:
        WeightsError: The file is of another kind, damaged, or refers to others.
    """
    if path.name.endswith(".safetensors"):
        return _count_safetensors(path)
    if not path.name.endswith(".h5"):
        raise WeightsError(f"Expected a .weights.h5 or .safetensors file; received {path.name}. Others can run code.")
    sizes = [values for _, values in h5_arrays(path)]
    return sum(sizes), len(sizes)


def _count_safetensors(path: Path) -> tuple[int, int]:
    """Read the header of a safetensors file: 8 bytes with its length, then JSON."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_MAX_HEADER, path.stat().st_size - 8):
            raise WeightsError(f"{path} is not a valid safetensors file: its header of {length} bytes does not fit.")
        header = parse_json(
            file.read(length), f"{path} is not a valid safetensors file: its header", error=WeightsError
        )
    shapes = [entry["shape"] for name, entry in _entries(header, path) if name != "__metadata__"]
    if not all(isinstance(n, int) and 0 <= n < 2**40 for shape in shapes for n in shape):
        raise WeightsError(f"{path} is not a valid safetensors file: a shape is no list of sizes.")
    return sum(map(math.prod, shapes)), len(shapes)


def _entries(header: Any, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(header, dict):
        raise WeightsError(f"{path} is not a valid safetensors file: its header is no mapping.")
    for name, entry in header.items():
        if name != "__metadata__" and not (isinstance(entry, dict) and isinstance(entry.get("shape"), list)):
            raise WeightsError(f"{path} is not a valid safetensors file: an array has no shape.")
        yield name, entry


def save_h5(model: keras.Model, path: Path) -> None:
    """Write a model's weights as `.weights.h5`, without the state of an optimizer, which would triple the file's size."""
    import h5py

    model.save_weights(path)
    with h5py.File(path, "r") as file:
        if "optimizer" not in file:
            return
        content = io.BytesIO()
        with h5py.File(content, "w") as slim:
            for name in file:
                if name != "optimizer":
                    file.copy(name, slim)
    path.write_bytes(content.getvalue())


def weight_names(model: keras.Model) -> dict[str, Any]:
    """Return the weights of a model by names that depend on its structure alone, not on what was built before it.

    Example:
        >>> from deepbio.zoo import get_model
        >>> list(weight_names(get_model("logistic", input_shape=2, outputs=1)))
        ['dense.0.kernel', 'dense.1.bias']
    """
    return {
        f"{name}.{i}.{variable.name}": variable
        for name, layer in layer_names(model).items()
        for i, variable in enumerate(v for v in layer.weights if "seed_generator_state" not in v.path)
    }


def layer_names(model: keras.Model) -> dict[str, Any]:
    """Return the layers that have weights, named by kind and order: two models of one builder have equal names."""
    names: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for layer in model.layers:
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__).lower()
        number = seen[kind] = seen.get(kind, -1) + 1
        if any("seed_generator_state" not in v.path for v in layer.weights):
            names[f"{kind}_{number}" if number else kind] = layer
    return names


def save_safetensors(model: keras.Model, path: Path, *, half: bool = False) -> None:
    """Write a model's weights as `safetensors` (https://huggingface.co/docs/safetensors), named by `weight_names`.

    Args:
        model: Model whose weights are written.
        path: Path of the file.
        half: Whether arrays of at least 200,000 values are stored as float16, in half the space. Rounding the small ones, such as
            depthwise kernels and normalisations, would change outputs most and save least.

    Raises:
        WeightsError: A weight is too large for float16.
    """
    from safetensors.numpy import save_file

    arrays = {name: np.asarray(variable).astype("float32") for name, variable in weight_names(model).items()}
    if half:
        top = max(
            (float(np.abs(each).max(initial=0)) for each in arrays.values() if each.size >= _HALF_FROM), default=0.0
        )
        if top > 65_504:  # the largest float16
            raise WeightsError(f"{model.name} has a weight of {top:.3g}, too large for float16. Write float32.")
        arrays = {name: each.astype("float16") if each.size >= _HALF_FROM else each for name, each in arrays.items()}
    with write_atomically(path) as beside:
        save_file(arrays, beside)


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of a `safetensors` file.

    Raises:
        WeightsError: The file is not what its header says.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    _count_safetensors(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError, MemoryError) as error:
        raise WeightsError(f"{path} is not a valid safetensors file: {error}") from error


def _load_safetensors(model: keras.Model, path: Path) -> None:
    arrays = read_safetensors(path)
    variables = weight_names(model)
    if odd := sorted(arrays.keys() ^ variables.keys()):
        raise WeightsError(f"{path} does not fit {model.name}: {', '.join(odd[:5])} are in only one of the two.")
    for name, variable in variables.items():
        _assign(variable, arrays[name], f"{path}: {name}")


def _load_keras2(model: keras.Model, path: Path, layers: Mapping[str, str]) -> None:
    check_h5(path, max_values=model.count_params())
    try:
        _assign_keras2(model, path, layers)
    except WeightsError:
        raise
    except Exception as error:  # h5py has no common class of errors
        raise WeightsError(f"{path} does not fit {model.name}: {first_line(error)}") from error


def _assign_keras2(model: keras.Model, path: Path, layers: Mapping[str, str]) -> None:
    import h5py

    with h5py.File(path, "r") as file:
        groups: Any = file.get("model_weights", file)
        for layer in model.layers:
            if not layer.weights:
                continue
            group = groups[layers[layer.name]]
            names = [name.decode() if isinstance(name, bytes) else name for name in group.attrs["weight_names"]]
            if len(names) != len(layer.weights):
                raise WeightsError(
                    f"{path}: {layers[layer.name]} has {len(names)} arrays; {layer.name} has {len(layer.weights)}."
                )
            for variable, name in zip(layer.weights, names, strict=True):
                _assign(variable, np.asarray(group[name]), f"{path}: {name}")


def _assign(variable: Any, values: np.ndarray, where: str) -> None:
    if tuple(values.shape) != tuple(variable.shape):
        raise WeightsError(f"{where} has shape {values.shape}; the model's {variable.path}, {tuple(variable.shape)}.")
    variable.assign(values.astype("float32") if values.dtype.kind == "f" else values)
