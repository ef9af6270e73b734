"""Stain jitter of tissue sections: haematoxylin and eosin made stronger or weaker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from deepbio.augment.operation import Operation, ranged
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task

# absorbance of red, green and blue light by haematoxylin, eosin and DAB: Ruifrok, Johnston 2001, Anal Quant Cytol Histol 23:291
STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])


@dataclass(frozen=True)
class Stain(Operation):
    """Multiply the amount of each stain by up to 1 plus or minus `share`, and add up to plus or minus `shift`.

    Colours are separated by the absorbances of haematoxylin, eosin and DAB.

    Source: Tellez et al. 2018, doi:10.1109/TMI.2018.2820199.
    """

    name = "stain"
    modality = "image"
    share: float = ranged(0.1, 0, 1)
    shift: float = ranged(0.02, 0, 1)

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options and the number of channels."""
        super().prepare(input, task)
        if input.shape[-1] != 3:
            raise TrainingError(f"stain is for colour images (3 channels); these have {input.shape[-1]}.")

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch; see `Operation.apply`."""
        stains = tf.constant(STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True), tf.float32)
        absorbance = -tf.math.log((x + 1) / 256)
        amounts = tf.einsum("nhwc,cs->nhws", absorbance, tf.linalg.inv(stains))
        n = tf.shape(x)[0]
        amounts *= rng.uniform((n, 1, 1, 3), 1 - self.share, 1 + self.share)
        amounts += rng.uniform((n, 1, 1, 3), -self.shift, self.shift)
        coloured = 256 * tf.exp(-tf.einsum("nhws,sc->nhwc", amounts, stains)) - 1
        return tf.clip_by_value(coloured, 0, 255), labels
