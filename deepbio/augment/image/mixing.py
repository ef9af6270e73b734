"""MixUp and CutMix: combine two images of a batch, and weight their labels accordingly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from deepbio.augment.image.keras_operation import KerasOperation, layer
from deepbio.augment.operation import Mixing, ranged
from deepbio.augment.random_stream import RandomStream, Tensor


class _KerasMixing(KerasOperation, Mixing):
    """A Keras layer that combines images."""

    def _mixed(self, x: Tensor, y: Tensor, rng: RandomStream) -> tuple[Tensor, Tensor, Any]:
        """Return the mixed batch, the labels of the images mixed in, and Keras's description of the change."""
        [mixer] = self.layers
        change = mixer.get_random_transformation(x, training=True, seed=rng)
        mixed = mixer.transform_images(x, change, training=True)
        return mixed, tf.gather(y, change["permutation_order"]), change


@dataclass(frozen=True)
class MixUp(_KerasMixing):
    """Average each image with another of its batch; the weights are drawn from Beta(alpha, alpha).

    Source: Zhang et al. 2018, arXiv:1710.09412.
    """

    name = "mixup"
    alpha: float = ranged(0.2, 0.01, 100)

    def _layers(self) -> list[Any]:
        return [layer("MixUp", self.alpha)]

    def mix(self, x: Tensor, y: Tensor, rng: RandomStream) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the mixed batch; see `Mixing.mix`."""
        mixed, other, change = self._mixed(x, y, rng)
        return mixed, y, other, 1 - change["mix_weight"]


@dataclass(frozen=True)
class CutMix(_KerasMixing):
    """Paste a rectangle of another image of the batch into each; its area is drawn from Beta(alpha, alpha).

    The mask of a segmentation is cut with its image, so its label weights stay one.

    Source: Yun et al. 2019, doi:10.1109/ICCV.2019.00612.
    """

    name = "cutmix"
    alpha: float = ranged(1.0, 0.01, 1)

    def _layers(self) -> list[Any]:
        return [layer("CutMix", (self.alpha, self.alpha))]

    def mix(self, x: Tensor, y: Tensor, rng: RandomStream) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the mixed batch; see `Mixing.mix`."""
        mixed, other, change = self._mixed(x, y, rng)
        inside = change["batch_masks"][..., 0]
        if len(y.shape) == 3:
            both = tf.where(inside, other, y)
            return mixed, both, both, tf.zeros(tf.shape(x)[:1])
        return mixed, y, other, tf.reduce_mean(tf.cast(inside, tf.float32), axis=(1, 2))
