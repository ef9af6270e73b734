"""Options of data sets: check their names and types, and serialize them so that a recipe can rebuild the data set."""

import json
import os
from collections.abc import Callable, KeysView, Mapping, Sequence, Set, ValuesView
from inspect import Parameter, signature
from typing import Any, get_type_hints

from deepbio.errors import DataError, nearest

Names = str | int | Sequence[str | int]
FUNCTION = "a function of your own"
_FLAGS = {"length": "--length 200", "image": "--image COLUMN", "features": "--data features=[CDS,tRNA]"}
_WORDS = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "a string",
    "a valid array": "a list",
    "an object": "a mapping",
}


def check_options(
    function: Callable[..., Any], options: Mapping[str, Any], *, owner: str, complete: bool = True
) -> None:
    """Check the options of a function that builds a data set: known, complete, and of the annotated types.

    Args:
        function: Function whose first parameter is not an option.
        options: Options by name.
        owner: Subject of the error message, such as `"The data set 'xor'"`.
        complete: Whether options without a default must be there.

    Raises:
        DataError: an unknown or missing option, or one of another type.

    Example:
        >>> def read(card, *, seed: int = 0): ...
        >>> check_options(read, {"seed": "one"}, owner="The data set 'x'")
        Traceback (most recent call last):
        deepbio.errors.DataError: seed must be a whole number; received 'one'.
    """
    from pydantic import TypeAdapter, ValidationError

    valid = {name: parameter for name, parameter in list(signature(function).parameters.items())[1:] if name != "name"}
    for name in options:
        if name not in valid:
            raise DataError(f"{owner} has no option {name!r}. {nearest(name, valid)}")
    for name, parameter in valid.items():
        if complete and parameter.default is Parameter.empty and name not in options:
            flag = _FLAGS.get(name, f"--data {name}=...")
            raise DataError(f"{owner} needs {name}: pass {name}=..., on the command line {flag}.")
    types = get_type_hints(function)
    for name, value in options.items():
        try:  # as JSON, whose lists may be tuples but whose words are never numbers
            TypeAdapter(types.get(name, Any)).validate_json(json.dumps(_plain(value), default=str), strict=True)
        except ValidationError as error:
            expected = [found["msg"].removeprefix("Input should be ") for found in error.errors()]
            words = " or ".join(dict.fromkeys(_WORDS.get(one, one) for one in expected))
            raise DataError(f"{name} must be {words}; received {value!r}.") from error


def serialize_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as plain values for a recipe, without those that are None or empty lists.

    Example:
        >>> serialize_options({"csv": "a.csv", "label": "ill", "text": None, "targets": (), "group": str.lower})
        {'csv': 'a.csv', 'label': 'ill', 'group': 'a function of your own'}
    """
    plain = {name: _plain(value) for name, value in options.items() if value is not None}
    return {name: value for name, value in plain.items() if value != []}


def names_of(names: Names) -> list[str]:
    """Return one name or several as a list of strings. The command line reads the chromosome 3 as a number.

    Example:
        >>> names_of("chr3"), names_of([8, "X"]), names_of(())
        (['chr3'], ['8', 'X'], [])
    """
    return [str(name) for name in ([names] if isinstance(names, str | int) else names)]


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (Set, KeysView, ValuesView)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # arrays and numbers of NumPy, columns of pandas
        return value.tolist()
    return FUNCTION if callable(value) else value
