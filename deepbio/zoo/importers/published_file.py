"""`PublishedFile`: the arrays of a weight file, whatever its kind, which is recognized by its first bytes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.documents import parse_json
from deepbio.errors import DataError, WeightsError, nearest
from deepbio.limits import check_archive
from deepbio.zoo.hdf5_weights import read_h5_arrays
from deepbio.zoo.importers.torch_file import read_torch
from deepbio.zoo.weight_files import read_safetensors

_KINDS = ".safetensors, .pt, .pth, .bin, .torch (PyTorch), .h5, .hdf5, .keras (Keras) or .npz"
_PART = re.compile(r"-\d{5}-of-\d{5}\.\w+$")
_COMPILED = re.compile(r"(^|\.)_orig_mod\.")


@dataclass(frozen=True)
class PublishedFile:
    """A weight file: its arrays by name, and what else it says.

    Args:
        path: Path of the file.
        kind: `"safetensors"`, `"torch"`, `"h5"`, `"keras"` or `"npz"`.
        arrays: Name to array. A PyTorch file has the names of the `state_dict`, an HDF5 file its paths without `model_weights/`.
        architecture: The Keras model's own description, if the file has one; it is data and never run.
    """

    path: Path
    kind: str
    arrays: Mapping[str, np.ndarray] = field(repr=False)
    architecture: Any = field(default=None, repr=False)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array.

        Raises:
            WeightsError: The file has no array of that name.
        """
        return self[name].shape

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.arrays:
            known = nearest(name, self.arrays) if len(self.arrays) < 5000 else ""
            raise WeightsError(f"{self.path} has no array {name!r}, which this format needs. {known}")
        return self.arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays


def read_published_file(path: Path) -> PublishedFile:
    """Read the arrays of a weight file without running code from it.

    Args:
        path: File, or the index (`.index.json`) of a file that is published in parts.

    Returns:
        The arrays; half precision as float32, and without the name that `torch.compile` puts before a module's own.

    Raises:
        WeightsError: The file is missing, damaged, truncated, or of a kind that is not read.
    """
    if _PART.search(path.name):
        raise WeightsError(f"{path} is one part of several. Pass the index beside it, whose name ends in .index.json.")
    found = _read_parts(path) if path.name.endswith(".index.json") else _read_one(path)
    return replace(found, arrays={_COMPILED.sub(r"\1", name): _full(array) for name, array in found.arrays.items()})


def parts_of(index: Path) -> dict[str, str]:
    """Return the file of each array by the index of a file in parts, as Hugging Face writes it.

    Raises:
        WeightsError: The index is missing or damaged, or names files elsewhere.
    """
    try:
        content = parse_json(index.read_bytes(), str(index), error=WeightsError)
    except OSError as error:
        raise WeightsError(f"Expected the index of a weight file at {index}; {error.strerror}.") from error
    parts = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(parts, dict) or not parts:
        raise WeightsError(f"{index} is no index of a weight file: expected a 'weight_map' of arrays to files.")
    for part in parts.values():
        if not isinstance(part, str) or part != Path(part).name or "\\" in part:
            raise WeightsError(f"{index} names the part {part!r}; expected a file beside it.")
    return parts


def _read_parts(index: Path) -> PublishedFile:
    parts, arrays, kind = parts_of(index), {}, ""
    for part in sorted(set(parts.values())):
        found = _read_one(index.parent / part)
        missing = [name for name, where in parts.items() if where == part and name not in found]
        if missing:
            raise WeightsError(f"{found.path} has no array {missing[0]!r}, which {index.name} says it has.")
        arrays |= found.arrays
        kind = found.kind
    return PublishedFile(index, kind, arrays)


def _full(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype.name in ("float16", "bfloat16") else array


def _read_one(path: Path) -> PublishedFile:
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise WeightsError(f"Expected a weight file at {path}; {error.strerror}.") from error
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        arrays, description = read_h5_arrays(path)
        return PublishedFile(path, "h5", arrays, description)
    if start[8:9] == b"{":
        return PublishedFile(path, "safetensors", read_safetensors(path))
    if start.startswith(b"\x80"):
        return PublishedFile(path, "torch", read_torch(path))
    if start.startswith(b"PK"):
        return _read_archive(path)
    raise WeightsError(
        f"{path} is no weight file that deepbio reads, or it is damaged: expected {_KINDS}. It begins with {start[:8]!r}."
    )


def _read_archive(path: Path) -> PublishedFile:
    try:
        check_archive(path)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "model.weights.h5" in names and "config.json" in names:
                description = parse_json(archive.read("config.json"), f"{path}: config.json", error=WeightsError)
                arrays, _ = read_h5_arrays(path, archive.read("model.weights.h5"))
                return PublishedFile(path, "keras", arrays, description)
            if names and all(name.endswith(".npy") for name in names):
                with np.load(path, allow_pickle=False) as file:
                    return PublishedFile(path, "npz", {name: file[name] for name in file.files})
    except (zipfile.BadZipFile, DataError, OSError, ValueError, EOFError) as error:
        raise WeightsError(f"{path} is a damaged or truncated archive ({error}). Copy or download it again.") from error
    return PublishedFile(path, "torch", read_torch(path))
