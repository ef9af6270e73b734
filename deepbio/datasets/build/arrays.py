"""A `Dataset` from examples and labels in memory: the last step of every other builder."""

import contextlib
import inspect
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from deepbio.datasets.columns import fit_table
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.labels import Uncertain
from deepbio.datasets.readers import ImageFiles, read_frame
from deepbio.datasets.split import MappedRows, Split, check_unmasked
from deepbio.datasets.splitting import FRACTIONS, SPLITS, Duplicates, keep_inputs_together, split_examples
from deepbio.datasets.targets import targets as _targets
from deepbio.errors import DataError, nearest
from deepbio.genome import GenomeWindows
from deepbio.sequence import encode, resize
from deepbio.sequence.codes import as_codes
from deepbio.specs import Kind, Modality, ModelInput, Task
from deepbio.text import PADDING, Tokenizer

log = logging.getLogger("deepbio")
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
    sample_weight: Sequence[float] | np.ndarray | None = None,
    features: Sequence[str] = (),
    categories: Mapping[str, Sequence[str]] | None = None,
    length: int | None = None,
    vocabulary: int = 20_000,
    tokenizer: Mapping[str, Any] | str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    uncertain: Uncertain | None = None,
    name: str = "arrays",
    options: Mapping[str, Any] | None = None,
) -> Dataset:
    """Build a data set from examples and labels.

    Args:
        x: DNA as uint8 codes `(n, length)`, `GenomeWindows` or strings; images uint8 `(n, height, width[, channels])`, or
            `ImageFiles`; a table of numbers `(n, features)`, or a pandas frame, whose columns may contain words and missing
            values; or notes as strings. DNA and images in an `np.memmap` stay in their file and are read by batches.
        y: Classes `(n,)` as words or whole numbers; or several 0/1 labels or values `(n, outputs)`.
        modality: `"dna"`, `"image"`, `"table"` or `"text"`. None takes DNA for uint8 `(n, length)`, images for more
            dimensions, a table for other numbers. Strings need it.
        kind, labels, positive, uncertain: Kind of the task and names of its classes; see `deepbio.datasets.targets.targets`.
        ids: Names of the examples; None numbers them from 1.
        groups: Group of each example, such as the patient. No group is in two splits; nor are identical examples.
        split: Published split of each example. None splits by `fractions` and `seed`, stratified by class.
        sample_weight: Weight of each example in the loss, `(n,)`, as in Keras; metrics do not use it.
        features: Names of a table's columns; a pandas frame has its own.
        categories: Categories of the columns of `x` that contain their positions; columns with NaN for missing values are
            allowed then. Only those in the training split are kept.
        length: Of DNA, the number of bases to which sequences are cropped, or padded with N, around the middle; None requires
            sequences of one length. Of text, the number of tokens; None takes what 95% of the training notes need, at most 512.
        vocabulary: Maximum number of tokens in the vocabulary of a text.
        tokenizer: Further options of `deepbio.text.Tokenizer.fit`, such as `{"kind": "bpe", "negation": True}` (with `groups`, a
            word must occur in 5 of them, and record numbers are masked: `{"min_groups": 5, "mask_identifiers": True}`); or the
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
    for what, values in {"x": x, "y": y, "groups": groups, "split": split, "sample_weight": sample_weight}.items():
        check_unmasked(values, what)
        _check_same_order(x, values, what)
    features = tuple(features) or tuple(map(str, getattr(x, "columns", ())))
    if categories is None and modality in (None, "table") and hasattr(x, "dtypes"):  # a frame
        x, categories = read_frame(x)
    given = x
    x, modality = _examples(x, modality, length, allow_missing=categories is not None)
    y, task = _targets(y, kind=kind, labels=labels, positive=positive, uncertain=uncertain)
    if modality == "table" and features:
        ModelInput("table", x.shape[1:], features=features)  # refuses a wrong number of names
    if task.kind == "per_pixel" and modality == "image" and y.shape[1:] != tuple(x.shape[1:3]):
        raise DataError(f"Expected masks of {x.shape[1]} x {x.shape[2]} pixels, as the images; received {y.shape[1:]}.")
    n = len(x)
    ids = np.arange(1, n + 1).astype(str) if ids is None else np.asarray(ids)
    weights = None if sample_weight is None else np.asarray(sample_weight, np.float32)
    for what, values in (("y", y), ("ids", ids), ("sample_weight", weights)):
        if values is not None and len(values) != n:
            raise DataError(f"Expected one entry of {what} per example, {n}; received {len(values)}.")
    stratify = y if task.is_classification else None
    assigned = split_examples(
        x, stratify, groups=groups, split=split, fractions=fractions, seed=seed, duplicates=duplicates
    )
    train = np.flatnonzero(assigned.splits == "train")
    texts = np.array(x, dtype=object) if modality == "text" else None
    if modality == "text":
        how = tokenizer if isinstance(tokenizer, str) else {"size": vocabulary, **(tokenizer or {})}
        x, spec = _tokens(x, train, length, how, groups)
    elif modality == "table":
        x, spec = fit_table(x, train, features=features, categories=categories or {})
    else:
        spec = ModelInput(modality, tuple(x.shape[1:]))
    if modality == "text" or spec.categories:
        assigned = keep_inputs_together(assigned, x, stratify, published=split is not None, duplicates=duplicates)
    splits, merged = assigned
    chosen = {part: np.flatnonzero(splits == part) for part in SPLITS}
    if task.is_classification:
        _tell_missing_classes(task, y, chosen)
    take = x.__getitem__ if isinstance(x, np.ndarray) else x.take
    if isinstance(given, np.memmap) and modality != "table":  # stays in its file
        take = partial(MappedRows, x)
    parts: dict[str, Any] = {
        part: Split(
            take(where),
            y[where],
            ids[where],
            *(None if found is None else found[where] for found in (merged, weights)),
            texts=None if texts is None else texts[where],
        )
        for part, where in chosen.items()
    }
    if options is None:  # a user's own order of the classes
        options = {} if labels is None else {"labels": [str(label) for label in labels]}
    return Dataset(name, task, spec, **parts, options={**options, "seed": seed})


def _check_same_order(x: Any, values: Any, name: str) -> None:
    """Check that two objects of pandas have their rows in one order, because rows are matched by position."""
    own: Any = getattr(x, "index", None)
    other: Any = getattr(values, "index", None)
    if not hasattr(own, "equals") or not hasattr(other, "equals") or own.equals(other):  # a list has a method `index`
        return
    if len(own) == len(other) and own.is_unique and set(own) == set(other):
        raise DataError(
            f"x and {name} have the same index in another order; rows are matched by position. Pass {name}.loc[x.index]."
        )


def _tell_missing_classes(task: Task, y: np.ndarray, chosen: Mapping[str, np.ndarray]) -> None:
    classes = np.unique(y)
    for part in ("valid", "test"):
        if len(lacking := np.setdiff1d(classes, y[chosen[part]])):
            names = ", ".join(task.labels[k] if task.labels else str(k) for k in lacking[:10])
            log.warning("The %s split has no example of %s: metrics say nothing about it.", part, names)


def _examples(
    x: Any, modality: Modality | None, length: int | None, *, allow_missing: bool = False
) -> tuple[Any, Modality]:
    """Return the examples in the dtype of their modality (texts as a list), and the modality."""
    if isinstance(x, ImageFiles):
        return x, "image"
    if isinstance(x, GenomeWindows):
        return x, "dna"
    words = isinstance(x, list) and bool(x) and isinstance(x[0], str)
    array = np.asarray(x, dtype=object if words else None)  # objects: a long string does not widen all others
    if array.dtype == object and array.ndim > 1:
        with contextlib.suppress(TypeError, ValueError):  # numbers in an array of objects
            array = array.astype(np.float64)
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
        odd = ~np.isfinite(array) & ~(allow_missing & np.isnan(array))
        for row, column in np.argwhere(odd)[:1] if array.ndim == 2 else ():
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
        cut = " Make each slice of a volume an image: x.reshape(-1, height, width, channels), and its volume its group."
        advice = cut if modality == "image" and array.ndim > 4 else ""
        raise DataError(f"Expected {modality} examples as {dtype} of {rank} dimensions; {found}.{advice}")
    if modality == "image":
        _tell_channels(array.shape)
    return as_codes(array) if modality == "dna" else array, modality


def _tell_channels(shape: tuple[int, ...]) -> None:
    _, height, _, channels = shape
    if channels <= 4:
        return
    if height in (1, 3, 4):
        log.warning(
            "Images of shape %s are read as height, width, channels; this looks like channels first. Pass np.moveaxis(x, 1, -1).",
            shape,
        )
    elif channels > 16:
        log.warning(
            "Images of shape %s are read as %d channels. If these are volumes, make each slice an image and pass groups.",
            shape, channels,
        )  # fmt: skip


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
    texts: list[str], train: np.ndarray, length: int | None, how: Mapping[str, Any] | str, groups: Any
) -> tuple[np.ndarray, ModelInput]:
    if isinstance(how, str):
        words = Tokenizer.from_json(how)
    else:
        if groups is None and "min_groups" not in how:
            log.warning(
                "No group of the texts is known, so that a word of one patient can enter the vocabulary. Pass group=COLUMN, or "
                "tokenizer={'min_groups': 5} to count texts."
            )
        valid = [name for name in inspect.signature(Tokenizer.fit).parameters if name != "texts"]
        for name in how:
            if name not in valid:
                raise DataError(f"tokenizer has no option {name!r}. {nearest(str(name), valid)}")
        owners = None if groups is None else [groups[i] for i in train]
        words = Tokenizer.fit([texts[i] for i in train], **{"groups": owners, **how})
    ids = words.encode(texts, length or _LONGEST_TEXT)
    if length is None:
        needed = (ids[train] != PADDING).sum(axis=1)
        fitting = max(1, int(np.percentile(needed, 95, method="higher")))
        # encoded again, because what remains of a longer text depends on the length
        ids = words.encode(texts, fitting) if words.truncate != "head" else np.ascontiguousarray(ids[:, :fitting])
    return ids, ModelInput("text", ids.shape[1:], tokenizer=words.to_json())
