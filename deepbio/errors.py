"""The errors that deepbio raises on purpose: what was expected, what was received, what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DeepbioError(Exception):
    """Base of every error that deepbio raises on purpose. The command line prints it and exits with 2."""


class DataError(DeepbioError):
    """An input file, a data set or a split is not what it should be."""


class ModelError(DeepbioError):
    """An unknown model, an option it does not have, or a shape it cannot take."""


class WeightsError(DeepbioError):
    """Weights or a preset folder are missing, changed or of another format."""


class TrainingError(DeepbioError):
    """Training cannot start or cannot go on."""


class OptionalDependencyError(DeepbioError):
    """A feature needs a package that is not installed; the message names the extra."""


def nearest(name: str, valid: Iterable[str], *, most: int = 3) -> str:
    """Say which valid names are nearest to `name`, as the end of an error message.

    Example:
        >>> nearest("basett", ["basset", "deepsea"])
        'Did you mean basset?'
        >>> nearest("q", ["basset", "deepsea"])
        'Valid names: basset, deepsea.'
    """
    names = sorted(set(valid))
    written = {entry.lower(): entry for entry in names}  # "XOR" is near "xor"
    close = [written[match] for match in difflib.get_close_matches(name.lower(), written, n=most, cutoff=0.6)]
    if close:
        return f"Did you mean {' or '.join(close)}?"
    shown = ", ".join(names[:60]) + (", ..." if len(names) > 60 else "")
    return f"Valid names: {shown}." if names else "There are no valid names."
