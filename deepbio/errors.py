"""Errors that deepbio raises on purpose. A message states what was expected, what was received, and the next step."""

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


class DeepbioError(Exception):
    """Base of every error that deepbio raises on purpose. The command line prints it and exits with `exit_code`."""

    exit_code = 2  # the same command would fail again


class DataError(DeepbioError):
    """An input file, a data set or a split is invalid."""


class ModelError(DeepbioError):
    """A model is unknown, has no such option, or cannot take the shape."""


class WeightsError(DeepbioError):
    """Weights or a preset are missing, changed or in another format."""


class TrainingError(DeepbioError):
    """Training cannot start or cannot continue."""


class LostWorkerError(TrainingError):
    """Another process of the cluster is lost. The same command can go on from the last checkpoint."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h: try again


class OptionalDependencyError(DeepbioError):
    """A feature needs a package that is not installed; the message names the extra."""


def nearest(name: str, valid: Iterable[str], *, max_names: int = 3) -> str:
    """Return the valid names nearest to `name` as the end of an error message.

    Example:
        >>> nearest("basett", ["basset", "deepsea"])
        'Did you mean basset?'
        >>> nearest("q", ["basset", "deepsea"])
        'Valid names: basset, deepsea.'
    """
    names = sorted(set(valid))
    written = {entry.lower(): entry for entry in names}  # "XOR" is near "xor"
    close = [written[match] for match in difflib.get_close_matches(name.lower(), written, n=max_names, cutoff=0.6)]
    if close:
        return f"Did you mean {' or '.join(close)}?"
    shown = ", ".join(name if len(name) <= 80 else f"{name[:80]}..." for name in names[:60]) + (
        ", ..." if len(names) > 60 else ""
    )
    return f"Valid names: {shown}." if names else "There are no valid names."


def advise_calls(error: type[DeepbioError], advice: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Decorate a function so that a call with the wrong arguments raises `error` with `advice` instead of `TypeError`.

    Example:
        >>> @advise_calls(DataError, "Pass one number.")
        ... def double(x, *, times=2):
        ...     return times * x
        >>> double(2), double.__name__
        (4, 'double')
        >>> try:
        ...     double(2, 3)
        ... except DataError as problem:
        ...     print(problem)
        Expected double(x, ...) with options by name; received too many positional arguments. Pass one number.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        @functools.wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            try:
                return function(*args, **kwargs)
            except TypeError:
                signature = inspect.signature(function)
                try:
                    signature.bind(*args, **kwargs)
                except TypeError as problem:
                    places = [p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
                    expected = f"{function.__name__}({', '.join(places)}, ...)"
                    raise error(
                        f"Expected {expected} with options by name; received {_received(problem)}. {advice}"
                    ) from None
                raise

        return call

    return decorate


def _received(problem: TypeError) -> str:
    missing = re.fullmatch(r"missing a required argument: '(\w+)'", str(problem))
    return f"no {missing[1]}" if missing else str(problem)
