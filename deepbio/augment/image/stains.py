"""Jitter of the stains of tissue sections: haematoxylin and eosin made stronger or weaker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.augment.operation import Operation, between
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task

# What haematoxylin, eosin and DAB take from red, green and blue light: Ruifrok, Johnston 2001, Anal Quant Cytol Histol 23:291.
STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])


@dataclass(frozen=True)
class Stain(Operation):
    """Multiply the amount of each stain by up to 1 plus or minus `share`, and add up to plus or minus `shift`.

    Colours are taken apart by the absorbances of haematoxylin, eosin and DAB.

    Source: Tellez et al. 2018, doi:10.1109/TMI.2018.2820199.
    """

    name = "stain"
    modality = "image"
    share: float = 0.1
    shift: float = 0.02

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        if input.shape[-1] != 3:
            raise TrainingError(f"stain is for colour images (3 channels); these have {input.shape[-1]}.")
        between("stain: share", self.share, 0, 1)
        between("stain: shift", self.shift, 0, 1)

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Change a batch; see `Operation.apply`."""
        one = tf.constant(STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True), tf.float32)
        absorbed = -tf.math.log((x + 1) / 256)
        amounts = tf.einsum("nhwc,cs->nhws", absorbed, tf.linalg.inv(one))
        n = tf.shape(x)[0]
        amounts *= draws.uniform((n, 1, 1, 3), 1 - self.share, 1 + self.share)
        amounts += draws.uniform((n, 1, 1, 3), -self.shift, self.shift)
        coloured = 256 * tf.exp(-tf.einsum("nhws,sc->nhwc", amounts, one)) - 1
        return tf.clip_by_value(coloured, 0, 255), parts
