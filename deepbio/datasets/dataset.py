"""`Dataset`: three splits, the input, the task, and the card with their source."""

from __future__ import annotations

import hashlib
import importlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets.batches import StreamedSplit
from deepbio.datasets.cards import Card
from deepbio.datasets.split import BLOCK, Split, blocks
from deepbio.errors import DataError
from deepbio.specs import ModelInput, Reading, Task


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named data set with fixed, group-disjoint splits.

    The constructors `from_csv`, `from_fasta` and so on are the builders of `deepbio.datasets.build`.

    Args:
        name: Name, in the catalog or of your own.
        task: Task to learn.
        input: Description of one input.
        train, valid, test: Splits.
        card: Source, licence and citation; None for your own data.
        options: Options from which the data set was built, recorded in recipes.
        reading: How its files were read, kept by models that are trained on it; None for arrays.
    """

    if TYPE_CHECKING:
        from deepbio.datasets.build import (
            from_arrays,
            from_batches,
            from_bed,
            from_bigwig,
            from_csv,
            from_fasta,
            from_folder,
            from_genbank,
            from_manifest,
            from_npz,
            from_vcf,
        )

    name: str
    task: Task
    input: ModelInput
    train: Split
    valid: Split
    test: Split
    card: Card | None = None
    options: dict[str, Any] = field(default_factory=dict)
    reading: Reading | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.train.y, np.ndarray) and self.train.examples is not None
        if self.task.kind == "regression" and whole and len(self.train.y):
            y = np.asarray(self.train.y, np.float64).reshape(len(self.train.y), -1)
            std = y.std(axis=0)
            std = np.where(std > 0, std, 1.0)
            scaled = (
                replace(self.task, mean=tuple(y.mean(axis=0)), std=tuple(std)) if np.isfinite(y).all() else self.task
            )
            object.__setattr__(self, "task", scaled)
        for part, split in self.splits():
            found, expected = tuple(split.x.shape[1:]), self.input.shape
            if (found, np.dtype(split.x.dtype)) != (expected, np.dtype(self.input.dtype)):
                wrong = f"the {part} split has examples of shape {found} and dtype {split.x.dtype}"
                raise DataError(f"{self.name}: {wrong}; expected {expected} and {self.input.dtype}.")

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes or outputs."""
        return self.task.labels

    def splits(self) -> Iterator[tuple[str, Split]]:
        """Yield `("train", split)`, `("valid", split)`, `("test", split)`."""
        yield from (("train", self.train), ("valid", self.valid), ("test", self.test))

    def check_leakage(self, *, inputs: bool = True) -> None:
        """Check that no group is in two splits, nor a note that is the same tokens as another.

        Published splits that are kept although they share examples have no groups and are not checked.

        Args:
            inputs: Whether the tokens of notes are compared too.

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
                    f"{self.name}: {len(shared)} group(s) are in both the {one} and the {other} split{shown}. "
                    "Split again by group, for example with deepbio.datasets.assign_splits."
                )
        if not (inputs and self.input.modality == "text" and len(groups) == 3):
            return
        tokens = {part: {row.tobytes() for block in blocks(split.x) for row in block} for part, split in self.splits()}
        for one, other in itertools.combinations(tokens, 2):
            if shared := len(tokens[one] & tokens[other]):
                raise DataError(
                    f"{self.name}: {shared} note(s) of the {one} split are the same tokens as notes of the {other} split. Check what "
                    "the tokenizer makes of them: numbers and rare words may be one token."
                )

    def check_classes(self) -> None:
        """Check that the training split has every class and that labels are whole numbers in range.

        Raises:
            DataError: a class is missing from training, or a label is no class.
        """
        if not self.task.is_classification:
            return
        classes = self.task.num_classes
        for part, split in self.splits():
            y = np.asarray(split.y)
            if y.dtype.kind not in "iufb":
                raise DataError(
                    f"{self.name}: labels of the {part} split must be whole numbers, positions in the labels of the task; received "
                    f"{y.dtype}. Dataset.from_arrays(x, y) takes words."
                )
            if self.task.kind in ("binary", "multiclass") and y.size != len(y):
                raise DataError(
                    f"{self.name}: expected one class per example of the {part} split; received shape {y.shape}. Of one-hot labels "
                    "pass y.argmax(axis=1)."
                )
            if y.dtype.kind == "f" and not np.array_equal(y, np.floor(y)):
                raise DataError(f"{self.name}: labels of the {part} split must be whole numbers; found others, or NaN.")
            if len(y) and (y.min() < 0 or y.max() >= classes):
                expected = f"labels of the {part} split must be 0 to {classes - 1}"
                raise DataError(f"{self.name}: {expected}; found {y.min()} to {y.max()}.")
        if self.train.examples is None:
            return
        present = np.unique(np.asarray(self.train.y))
        names = self.labels or tuple(map(str, range(classes)))
        if missing := [names[i] for i in range(classes) if i not in present]:
            raise DataError(
                f"{self.name}: the training split has {len(present)} of {classes} classes and lacks {', '.join(missing[:10])}. "
                "A model cannot learn a class that it never sees: add examples or drop the class."
            )

    def check_values(self) -> None:
        """Check that the numbers of a table are finite.

        A NaN can pass a ReLU unnoticed and leave dead weights behind a finite loss.

        Raises:
            DataError: a value is not finite; the message names the first example and column.
        """
        if self.input.modality != "table":
            return
        allowed = np.array([value is not None for value in self.input.fill] or [False], dtype=bool)
        for part, split in self.splits():
            for number, rows in enumerate(blocks(split.x)):
                for row, column in np.argwhere(~np.isfinite(rows) & ~(allowed & np.isnan(rows)))[:1]:
                    name = self.input.features[column] if self.input.features else f"column {column + 1}"
                    example = f"example {split.names([number * BLOCK + row])[0]} of the {part} split"
                    raise DataError(
                        f"{self.name}: {example} has a value of {name!r} that is not a finite number. Fill or drop missing "
                        "values before training."
                    )

    def fingerprint(self) -> str:
        """Return the SHA-256 of all inputs and labels, split by split. Data sets with one fingerprint are equal."""
        digest = hashlib.sha256()
        for part, split in self.splits():
            digest.update(f"{part} {split.x.shape} {split.x.dtype}\n".encode())
            weights = () if split.sample_weight is None else (split.sample_weight,)
            for values in (split.x, split.y, *weights):
                if (own := getattr(values, "fingerprint", None)) is not None:
                    digest.update(own().encode())
                else:
                    for block in blocks(values):
                        digest.update(block.tobytes())
        return digest.hexdigest()

    @classmethod
    def from_anndata(cls, data: Any, **options: Any) -> Dataset:
        """Build a data set from an `.h5ad` file or an AnnData object.

        With `genome`, the examples are its regions (`deepbio.datasets.build.from_peaks`), otherwise its cells
        (`deepbio.datasets.build.from_anndata`).
        """
        return _builder("from_peaks" if "genome" in options else "from_anndata")(data, **options)

    def __repr__(self) -> str:
        sizes = " ".join(
            f"{part}={split.steps} batches" if isinstance(split, StreamedSplit) else f"{part}={len(split)}"
            for part, split in self.splits()
        )
        return f"Dataset({self.name!r}, {self.task.kind}, {self.input.modality} {self.input.shape}, {sizes})"


def _builder(name: str) -> Callable[..., Dataset]:
    """Import a builder when it is used: its readers (pandas, Pillow) are slow to import."""
    return getattr(importlib.import_module("deepbio.datasets.build"), name)


class _Constructor:
    """A builder of `deepbio.datasets.build` as a constructor of `Dataset`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Dataset | None, owner: type[Dataset]) -> Callable[..., Dataset]:
        return _builder(self._name)


for _name in ("arrays", "batches", "bed", "bigwig", "csv", "fasta", "folder", "genbank", "manifest", "npz", "vcf"):
    setattr(Dataset, f"from_{_name}", _Constructor(f"from_{_name}"))
