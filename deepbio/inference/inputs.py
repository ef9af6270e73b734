"""Convert the data passed to `predict` into a source that fits the model."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets import Source, Split
from deepbio.errors import DataError
from deepbio.specs import ModelInput

Data = Split | Source | np.ndarray | Sequence[str] | str | os.PathLike[str]


def as_source(input: ModelInput | None, data: Data) -> tuple[Source, list[str]]:
    """Return the examples of a split, an array, sequences, notes or a file as a source, with an id for each.

    Args:
        input: Input of the model; `None` for a model that deepbio did not build, which takes arrays and splits only.
        data: A split; an array or other source; a list of DNA sequences or notes; or the path of a FASTA file, a table, a
            file of notes or a folder of images.

    Returns:
        The source, and the ids: those of the split or the file, otherwise numbers from 1.

    Raises:
        DataError: The data do not fit `input`. The message names the record or the shape.
    """
    if isinstance(data, Split):
        _check(input, data.x.shape[1:], data.x.dtype)
        return data.x, data.names(np.arange(len(data)))
    if isinstance(data, (str, os.PathLike)):
        return _from_file(_known(input), Path(data))
    if isinstance(data, Sequence) and data and isinstance(data[0], str):
        return _from_text(_known(input), list(data)), _numbers(len(data))
    if isinstance(data, Sequence) and not data:
        raise DataError("Expected at least one example; received an empty list.")
    x = data if isinstance(data, Source) else np.asarray(data)
    if input is not None and isinstance(x, np.ndarray) and x.dtype != input.dtype:
        x = _cast(x, input)
    _check(input, x.shape[1:], x.dtype)
    return x, _numbers(len(x))


def _from_text(input: ModelInput, texts: list[str]) -> np.ndarray:
    if input.modality == "dna":
        from deepbio.sequence import encode

        length = input.shape[0]
        wrong = next((i for i, s in enumerate(texts) if len(s) != length), None)
        if wrong is not None:
            raise DataError(f"Expected sequences of {length} bases; number {wrong + 1} has {len(texts[wrong])}.")
        return encode(texts)
    if input.modality == "text":
        from deepbio.text import Tokenizer

        if input.tokenizer is None:
            raise DataError("This model has no tokenizer, so it takes token ids, not text.")
        return Tokenizer.from_json(input.tokenizer).encode(texts, input.shape[0])
    raise DataError(f"Expected {input.modality} examples of shape {input.shape}; received text.")


def _from_file(input: ModelInput, path: Path) -> tuple[Source, list[str]]:
    from deepbio.datasets.readers import read_columns, read_fasta, read_images, read_notes

    if not path.exists():
        raise DataError(f"Expected a file or folder at {path}; there is none.")
    if input.modality == "dna":  # records of one name become name and name#2: each of them can be predicted
        found = read_fasta(path, length=input.shape[0], same_names="number")
        return np.asarray(found.codes), list(found.ids)  # all of one length, so one array
    if input.modality == "image":
        found = read_images(path, shape=input.shape)
        return found, list(found.ids)
    if input.modality == "text":
        found = read_notes(path)
        return _from_text(input, found.texts), list(found.ids)
    if not input.features:
        raise DataError("This model does not know the names of its columns; pass an array instead of a file.")
    found = read_columns(path, input.features)
    return found.x, list(found.ids)


def _known(input: ModelInput | None) -> ModelInput:
    if input is None:
        raise DataError("A model that deepbio did not build takes arrays or splits only: its input is not known.")
    return input


def _cast(x: np.ndarray, input: ModelInput) -> np.ndarray:
    """Return `x` with the input's dtype: integers in range as uint8 or int32, any numbers as float32."""
    if np.dtype(input.dtype).kind == "f" and x.dtype.kind in "fiub":
        return x.astype(input.dtype)
    limits = np.iinfo(input.dtype)
    if x.dtype.kind in "iub" and (x.size == 0 or (x.min() >= limits.min and x.max() <= limits.max)):
        return x.astype(input.dtype)
    raise DataError(f"Expected {input.dtype} ({_meaning(input)}); received {x.dtype}.")


def _check(input: ModelInput | None, shape: tuple[int, ...], dtype: Any) -> None:
    if input is not None and (tuple(shape) != input.shape or np.dtype(dtype) != np.dtype(input.dtype)):
        raise DataError(
            f"Expected {input.modality} examples of shape {input.shape} and dtype {input.dtype} ({_meaning(input)}); "
            f"received {tuple(shape)} and {dtype}."
        )


def _meaning(input: ModelInput) -> str:
    return {
        "dna": "codes, A C G T = 0 1 2 3, else 4",
        "image": "pixels from 0 to 255",
        "table": "columns",
        "text": "token ids, 0 for padding",
    }[input.modality]


def _numbers(n: int) -> list[str]:
    return [str(i + 1) for i in range(n)]
