"""A `Dataset` from examples and labels in memory: the last step of every other builder."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepbio.datasets.dataset import Dataset
from deepbio.datasets.readers import ImageFiles
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import FRACTIONS, SPLITS, Duplicates, split_examples
from deepbio.datasets.targets import targets as _targets
from deepbio.errors import DataError, nearest
from deepbio.genome import GenomeWindows
from deepbio.sequence import encode, resize
from deepbio.sequence.codes import as_codes
from deepbio.specs import Kind, Modality, ModelInput
from deepbio.text import PADDING, Tokenizer

_LONGEST_TEXT = 512


def from_arrays(
    x: Any,
    y: Any,
    *,
    modality: Modality | None = None,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    ids: Sequence[Any] | np.ndarray | None = None,
    groups: Sequence[Any] | np.ndarray | None = None,
    split: Sequence[str] | np.ndarray | None = None,
    features: Sequence[str] = (),
    length: int | None = None,
    vocabulary: int = 20_000,
    tokenizer: Mapping[str, Any] | str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str = "arrays",
    options: Mapping[str, Any] | None = None,
) -> Dataset:
    """Build a data set from examples and labels.

    Args:
        x: DNA as uint8 codes `(n, length)`, `GenomeWindows` or strings; images uint8 `(n, height, width[, channels])`, or
            `ImageFiles`; a table of numbers `(n, features)`; or notes as strings.
        y: Classes `(n,)` as words or whole numbers; or several 0/1 labels or values `(n, outputs)`.
        modality: `"dna"`, `"image"`, `"table"` or `"text"`. None takes DNA for uint8 `(n, length)`, images for more
            dimensions, a table for other numbers. Strings need it.
        kind, labels, positive: Kind of the task and names of its classes; see `deepbio.datasets.targets.targets`.
        ids: Names of the examples; None numbers them from 1.
        groups: Group of each example, such as the patient. No group is in two splits; nor are identical examples.
        split: Published split of each example. None splits by `fractions` and `seed`, stratified by class.
        features: Names of a table's columns; a pandas frame has its own.
        length: Of DNA, the number of bases to which sequences are cropped, or padded with N, around the middle; None requires
            sequences of one length. Of text, the number of tokens; None takes what 95% of the training notes need, at most 512.
        vocabulary: Maximum number of tokens in the vocabulary of a text.
        tokenizer: Further options of `deepbio.text.Tokenizer.fit`, such as `{"kind": "bpe", "negation": True}`; or the
            tokenizer of a trained model, `describe(model).input.tokenizer`.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set.
        options: Origin of the data, recorded in recipes.

    Raises:
        DataError: shapes, labels or splits that do not fit together.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(60, 4))
        >>> from_arrays(x, np.arange(60) % 2, name="noise")
        Dataset('noise', binary, table (4,), train=42 valid=8 test=10)
    """
    features = tuple(features) or tuple(map(str, getattr(x, "columns", ())))
    x, modality = _examples(x, modality, length)
    y, task = _targets(y, kind=kind, labels=labels, positive=positive)
    if modality == "table" and features:
        ModelInput("table", x.shape[1:], features=features)  # refuses a wrong number of names
    n = len(x)
    ids = np.arange(1, n + 1).astype(str) if ids is None else np.asarray(ids)
    for what, values in (("y", y), ("ids", ids)):
        if len(values) != n:
            raise DataError(f"Expected one entry of {what} per example, {n}; received {len(values)}.")
    stratify = y if task.is_classification else None
    splits, merged = split_examples(
        x, stratify, groups=groups, split=split, fractions=fractions, seed=seed, duplicates=duplicates
    )
    chosen = {part: np.flatnonzero(splits == part) for part in SPLITS}
    if modality == "text":
        how = tokenizer if isinstance(tokenizer, str) else {"size": vocabulary, **(tokenizer or {})}
        x, spec = _tokens(x, chosen["train"], length, how)
    elif modality == "table":
        spec = table_input(x[chosen["train"]], features=features)
    else:
        spec = ModelInput(modality, tuple(x.shape[1:]))
    take = x.__getitem__ if isinstance(x, np.ndarray) else x.take
    parts: dict[str, Any] = {
        part: Split(take(where), y[where], ids[where], None if merged is None else merged[where])
        for part, where in chosen.items()
    }
    return Dataset(name, task, spec, **parts, options={**(options or {}), "seed": seed})


def table_input(x: np.ndarray, *, features: tuple[str, ...] = ()) -> ModelInput:
    """Return the description of a table by the mean and the standard deviation of its training rows, `x`.

    Args:
        x: Training rows, float32 `(n, features)`.
        features: Names of the columns.

    Raises:
        DataError: there is no row, or a value is not a finite number.

    Example:
        >>> table_input(np.array([[1.0, 5.0], [3.0, 5.0]], np.float32)).std
        (1.0, 1.0)
    """
    columns = np.asarray(x, np.float64)
    if not len(columns):
        raise DataError("Expected at least one training row; received none.")
    for row, column in np.argwhere(~np.isfinite(columns))[:1]:
        found = f"{columns[row, column]} as its {features[column] if features else f'column {column + 1}'!r}"
        raise DataError(
            f"Row {row + 1} of the training rows has {found}; expected a finite number. Fill or drop missing values first."
        )
    std = columns.std(axis=0)
    std[std == 0] = 1.0  # a constant column must become zero, not infinite
    return ModelInput("table", columns.shape[1:], features, tuple(columns.mean(axis=0).tolist()), tuple(std.tolist()))


def _examples(x: Any, modality: Modality | None, length: int | None) -> tuple[Any, Modality]:
    """Return the examples in the dtype of their modality (texts as a list), and the modality."""
    if isinstance(x, ImageFiles):
        return x, "image"
    if isinstance(x, GenomeWindows):
        return x, "dna"
    words = isinstance(x, list) and bool(x) and isinstance(x[0], str)
    array = np.asarray(x, dtype=object if words else None)  # objects: a long string does not widen all others
    if array.dtype.kind in "UO":
        if modality == "dna":
            return _codes(array.tolist(), length), "dna"
        if modality == "text":
            return array.tolist(), "text"
        raise DataError("Strings are DNA or notes: pass modality='dna' or modality='text'.")
    if modality is None:
        modality = "image" if array.ndim > 2 else "dna" if array.dtype == np.uint8 else "table"
    if modality == "image" and array.ndim == 3:
        array = array[..., None]
    if modality == "table" and array.dtype.kind in "iubf":
        array = array.astype(np.float32)
        for row, column in np.argwhere(~np.isfinite(array))[:1] if array.ndim == 2 else ():
            place = f"Row {row + 1}, column {column + 1}"
            raise DataError(f"{place}: expected a finite number; found {array[row, column]}.")
    if modality == "dna" and length is not None and array.ndim == 2:
        array = resize(array, length)
    kinds = {"dna": ("uint8", 2), "image": ("uint8", 4), "table": ("float32", 2)}
    if modality not in kinds:
        raise DataError(f"Unknown modality for numbers, {modality!r}. {nearest(str(modality), kinds)}")
    dtype, rank = kinds[modality]
    if (str(array.dtype), array.ndim) != (dtype, rank):
        found = f"received {array.dtype} of shape {array.shape}"
        raise DataError(f"Expected {modality} examples as {dtype} of {rank} dimensions; {found}.")
    return as_codes(array) if modality == "dna" else array, modality


def _codes(sequences: list[str], length: int | None) -> np.ndarray:
    if length is None:
        return encode(sequences)
    rows = []
    for i, sequence in enumerate(sequences):
        try:
            rows.append(encode(sequence))
        except DataError as error:
            raise DataError(f"Record {i + 1}: {error}") from error
    return resize(rows, length)


def _tokens(
    texts: list[str], train: np.ndarray, length: int | None, how: Mapping[str, Any] | str
) -> tuple[np.ndarray, ModelInput]:
    words = Tokenizer.from_json(how) if isinstance(how, str) else Tokenizer.fit([texts[i] for i in train], **how)
    ids = words.encode(texts, length or _LONGEST_TEXT)
    if length is None:
        needed = (ids[train] != PADDING).sum(axis=1)
        fitting = max(1, int(np.percentile(needed, 95, method="higher")))
        # encoded again, because what remains of a longer text depends on the length
        ids = words.encode(texts, fitting) if words.truncate != "head" else np.ascontiguousarray(ids[:, :fitting])
    return ids, ModelInput("text", ids.shape[1:], tokenizer=words.to_json())
