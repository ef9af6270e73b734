"""`PublishedFile`: the arrays of a weight file, whatever its kind, which is recognized by its first bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
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

    Raises:
        WeightsError: The file is missing, damaged, truncated, or of a kind that is not read.
    """
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
