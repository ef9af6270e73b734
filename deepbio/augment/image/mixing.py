"""MixUp and CutMix: two images in one, and the labels of both in its shares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.augment.operation import Mixing, between
from deepbio.specs import ModelInput, Task

layers: Any = keras.layers  # whose annotations leave out ranges


@dataclass(frozen=True)
class MixUp(Mixing):
    """Average each image with another of its batch; the shares are drawn from Beta(alpha, alpha).

    Source: Zhang et al. 2018, arXiv:1710.09412.
    """

    name = "mixup"
    modality = "image"
    alpha: float = 0.2

    @cached_property
    def layer(self) -> Any:
        """Built once, outside of any graph."""
        return layers.MixUp(self.alpha, seed=0, dtype="float32")

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("mixup: alpha", self.alpha, 0.01, 100)
        assert self.layer

    def mix(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mix a batch; see `Mixing.mix`."""
        change = self.layer.get_random_transformation(x, training=True, seed=draws)
        mixed = self.layer.transform_images(x, change, training=True)
        return mixed, y, tf.gather(y, change["permutation_order"]), 1 - change["mix_weight"]


@dataclass(frozen=True)
class CutMix(Mixing):
    """Put a rectangle of another image of the batch into each; its area is drawn from Beta(alpha, alpha).

    A class for every pixel is cut with its image, so nothing is left to share.

    Source: Yun et al. 2019, doi:10.1109/ICCV.2019.00612.
    """

    name = "cutmix"
    modality = "image"
    alpha: float = 1.0

    @cached_property
    def layer(self) -> Any:
        """Built once, outside of any graph."""
        return layers.CutMix((self.alpha, self.alpha), seed=0, dtype="float32")

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("cutmix: alpha", self.alpha, 0.01, 1)
        assert self.layer

    def mix(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mix a batch; see `Mixing.mix`."""
        change = self.layer.get_random_transformation(x, training=True, seed=draws)
        mixed = self.layer.transform_images(x, change, training=True)
        other = tf.gather(y, change["permutation_order"])
        inside = change["batch_masks"][..., 0]
        if len(y.shape) == 3:
            both = tf.where(inside, other, y)
            return mixed, both, both, tf.zeros(tf.shape(x)[:1])
        return mixed, y, other, tf.reduce_mean(tf.cast(inside, tf.float32), axis=(1, 2))
