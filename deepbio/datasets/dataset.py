"""`Dataset`: three splits, what goes in, what comes out, and the card that says where it is from."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.split import Split
from deepbio.errors import DataError
from deepbio.specs import ModelInput, Task


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named data set with fixed, group-disjoint splits.

    Args:
        name: as `load_dataset` knows it, or any name of your own.
        task: what is predicted.
        input: what one example looks like.
        train, valid, test: the splits.
        card: source, licence, citation; none for data of your own.
        options: the options it was loaded with, kept for recipes.
    """

    name: str
    task: Task
    input: ModelInput
    train: Split
    valid: Split
    test: Split
    card: Card | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part, split in self.splits():
            if tuple(split.x.shape[1:]) != self.input.shape or np.dtype(split.x.dtype) != np.dtype(self.input.dtype):
                raise DataError(
                    f"{self.name}: the {part} split holds examples of shape {tuple(split.x.shape[1:])} and dtype "
                    f"{split.x.dtype}; expected {self.input.shape} and {self.input.dtype}."
                )

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes or outputs."""
        return self.task.labels

    def splits(self) -> Iterator[tuple[str, Split]]:
        """Yield `("train", split)`, `("valid", split)`, `("test", split)`."""
        yield from (("train", self.train), ("valid", self.valid), ("test", self.test))

    def check_leakage(self) -> None:
        """Prove that no group stands in two splits.

        Raises:
            DataError: names the splits and the first shared groups.
        """
        groups = {
            part: set(np.unique(np.asarray(split.groups).astype(str)).tolist())
            for part, split in self.splits()
            if split.groups is not None
        }
        for one, other in itertools.combinations(groups, 2):
            if shared := sorted(groups[one] & groups[other]):
                # a group of notes can be a note's text or a patient, which no message may repeat
                shown = "" if self.input.modality == "text" else f", for example {', '.join(shared[:3])}"
                raise DataError(
                    f"{self.name}: {len(shared)} group(s) stand in both the {one} and the {other} split{shown}. "
                    f"Split again by group, for example with "
                    "deepbio.datasets.assign_splits."
                )

    def check_classes(self) -> None:
        """Check that the training split has every class and that labels are whole numbers in range.

        Raises:
            DataError: one class only, a class missing from training, or a label that is no class.
        """
        if not self.task.is_classification:
            return
        classes = 2 if self.task.kind == "binary" else self.task.outputs
        for part, split in self.splits():
            y = np.asarray(split.y)
            if y.dtype.kind == "f" and not np.array_equal(y, np.floor(y)):
                raise DataError(f"{self.name}: labels of the {part} split must be whole numbers; found others, or NaN.")
            if len(y) and (y.min() < 0 or y.max() >= classes):
                raise DataError(
                    f"{self.name}: labels of the {part} split must be 0 to {classes - 1}; found {y.min()} to {y.max()}."
                )
        present = np.unique(np.asarray(self.train.y))
        if len(present) < classes:
            names = self.labels or tuple(str(i) for i in range(classes))
            missing = [names[i] for i in range(classes) if i not in present]
            raise DataError(
                f"{self.name}: the training split has {len(present)} of {classes} classes and lacks {', '.join(missing[:10])}. "
                "A model cannot learn a class that it never sees: add examples or drop the class."
            )

    def check_values(self) -> None:
        """Check that the numbers of a table are finite.

        A NaN can pass a ReLU unseen and leave dead weights behind a loss that looks well.

        Raises:
            DataError: names the first example and column that are not.
        """
        if self.input.modality != "table":
            return
        for part, split in self.splits():
            for first in range(0, len(split), 65_536):
                rows = np.arange(first, min(first + 65_536, len(split)))
                bad = np.argwhere(~np.isfinite(split.x[rows]))
                if len(bad):
                    row, column = bad[0]
                    name = self.input.features[column] if self.input.features else f"column {column + 1}"
                    raise DataError(
                        f"{self.name}: example {split.names([first + row])[0]} of the {part} split has a value of {name!r} that is "
                        "not a finite number. Fill or drop missing values before training."
                    )

    def fingerprint(self) -> str:
        """Return the SHA-256 of all inputs and labels, split by split: two data sets with one fingerprint are equal."""
        digest = hashlib.sha256()
        for part, split in self.splits():
            digest.update(f"{part} {split.x.shape} {split.x.dtype}\n".encode())
            for values in (split.x, split.y):
                own = getattr(values, "fingerprint", None)
                if own is not None:
                    digest.update(own().encode())
                    continue
                for first in range(0, len(split), 4096):
                    digest.update(
                        np.ascontiguousarray(values[np.arange(first, min(first + 4096, len(split)))]).tobytes()
                    )
        return digest.hexdigest()

    @classmethod
    def from_arrays(cls, x: Any, y: Any, **options: Any) -> Dataset:
        """Build a data set from examples and labels in memory; see `deepbio.datasets.build.from_arrays`."""
        from deepbio.datasets import build

        return build.from_arrays(x, y, **options)

    @classmethod
    def from_fasta(cls, files: Mapping[str, str | os.PathLike[str]], **options: Any) -> Dataset:
        """Build a data set from one FASTA or FASTQ file a class; see `deepbio.datasets.build.from_fasta`."""
        from deepbio.datasets import build

        return build.from_fasta(files, **options)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], **options: Any) -> Dataset:
        """Build a data set from a CSV, TSV, JSON lines or Parquet file; see `deepbio.datasets.build.from_csv`."""
        from deepbio.datasets import build

        return build.from_csv(path, **options)

    @classmethod
    def from_folder(cls, path: str | os.PathLike[str], **options: Any) -> Dataset:
        """Build a data set from a folder of images, one subfolder a class; see `deepbio.datasets.build.from_folder`."""
        from deepbio.datasets import build

        return build.from_folder(path, **options)

    @classmethod
    def from_npz(cls, path: str | os.PathLike[str], **options: Any) -> Dataset:
        """Build a data set from an archive in MedMNIST's form; see `deepbio.datasets.build.from_npz`."""
        from deepbio.datasets import build

        return build.from_npz(path, **options)

    @classmethod
    def from_bed(
        cls,
        genome: str | os.PathLike[str],
        bed: Mapping[str, str | os.PathLike[str]] | str | os.PathLike[str],
        **options: Any,
    ) -> Dataset:
        """Build a data set of windows of a genome around intervals; see `deepbio.datasets.build.from_bed`."""
        from deepbio.datasets import build

        return build.from_bed(genome, bed, **options)

    @classmethod
    def from_genbank(cls, path: str | os.PathLike[str], **options: Any) -> Dataset:
        """Build a data set of windows around the features of a GenBank file; see `deepbio.datasets.build.from_genbank`."""
        from deepbio.datasets import build

        return build.from_genbank(path, **options)

    @classmethod
    def from_bigwig(
        cls, genome: str | os.PathLike[str], bed: str | os.PathLike[str], bigwig: Any, **options: Any
    ) -> Dataset:
        """Build a data set of windows of a genome and what bigWig tracks hold there; see `deepbio.datasets.build.from_bigwig`."""
        from deepbio.datasets import build

        return build.from_bigwig(genome, bed, bigwig, **options)

    @classmethod
    def from_vcf(
        cls,
        genome: str | os.PathLike[str],
        vcf: Mapping[str, str | os.PathLike[str]] | str | os.PathLike[str],
        **options: Any,
    ) -> Dataset:
        """Build a data set of windows of a genome centred on variants; see `deepbio.datasets.build.from_vcf`."""
        from deepbio.datasets import build

        return build.from_vcf(genome, vcf, **options)

    @classmethod
    def from_manifest(cls, path: str | os.PathLike[str], **options: Any) -> Dataset:
        """Build a data set from a table that lists image files; see `deepbio.datasets.build.from_manifest`."""
        from deepbio.datasets import build

        return build.from_manifest(path, **options)

    @classmethod
    def from_anndata(cls, data: Any, **options: Any) -> Dataset:
        """Build a data set from an `.h5ad` file or an AnnData object.

        With `genome`, its regions are the examples (`deepbio.datasets.build.from_peaks`), else its cells
        (`deepbio.datasets.build.from_anndata`).
        """
        from deepbio.datasets import build

        return (build.from_peaks if "genome" in options else build.from_anndata)(data, **options)

    def __repr__(self) -> str:
        sizes = " ".join(f"{part}={len(split)}" for part, split in self.splits())
        return f"Dataset({self.name!r}, {self.task.kind}, {self.input.modality} {self.input.shape}, {sizes})"
