"""Requests to a server: what a body may contain, and the examples in it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from deepbio.errors import DataError, DeepbioError
from deepbio.inference.inputs import as_source
from deepbio.specs import Modality
from deepbio.uploads import upload_of, without_places
from deepbio.zoo.record import ModelRecord

MAX_BYTES = 20 * 2**20  # of a body: an image of a few megapixels as base64
MAX_EXAMPLES = 64  # of a request
_WORDS: dict[Modality, str] = {
    "dna": "a DNA sequence as a string",
    "text": "a note as a string",
    "image": "an image file (PNG, JPEG, DICOM) as a base64 string",
    "table": "an object of columns and values",
}


def examples_of(body: bytes, modality: Modality, *, max_examples: int = MAX_EXAMPLES) -> list[Any]:
    """Return the examples of a request, `{"inputs": [...]}`.

    Raises:
        DataError: The body is no such object, or has too many examples or one of another type.

    Example:
        >>> examples_of(b'{"inputs": ["ACGT"]}', "dna")
        ['ACGT']
    """
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f'Expected JSON such as {{"inputs": [...]}}; the body is not JSON ({type(error).__name__}).'
        ) from None
    inputs = found.get("inputs") if isinstance(found, dict) and set(found) == {"inputs"} else None
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= max_examples:
        raise DataError(f'Expected {{"inputs": [...]}} with 1 to {max_examples} examples, and nothing else.')
    for number, one in enumerate(inputs, start=1):
        fits = (
            isinstance(one, dict) and all(map(_is_cell, one.values())) if modality == "table" else isinstance(one, str)
        )
        if not fits:
            raise DataError(f"Example {number}: expected {_WORDS[modality]}; received {type(one).__name__}.")
    return inputs


def check_examples(record: ModelRecord, inputs: list[Any]) -> None:
    """Check that a model takes each of the examples, so that one request cannot fail those that share its batch.

    Raises:
        DataError: An example does not fit the model.
    """
    with readable(record, inputs) as data:
        source, _ = as_source(record, data)
        source[np.arange(len(source))]  # a lazy source reads its files here


@contextlib.contextmanager
def readable(record: ModelRecord, inputs: list[Any]) -> Iterator[Any]:
    """Yield the examples as `predict` takes them: strings, a frame, or files of images that exist within the context only."""
    modality = record.input.modality if record.input is not None else "table"
    if modality == "table":
        import pandas as pd

        columns = list(dict.fromkeys(name for row in inputs for name in row))
        yield pd.DataFrame(inputs, columns=columns)
        return
    if modality != "image":
        yield inputs
        return
    with contextlib.ExitStack() as files:
        paths = []
        for number, text in enumerate(inputs, start=1):
            try:
                content = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                raise DataError(
                    f"Example {number}: expected an image file as base64; the string is not base64."
                ) from None
            upload = upload_of(f"image-{number}{_suffix(content)}", content)
            paths.append(str(files.enter_context(upload.as_path())))
        try:
            yield paths
        except DeepbioError as error:  # the caller knows numbers, not our files
            raise type(error)(without_places(str(error))) from None


def _suffix(content: bytes) -> str:
    if content[128:132] == b"DICM":
        return ".dcm"
    return ".png" if content.startswith(b"\x89PNG") else ".jpg"


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a value of JSON")
