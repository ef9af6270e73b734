"""Test-time augmentation: transforms of an example whose predictions are averaged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepbio.errors import ModelError, nearest
from deepbio.sequence import reverse_complement
from deepbio.specs import ModelInput, Task


@dataclass(frozen=True)
class TTATransform:
    """A transform of examples, and its inverse for predictions.

    Args:
        name: Name for messages.
        forward: Function of a batch of inputs.
        inverse: Function that returns predictions of pixels or positions to the coordinates of the input.
    """

    name: str
    forward: Callable[[np.ndarray], np.ndarray]
    inverse: Callable[[np.ndarray], np.ndarray]


def _unchanged(x: np.ndarray) -> np.ndarray:
    return x


def _rotation(quarters: int, mirrored: bool) -> TTATransform:
    def forward(x: np.ndarray) -> np.ndarray:
        return np.rot90(x[:, :, ::-1] if mirrored else x, quarters, axes=(1, 2))

    def inverse(x: np.ndarray) -> np.ndarray:
        rotated = np.rot90(x, -quarters, axes=(1, 2))
        return rotated[:, :, ::-1] if mirrored else rotated

    return TTATransform(f"rotation by {90 * quarters} degrees" + (", mirrored" if mirrored else ""), forward, inverse)


def _shift(*steps: int) -> TTATransform:
    """Shift along the first axes after the batch; what enters at an edge repeats it."""

    def shifted(x: np.ndarray, sign: int) -> np.ndarray:
        for axis, step in enumerate(steps, start=1):
            x = np.take(x, np.clip(np.arange(x.shape[axis]) - sign * step, 0, x.shape[axis] - 1), axis=axis)
        return x

    name = f"shift by {', '.join(map(str, steps))}"
    return TTATransform(name, lambda x: shifted(x, 1), lambda x: shifted(x, -1))


_IDENTITY = TTATransform("identity", _unchanged, _unchanged)

TTA_TRANSFORMS: dict[str, dict[str, tuple[TTATransform, ...]]] = {
    "image": {
        "flip": (_IDENTITY, _rotation(0, True)),
        "dihedral": tuple(_rotation(quarters, mirrored) for mirrored in (False, True) for quarters in range(4)),
        "shift": (_IDENTITY, _shift(1, 0), _shift(-1, 0), _shift(0, 1), _shift(0, -1)),
    },
    "dna": {
        "reverse_complement": (
            _IDENTITY,
            TTATransform("reverse complement", reverse_complement, lambda p: p[:, ::-1]),
        ),
        "shift": (_IDENTITY, _shift(1), _shift(-1)),
    },
}
"""Sets of transforms by modality and name. `flip` adds the mirror image, `dihedral` has all eight rotations and mirror images of
a square, `shift` moves by one pixel or base, and `reverse_complement` adds the other strand."""


def tta_transforms(names: str | Sequence[str], input: ModelInput | None, task: Task | None) -> list[TTATransform]:
    """Return the transforms of one set of `TTA_TRANSFORMS`, or of several together, each once.

    Raises:
        ModelError: The input is not known, a name is unknown, or images for `"dihedral"` are not square.

    Example:
        >>> [transform.name for transform in tta_transforms("flip", ModelInput("image", (8, 8, 1)), None)]
        ['identity', 'rotation by 0 degrees, mirrored']
    """
    if input is None:
        raise ModelError("tta needs to know the model's input: build the model with get_model.")
    sets = TTA_TRANSFORMS.get(input.modality)
    if sets is None:
        raise ModelError(f"There is no test-time augmentation of a {input.modality}: leave tta out.")
    found: dict[str, TTATransform] = {}
    for name in [names] if isinstance(names, str) else names:
        if name not in sets:
            raise ModelError(f"Unknown test-time augmentation {name!r} of {input.modality}. {nearest(str(name), sets)}")
        if name == "dihedral" and input.shape[0] != input.shape[1]:
            raise ModelError(
                f"'dihedral' needs square images; these are {input.shape[0]} x {input.shape[1]}. Use 'flip'."
            )
        for transform in sets[name]:
            found.setdefault(transform.name, transform)
    if task is None or task.kind not in ("per_pixel", "per_position", "profile"):
        return [replace(transform, inverse=_unchanged) for transform in found.values()]
    return list(found.values())
