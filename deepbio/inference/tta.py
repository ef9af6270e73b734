"""Views: an example as it is and as it might as well have been, whose predictions are averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbio.datasets import Source
from deepbio.errors import ModelError, nearest
from deepbio.sequence import reverse_complement
from deepbio.specs import ModelInput, Task

Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class View:
    """A way to look at examples.

    Args:
        name: for messages.
        there: changes a batch of inputs.
        back: brings predictions for pixels or positions back to their places.
    """

    name: str
    there: Change
    back: Change


@dataclass(frozen=True, eq=False)
class Viewed:
    """A source seen through a view."""

    source: Source
    view: View

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all examples."""
        return self.source.shape

    @property
    def dtype(self) -> Any:
        """Of the examples."""
        return self.source.dtype

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(self.view.there(np.asarray(self.source[indices])))


def _same(x: np.ndarray) -> np.ndarray:
    return x


def _turn(quarters: int, mirrored: bool) -> View:
    def there(x: np.ndarray) -> np.ndarray:
        return np.rot90(x[:, :, ::-1] if mirrored else x, quarters, axes=(1, 2))

    def back(x: np.ndarray) -> np.ndarray:
        turned = np.rot90(x, -quarters, axes=(1, 2))
        return turned[:, :, ::-1] if mirrored else turned

    return View(f"turned {90 * quarters} degrees" + (", mirrored" if mirrored else ""), there, back)


def _moved(down: int, right: int) -> View:
    def by(down: int, right: int) -> Change:
        def move(x: np.ndarray) -> np.ndarray:
            rows = np.clip(np.arange(x.shape[1]) - down, 0, x.shape[1] - 1)
            columns = np.clip(np.arange(x.shape[2]) - right, 0, x.shape[2] - 1)
            return x[:, rows][:, :, columns]

        return move

    return View(f"moved by {down}, {right}", by(down, right), by(-down, -right))


def _along(bases: int) -> View:
    def by(bases: int) -> Change:
        def move(x: np.ndarray) -> np.ndarray:
            return x[:, np.clip(np.arange(x.shape[1]) - bases, 0, x.shape[1] - 1)]

        return move

    return View(f"moved by {bases}", by(bases), by(-bases))


_AS_IT_IS = View("as it is", _same, _same)
_OTHER_STRAND = View("other strand", reverse_complement, lambda p: p[:, ::-1])

VIEWS: dict[str, dict[str, tuple[View, ...]]] = {
    "image": {
        "flip": (_AS_IT_IS, _turn(0, True)),
        "dihedral": tuple(_turn(quarters, mirrored) for mirrored in (False, True) for quarters in range(4)),
        "shift": (_AS_IT_IS, _moved(1, 0), _moved(-1, 0), _moved(0, 1), _moved(0, -1)),
    },
    "dna": {
        "reverse_complement": (_AS_IT_IS, _OTHER_STRAND),
        "shift": (_AS_IT_IS, _along(1), _along(-1)),
    },
}
"""Sets of views by modality and name. `flip` adds the mirror image, `dihedral` all eight turns and mirror images of a square,
`shift` moves by one pixel or base; `reverse_complement` adds the other strand."""


def views(said: str | Sequence[str], input: ModelInput, task: Task | None) -> list[View]:
    """Return the views of one set, or of several together.

    Raises:
        ModelError: an unknown name, or images that are not square for `"dihedral"`.

    Example:
        >>> [view.name for view in views("flip", ModelInput("image", (8, 8, 1)), None)]
        ['as it is', 'turned 0 degrees, mirrored']
    """
    known = VIEWS.get(input.modality)
    if known is None:
        raise ModelError(f"There are no views of a {input.modality}: leave tta out.")
    found: list[View] = []
    for name in [said] if isinstance(said, str) else said:
        if name not in known:
            raise ModelError(f"Unknown views {name!r} of {input.modality}. {nearest(str(name), known)}")
        if name == "dihedral" and input.shape[0] != input.shape[1]:
            raise ModelError(
                f"'dihedral' needs square images; these are {input.shape[0]} x {input.shape[1]}. Use 'flip'."
            )
        found += [view for view in known[name] if view.name not in {one.name for one in found}]
    if task is None or task.kind not in ("per_pixel", "per_position", "profile"):
        found = [View(view.name, view.there, _same) for view in found]
    return found
