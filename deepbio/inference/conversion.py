"""Convert examples in memory to what a model's input takes: texts to codes or token ids, numbers to the input's dtype."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.datasets import Source
from deepbio.datasets.columns import check_table
from deepbio.errors import DataError
from deepbio.specs import ModelInput


def from_texts(input: ModelInput, texts: Sequence[Any], *, resize: bool = False) -> np.ndarray:
    """Return DNA sequences as codes `(n, length)`, or notes as token ids `(n, tokens)`.

    Args:
        input: Input of the model.
        texts: Sequences or notes.
        resize: Whether sequences of other lengths are cropped, or padded with N, around their middle.

    Raises:
        DataError: a value is no text, a sequence has another length or other letters, or the model does not take text. Messages
            name the number of the example and never its text.
    """
    for number, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            found = "a missing value" if text is None or text != text else type(text).__name__
            raise DataError(f"Expected text in each example; number {number} is {found}. Fill it in or leave it out.")
    if input.modality == "dna":
        return _codes(list(texts), input.shape[0], resize)
    if input.modality == "text":
        from deepbio.text import Tokenizer

        if input.tokenizer is None:
            raise DataError("This model has no tokenizer, so it takes token ids, not text.")
        return Tokenizer.from_json(input.tokenizer).encode(list(texts), input.shape[0])
    raise DataError(f"Expected {input.modality} examples of shape {input.shape}; received text.")


def fitting(input: ModelInput | None, x: Any) -> Source:
    """Return an array or a source that fits the input; numbers of another dtype are converted without loss.

    Raises:
        DataError: another shape, or values that the dtype cannot represent.
    """
    if input is not None and isinstance(x, np.ndarray) and x.dtype != input.dtype:
        x = _cast(x, input)
    if input is not None and input.modality == "table" and isinstance(x, np.ndarray) and x.shape[1:] == input.shape:
        for row, column in np.argwhere(np.isinf(x))[:1]:
            raise DataError(f"Row {row + 1}, column {column + 1}: expected a finite number; found {x[row, column]}.")
        check_table(input, x)
    if input is not None and (tuple(x.shape[1:]) != input.shape or np.dtype(x.dtype) != np.dtype(input.dtype)):
        raise DataError(
            f"Expected {input.modality} examples of shape {input.shape} and dtype {input.dtype} ({_meaning(input)}); "
            f"received {tuple(x.shape[1:])} and {x.dtype}."
        )
    return x


def _codes(sequences: list[str], length: int, resized: bool) -> np.ndarray:
    from deepbio.sequence import encode, resize

    wrong = next((i for i, s in enumerate(sequences) if len(s) != length), None)
    if wrong is None:
        return encode(sequences)
    if not resized:
        raise DataError(
            f"Expected sequences of {length} bases; number {wrong + 1} has {len(sequences[wrong])}. To crop or pad them "
            f"around their middle, pass length={length} (on the command line --length {length})."
        )
    rows = []
    for number, sequence in enumerate(sequences, start=1):
        try:
            rows.append(encode(sequence))
        except DataError as error:
            raise DataError(f"Record {number}: {error}") from error
    return resize(rows, length)


def _cast(x: np.ndarray, input: ModelInput) -> np.ndarray:
    """Return `x` with the input's dtype: integers in range as uint8 or int32, any numbers as float32."""
    if np.dtype(input.dtype).kind == "f" and x.dtype.kind in "fiub":
        return x.astype(input.dtype)
    limits = np.iinfo(input.dtype) if np.dtype(input.dtype).kind in "iu" else None
    inside = limits is not None and (x.size == 0 or (x.min() >= limits.min and x.max() <= limits.max))
    if x.dtype.kind in "iub" and inside:
        return x.astype(input.dtype)
    raise DataError(f"Expected {input.dtype} ({_meaning(input)}); received {x.dtype}.")


def _meaning(input: ModelInput) -> str:
    return {
        "dna": "codes, A C G T = 0 1 2 3, else 4",
        "image": "pixels from 0 to 255",
        "table": "columns",
        "text": "token ids, 0 for padding",
    }[input.modality]
