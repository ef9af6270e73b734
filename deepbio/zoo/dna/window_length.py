"""Lengths of DNA windows that an architecture can take, checked before Keras fails inside it."""

from collections.abc import Iterable

from deepbio.errors import ModelError
from deepbio.specs import ModelInput


def shortest_length(steps: Iterable[tuple[int, int]], *, positions: int = 1) -> int:
    """Return the length of the shortest window that leaves `positions` after unpadded convolutions and poolings.

    Args:
        steps: `(width, stride)` from first to last. A dilated convolution spans `(width - 1) * dilation + 1` bases with
            stride 1; a pooling has its pool size as width and stride.
        positions: Number of positions to leave.

    Example:
        >>> shortest_length([(19, 1), (3, 3)])
        21
    """
    length = positions
    for width, stride in reversed(list(steps)):
        length = (length - 1) * stride + width
    return length


def check_length(name: str, input: ModelInput, shortest: int, *, multiple: int = 1) -> None:
    """Check the length of the windows of a DNA input.

    Raises:
        ModelError: The windows are shorter than `shortest`, or no multiple of `multiple`; the message has lengths that work.
    """
    length = input.shape[0]
    if input.modality != "dna" or (length >= shortest and length % multiple == 0):
        return
    if multiple > 1:
        first = -(-shortest // multiple) * multiple
        nearest = max(first, round(length / multiple) * multiple)
        raise ModelError(
            f"{name} takes windows that are a multiple of {multiple} bases, at least {first}; received {length}. "
            f"The nearest is {nearest}."
        )
    raise ModelError(f"{name} with these options takes windows of at least {shortest} bases; received {length}.")
