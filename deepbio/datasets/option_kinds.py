"""Options of data sets that must be numbers: told by name where they are something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from numbers import Integral, Real
from typing import Any

from deepbio.errors import DataError

_KINDS = {"int": (Integral, "a whole number"), "float": (Real, "a number")}


def check_kinds(function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Check the options of `function` that it says are whole numbers or numbers.

    Raises:
        DataError: names the first that is not.

    Example:
        >>> def read(*, seed: int = 0): ...
        >>> check_kinds(read, {"seed": "one"})
        Traceback (most recent call last):
        deepbio.errors.DataError: seed must be a whole number; received 'one'.
    """
    for name, parameter in signature(function).parameters.items():
        kinds = str(parameter.annotation).split(" | ")
        kind = kinds[0]
        if name not in options or kind not in _KINDS or kinds[1:] not in ([], ["None"]):
            continue
        value, (wanted, words) = options[name], _KINDS[kind]
        if (value is None and kinds[1:]) or (isinstance(value, wanted) and not isinstance(value, bool)):
            continue
        raise DataError(f"{name} must be {words}; received {value!r}.")
