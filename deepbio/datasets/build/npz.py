"""A `Dataset` of images from an archive in MedMNIST's format."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.datasets.build.builder import builder
from deepbio.datasets.readers import read_npz
from deepbio.datasets.splitting import Duplicates
from deepbio.files import FilePath
from deepbio.specs import Kind


@builder("npz")
def from_npz(
    path: FilePath,
    *,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from an archive in MedMNIST's format, with its own splits.

    Args:
        path: Path of the `.npz` file; see `deepbio.datasets.readers.read_npz`.
        kind, labels, positive: Task to learn; see `deepbio.datasets.build.from_arrays`.
        duplicates: `"group"` refuses splits that share images, `"drop"` removes them from training and validation (and from
            test if their labels differ), `"keep"` keeps the published splits as they are.
        name: Name of the data set; None uses the file's.

    Raises:
        DataError: what `read_npz` raises, or splits that share images.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "tiny.npz"
        >>> arrays = {}
        >>> for seed, part in enumerate(("train", "val", "test")):
        ...     arrays[f"{part}_images"] = np.random.default_rng(seed).integers(0, 256, (4, 8, 8), np.uint8)
        ...     arrays[f"{part}_labels"] = np.array([[0], [1], [0], [1]])
        >>> np.savez(path, **arrays)
        >>> from_npz(path)
        Dataset('tiny', binary, image (8, 8, 1), train=4 valid=4 test=4)
    """
    splits = read_npz(path)
    return {
        "x": np.concatenate([split.images for split in splits.values()]),
        "y": np.concatenate([split.labels for split in splits.values()]),
        "modality": "image",
        "ids": np.array([f"{part}:{i + 1}" for part, split in splits.items() for i in range(len(split.images))]),
        "split": np.repeat(list(splits), [len(split.images) for split in splits.values()]),
    }
