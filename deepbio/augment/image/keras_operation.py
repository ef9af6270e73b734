"""`KerasOperation`: an operation made of Keras's preprocessing layers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras

from deepbio.augment.operation import Operation
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError, nearest
from deepbio.specs import ModelInput, Task

FILLS = ("reflect", "nearest", "constant", "wrap")


def layer(name: str, *args: Any, **options: Any) -> Any:
    """Build a layer of Keras by its name, in float32; its own seed is never used."""
    return getattr(keras.layers, name)(*args, seed=0, dtype="float32", **options)


@dataclass(frozen=True)
class KerasOperation(Operation):
    """Keras layers that draw for each image and transform its mask alike."""

    modality = "image"

    @cached_property
    def layers(self) -> list[Any]:
        """The layers, built once and outside of any graph."""
        return self._layers()

    def _layers(self) -> list[Any]:
        raise NotImplementedError

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options and build the layers."""
        super().prepare(input, task)
        fill = getattr(self, "fill", "reflect")
        if fill not in FILLS:
            raise TrainingError(f"Unknown fill {fill!r}. {nearest(str(fill), FILLS)}")
        assert self.layers

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch and its masks; see `Operation.apply`."""
        for one in self.layers:
            change = one.get_random_transformation(x, training=True, seed=rng)
            x = one.transform_images(x, change, training=True)
            if labels is not None:
                labels = one.transform_segmentation_masks(labels, change, training=True)
        return x, labels
