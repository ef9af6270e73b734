"""Read the tensors of a PyTorch file (`.pt`, `.pth`, `.bin`, `.ckpt`, `.torch`) without PyTorch and without running code.

Files of `torch.save` since 1.6 are zip archives; older ones are several pickles followed by the numbers. Both may contain a
state dict, a checkpoint around one, or a whole model. `torch.load(weights_only=True)` refuses whole models, which bpnet-lite and
torchxrayvision publish; here they are read as data (see `pickled`).
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import WeightsError
from deepbio.zoo.importers.pickled import Thing, read_pickle

_DTYPES = {
    "Float": "<f4", "Double": "<f8", "Half": "<f2", "BFloat16": "<u2", "Long": "<i8", "Int": "<i4", "Short": "<i2",
    "Char": "i1", "Byte": "u1", "Bool": "?",
}  # fmt: skip
_MAX_PICKLE = 64 << 20
_MAX_DEPTH = 60
_MAGIC = 0x1950A86A20F9469CFC6C
_WRAPPERS = ("state_dict", "model_state_dict", "model", "module", "net", "ema", "params")
_STATES = ("optim", "scaler", "scheduler", "lr_scheduler")  # of training, beside the network


@dataclass(frozen=True)
class _Storage:
    kind: str
    key: str
    size: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_torch(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a PyTorch file, named as in the model's `state_dict`.

    Returns:
        Name to array, bfloat16 as float32. A prefix `module.` of all names (DataParallel) is removed.

    Raises:
        WeightsError: The file is damaged or truncated, calls functions that weights do not need, or has no tensors.
    """
    try:
        with path.open("rb") as file:
            root, load = _read_zip(path) if file.read(2) == b"PK" else _read_old(path)
        found = {name: _array(tensor, load) for name, tensor in _tensors(root)}
    except WeightsError as error:
        raise WeightsError(f"{path} is not read: {error}.") from error
    except (
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        EOFError,
        OSError,
        zipfile.BadZipFile,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:150]
        raise WeightsError(
            f"{path} is a damaged or truncated PyTorch file ({reason}). Copy or download it again."
        ) from error
    if not found:
        raise WeightsError(f"{path} is a PyTorch file without tensors. Expected a model or its state_dict.")
    if all(name.startswith("module.") for name in found):
        found = {name.removeprefix("module."): array for name, array in found.items()}
    return found


def _read_zip(path: Path) -> tuple[Any, Callable[[_Storage], np.ndarray]]:
    archive = zipfile.ZipFile(path)
    names = {name.partition("/")[2]: name for name in archive.namelist()}
    if "constants.pkl" in names:
        raise WeightsError("it is a TorchScript program, and programs are not run; save the model's state_dict instead")
    if archive.getinfo(names["data.pkl"]).file_size > _MAX_PICKLE:
        raise ValueError("its description has more than 64 MiB")
    if "byteorder" in names and archive.read(names["byteorder"]) != b"little":
        raise ValueError("its numbers are big-endian")
    root = read_pickle(io.BytesIO(archive.read(names["data.pkl"])), _storage, _call)

    def load(storage: _Storage) -> np.ndarray:
        dtype = np.dtype(_DTYPES[storage.kind])
        info = archive.getinfo(names[f"data/{storage.key}"])
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != storage.size * dtype.itemsize:
            raise ValueError(f"tensor data {storage.key} has {info.file_size} bytes")
        return np.frombuffer(archive.read(info), dtype)

    return root, load


def _read_old(path: Path) -> tuple[Any, Callable[[_Storage], np.ndarray]]:
    sizes: dict[str, _Storage] = {}

    def storage(key: Any) -> _Storage:
        found = _storage(key)
        return sizes.setdefault(found.key, found)

    data: dict[str, np.ndarray] = {}
    with path.open("rb") as file:
        if read_pickle(file, _storage, _call) != _MAGIC:
            raise ValueError("no file of torch.save")
        for _ in range(2):  # version of the format, facts about the machine
            read_pickle(file, _storage, _call)
        root = read_pickle(file, storage, _call)
        for key in read_pickle(file, _storage, _call):
            one = sizes[str(key)]
            count, dtype = int.from_bytes(file.read(8), "little"), np.dtype(_DTYPES[one.kind])
            if count != one.size:
                raise ValueError(f"tensor data {key} has {count} values instead of {one.size}")
            data[one.key] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
            if len(data[one.key]) != count:
                raise ValueError("the file ends early")
    return root, lambda one: data[one.key]


def _storage(key: Any) -> _Storage:
    kind, name, _, size = key[1:5]
    return _Storage(str(kind).rpartition(".")[2].removesuffix("Storage"), str(name), int(size))


def _call(name: str, arguments: tuple[Any, ...]) -> Any:
    function = name.rpartition(".")[2] if name.startswith("torch.") else ""
    if function in ("_rebuild_tensor", "_rebuild_tensor_v2"):
        storage, offset, shape, stride = arguments[:4]
        return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, stride)))
    if function in ("_rebuild_parameter", "_rebuild_parameter_with_state"):
        return arguments[0]
    if function == "_rebuild_from_type_v2":
        return _call(arguments[0], arguments[2])
    return Thing(name, arguments)


def _tensors(root: Any) -> Iterator[tuple[str, _Tensor]]:
    while isinstance(root, dict) and not any(isinstance(value, _Tensor) for value in root.values()):
        inner = next((root[key] for key in _WRAPPERS if isinstance(root.get(key), (dict, Thing))), None)
        if inner is None:
            root = {key: value for key, value in root.items() if not str(key).startswith(_STATES)}
            break
        root = inner
    yield from _walk(root, "", 0)


def _walk(part: Any, prefix: str, depth: int) -> Iterator[tuple[str, _Tensor]]:
    if depth > _MAX_DEPTH:
        raise ValueError("its parts are nested too deeply")
    if isinstance(part, _Tensor):
        yield prefix[:-1], part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _walk(value, f"{prefix}{key}.", depth + 1)
    elif isinstance(part, Thing) and isinstance(part.state, dict) and "_parameters" in part.state:  # a module
        for group in ("_parameters", "_buffers", "_modules"):
            yield from _walk(part.state.get(group), prefix, depth + 1)


def _array(tensor: _Tensor, load: Callable[[_Storage], np.ndarray]) -> np.ndarray:
    values, shape, stride = load(tensor.storage), tensor.shape, tensor.stride
    last = tensor.offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
    empty = 0 in shape
    if min((*shape, *stride, tensor.offset), default=0) < 0 or (not empty and last >= len(values)):
        raise ValueError(f"a tensor of shape {shape} is larger than its data")
    if np.prod(shape, dtype=object) > max(len(values), 1):
        raise ValueError(f"a tensor of shape {shape} repeats its data")
    if tensor.storage.kind == "BFloat16":
        values = (values.astype(np.uint32) << 16).view(np.float32)
    steps = [step * values.itemsize for step in stride]
    return (
        np.zeros(shape, values.dtype)
        if empty
        else np.lib.stride_tricks.as_strided(values[tensor.offset :], shape, steps).copy()
    )
