"""Convert the data passed to `predict` and `evaluate` into a source or a split that fits the model."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepbio.datasets import Dataset, Source, Split
from deepbio.datasets.batches import gives_batches, labelled
from deepbio.datasets.split import check_unmasked
from deepbio.errors import DataError, ModelError
from deepbio.inference.conversion import fitting, from_texts
from deepbio.inference.own_files import read_examples, read_labelled, source_options, warn_of_training_files
from deepbio.inference.reading_plan import input_of
from deepbio.zoo.record import ModelRecord

Data = (
    Split
    | Source
    | np.ndarray
    | Iterator[Any]
    | Sequence[str]
    | str
    | os.PathLike[str]
    | Mapping[str, Any]
    | pd.Series
    | pd.DataFrame
)


def check_arguments(model: Any, data: Any) -> None:
    """Check that `predict` or `evaluate` received a model, or several, and no whole data set.

    Raises:
        ModelError: The model is something else, such as its name.
        DataError: The data are a `Dataset`, which has three splits.
    """
    for one in model if isinstance(model, (list, tuple)) else [model]:
        if not callable(one):
            name = repr(one) if isinstance(one, str) else "..."
            raise ModelError(f"Expected a Keras model; received {type(one).__name__}. Pass get_model({name}) first.")
    if isinstance(data, Dataset):
        raise DataError(
            f"Expected one split; received the data set {data.name} with all of them. Pass its test split: data.test."
        )


def as_source(record: ModelRecord, data: Any, **reading: Any) -> tuple[Source, list[str]]:
    """Return new examples as a source that fits the model, with an id for each.

    Args:
        record: Record of the model; an empty one for a model that deepbio did not build, which takes arrays and splits only.
        data: A split; an array or other source; DNA sequences, notes or paths of images as a list, a NumPy array or a pandas
            series; a pandas frame; AnnData; the path of a file or folder; or files by class.
        reading: Options of the files, such as `window`, that differ from those of training.

    Returns:
        The source, and the ids: those of the split, the series, the frame or the file, otherwise numbers from 1.

    Raises:
        DataError: The data do not fit the model. The message names the record or the shape.
    """
    if isinstance(data, Split):
        _no_options(reading)
        return fitting(record.input, data.x), data.names(np.arange(len(data)))
    if isinstance(data, Mapping) and not all(isinstance(file, (str, os.PathLike)) for file in data.values()):
        raise DataError("Expected the path of a file for each class; columns of a table are pandas.DataFrame(...).")
    check_unmasked(data, "x")
    if hasattr(data, "numpy"):  # a tensor, which is no source because its dtype is not NumPy's
        data = np.asarray(data)
    if _is_files(record, data):
        return read_examples(record, source_options(input_of(record), data, reading))
    data = data.toarray() if not isinstance(data, Mapping) and hasattr(data, "toarray") else data  # of a sparse matrix
    texts = _texts(data)
    if texts is None:
        _no_options(reading)
        x = fitting(record.input, data if isinstance(data, Source) else np.asarray(data))
    elif not len(texts):
        raise DataError("Expected at least one example; received an empty list.")
    elif input_of(record).modality == "image":
        return read_examples(record, {"folder": [Path(str(text)) for text in texts], **reading})
    else:
        trained, known = record.reading.options if record.reading else {}, input_of(record).shape[0]
        length = reading.pop("length", known if trained.get("length") else None)
        _no_options(reading)
        if length not in (None, known):
            raise DataError(f"The model takes length={known}; received {length}. Leave the option out.")
        x = from_texts(input_of(record), texts, resize=length is not None)
    index = data.index.astype(str).tolist() if isinstance(data, (pd.Series, pd.DataFrame)) else None
    return x, index or [str(i + 1) for i in range(len(x))]


def as_split(record: ModelRecord, data: Any, **reading: Any) -> Split:
    """Return labelled examples as a split that fits the model: a split as it is, or whole files with their labels.

    Args:
        record: Record of the model.
        data: A split, a pandas frame, AnnData, the path of a file or folder, or files by class.
        reading: Options of the files that differ from those of training, such as `label`.

    Raises:
        DataError: The data do not fit the model, or have no labels.
    """
    if isinstance(data, Split):
        _no_options(reading)
        return data
    if gives_batches(data):
        _no_options(reading)
        return labelled(data)
    if isinstance(data, (str, os.PathLike, Mapping, pd.DataFrame)) or hasattr(data, "obs_names"):
        options = source_options(input_of(record), data, reading)
        warn_of_training_files(record, options)
        return read_labelled(record, options)[0]
    raise DataError(
        f"Expected a Split, a table, AnnData or files with labels; received {type(data).__name__}. Split(x, y) makes one of "
        "arrays."
    )


def _is_files(record: ModelRecord, data: Any) -> bool:
    """Return whether the data are read by their names: files, AnnData, and a frame unless the model knows no columns."""
    if isinstance(data, pd.DataFrame):
        return record.input is not None and (record.input.modality != "table" or bool(record.input.features))
    return isinstance(data, (str, os.PathLike, Mapping)) or hasattr(data, "obs_names")


def _texts(data: Any) -> list[Any] | None:
    """Return examples that are texts or Python objects as a list; None for numbers."""
    if isinstance(data, pd.Series):
        return None if data.dtype.kind in "iufb" else data.astype(object).tolist()
    if isinstance(data, (list, tuple)) and (not data or isinstance(data[0], str)):
        return list(data)
    if isinstance(data, Source) and not isinstance(data, np.ndarray):
        return None
    array = np.asarray(data)
    if array.dtype.kind not in "USO":
        return None
    if array.ndim != 1:
        raise DataError(f"Expected one text per example, of shape (n,); received shape {array.shape}.")
    return [value.decode() if isinstance(value, bytes) else value for value in array.tolist()]


def _no_options(reading: Mapping[str, Any]) -> None:
    if reading:
        raise DataError(
            f"{next(iter(reading))} is no option of predict or evaluate, or one for files only; the data are in memory."
        )
