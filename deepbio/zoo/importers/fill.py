"""Put the arrays of a file into a model, and name each layer that does not fit."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import WeightsError
from deepbio.zoo.importers.importer import Entry
from deepbio.zoo.importers.published_file import PublishedFile

if TYPE_CHECKING:
    import keras

_SHOWN = 12  # lines of an error


def variables_by_name(model: keras.Model) -> dict[str, Any]:
    """Return the variables of a model by their paths (`"layer/kernel"`), without the states of dropout.

    Keras numbers the one layer that keras.applications does not name itself, by the models that were built before.

    Example:
        >>> from deepbio.zoo import get_model
        >>> list(variables_by_name(get_model("logistic", input_shape=2, outputs=1)))
        ['head/kernel', 'head/bias']
    """
    found = {v.path: v for v in model.weights if "seed_generator_state" not in v.path}
    return {re.sub(r"^normalization_\d+/", "normalization/", path): v for path, v in found.items()}


def fill(model: keras.Model, table: Mapping[str, Entry], file: PublishedFile, unused: Sequence[str] = ()) -> None:
    """Assign the arrays of a file to the variables of a model.

    Args:
        model: Model.
        table: Variable to its source, for every variable of the model.
        file: File.
        unused: Patterns of names of arrays that are not needed.

    Raises:
        WeightsError: Arrays are missing, left over, or of another shape, or have no finite numbers; the message names each.
    """
    variables = variables_by_name(model)
    problems: list[str] = []
    values: list[tuple[Any, np.ndarray]] = []
    for path, variable in variables.items():
        if path not in table:
            problems.append(f"the importer has no source for {path}, shape {tuple(variable.shape)}")
            continue
        entry = table[path]
        if missing := [name for name in entry.names if name not in file]:
            problems.append(f"missing: {', '.join(missing)} (for {path}, shape {tuple(variable.shape)})")
            continue
        found = [file[name] for name in entry.names]
        shapes = ", ".join(f"{name} of shape {array.shape}" for name, array in zip(entry.names, found, strict=True))
        try:
            value = np.asarray(entry.convert(*found))
        except (ValueError, IndexError, TypeError) as error:
            problems.append(f"wrong shape: {shapes} cannot become {path} of shape {tuple(variable.shape)} ({error})")
            continue
        if value.shape != tuple(variable.shape):
            problems.append(f"wrong shape: {shapes} becomes {value.shape}; {path} has shape {tuple(variable.shape)}")
        elif value.dtype.kind not in "fiub" or not np.isfinite(value).all():
            problems.append(f"not finite: {shapes}, for {path}")
        else:
            values.append((variable, value))
    used = {name for entry in table.values() for name in entry.names}
    for name in file.arrays:
        if name not in used and not any(fnmatch.fnmatchcase(name, pattern) for pattern in unused):
            problems.append(f"unexpected: {name} of shape {file[name].shape}")
    if problems:
        shown = "\n".join(f"  {line}" for line in problems[:_SHOWN])
        more = f"\n  and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise WeightsError(
            f"{file.path} does not fit {model.name}: {len(problems)} of its arrays or layers differ.\n{shown}{more}\n"
            "Check the format and its options (`deepbio import --list`), and that the file is whole."
        )
    for variable, value in values:
        variable.assign(value.astype("float32"))
