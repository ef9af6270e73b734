"""A `Dataset` from a table that lists image files with their labels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.images import decoded
from deepbio.datasets.build.noting import names_of, noted
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.readers import ImageFiles, read_table
from deepbio.datasets.readers.grey_window import Window
from deepbio.datasets.splitting import FRACTIONS
from deepbio.datasets.targets import check_predicted
from deepbio.errors import DataError
from deepbio.specs import Kind


def from_manifest(
    path: str | os.PathLike[str],
    *,
    image: str,
    label: str | None = None,
    targets: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    group: str | None = None,
    id: str | None = None,
    split: str | None = None,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    shape: tuple[int, ...] | None = None,
    window: Window = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    encoding: str = "utf-8",
    name: str | None = None,
) -> Dataset:
    """Build a data set from a table (CSV, TSV, JSON lines or Parquet) with one image file a row.

    Where a file holds several images (frames of a DICOM file, slices of a NIfTI volume) each has the labels of the row.

    Args:
        path: the table.
        image: column of file names.
        label: column of classes; or `targets`: columns of 0/1 labels or of values.
        folder: where the images are; None takes the table's folder.
        group: column of what must not be shared between splits, such as the patient. Without it, images of one file are a
            group where a file has several.
        id: column that names the rows; None takes the file names.
        split: column that says train, valid or test.
        kind, labels, positive: what is predicted; see `from_arrays`.
        shape, window: of the images; see `deepbio.datasets.readers.ImageFiles`.
        fractions, seed, duplicates: of the splits; see `deepbio.datasets.placing.place_examples`.
        encoding: of the table.
        name: of the data set; None takes the table's.

    Raises:
        DataError: what `read_table` and `ImageFiles` raise, a file that is not there, with its row, or splits that cannot be
            made.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> here = Path(tempfile.mkdtemp())
        >>> draw = np.random.default_rng(0)
        >>> for i in range(40):
        ...     Image.fromarray(draw.integers(0, 256, (8, 8), np.uint8)).save(here / f"{i}.png")
        >>> rows = "".join(f"{i}.png,{'ill' if i % 2 else 'well'},p{i // 2}\\n" for i in range(40))
        >>> _ = (here / "scans.csv").write_text("file,finding,patient\\n" + rows)
        >>> from_manifest(here / "scans.csv", image="file", label="finding", group="patient", positive="ill")
        Dataset('scans', binary, image (8, 8, 1), train=28 valid=6 test=6)
    """
    targets = names_of(targets)
    check_predicted(label, targets)
    table = read_table(
        path, label=label, targets=targets, text=image, group=group, id=id, split=split, encoding=encoding
    )
    place = Path(path)
    base = place.parent if folder is None else Path(folder)
    listed = table.texts or []
    files = [base / file for file in listed]
    for row, file in enumerate(files, start=1):
        if not file.is_file():
            raise DataError(
                f"{place}, row {row}, column {image!r}: expected an image at {file}; there is none. Correct the row, or name "
                "the images' folder with folder=..."
            )
    images = ImageFiles(files, ids=listed if id is None else table.ids.tolist(), shape=shape, window=window)
    several = len(images) > len(files)
    of_row: Any = {
        "y": table.labels if label is not None else table.targets,
        "groups": table.groups,
        "split": table.splits,
    }
    if several and group is None:
        of_row["groups"] = np.array(listed)
    y, groups, parts = (None if values is None else values[images.files] for values in of_row.values())
    used = {"manifest": path, "image": image, "label": label, "targets": targets, "folder": folder, "group": group}
    used |= {"id": id, "split": split, "kind": kind, "labels": labels, "positive": positive, "shape": shape}
    used |= {"window": window, "fractions": fractions, "duplicates": duplicates, "encoding": encoding}
    try:
        return from_arrays(
            decoded(images),
            y,
            modality="image",
            kind=kind,
            labels=labels or (None if label else targets),
            positive=positive,
            ids=images.ids,
            groups=groups,
            split=parts,
            fractions=fractions,
            seed=seed,
            duplicates=duplicates,
            name=name or place.name.split(".")[0],
            options=noted(used),
        )
    except DataError as error:
        raise DataError(f"{place}: {error}" if str(place) not in str(error) else str(error)) from error
