"""Which window lengths an architecture can take, told before Keras fails somewhere inside."""

from __future__ import annotations

from collections.abc import Iterable

from deepbio.errors import ModelError
from deepbio.specs import ModelInput


def least_length(steps: Iterable[tuple[int, int]], *, positions: int = 1) -> int:
    """Return the shortest window that leaves `positions` after unpadded steps.

    Args:
        steps: `(width, stride)` from first to last; a dilated convolution spans `(width - 1) * dilation + 1` bases with
            stride 1, a pooling has its size as width and stride.

    Example:
        >>> least_length([(19, 1), (3, 3)])
        21
    """
    length = positions
    for width, stride in reversed(list(steps)):
        length = (length - 1) * stride + width
    return length


def check_length(name: str, input: ModelInput, least: int, *, multiple: int = 1) -> int:
    """Return the window's length, or say which lengths work.

    Raises:
        ModelError: shorter than `least`, or no multiple of `multiple`.
    """
    length = input.shape[0]
    if input.modality != "dna" or (length >= least and length % multiple == 0):
        return length
    if multiple > 1:
        first = -(-least // multiple) * multiple
        nearest = max(first, round(length / multiple) * multiple)
        raise ModelError(
            f"{name} takes windows that are a multiple of {multiple} bases, at least {first}; received {length}. "
            f"The nearest is {nearest}."
        )
    raise ModelError(f"{name} with these options takes windows of at least {least} bases; received {length}.")
