"""`Network`: an image model as an attack sees it: class logits as a differentiable function of pixels from 0 to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from deepbio.devices.graph import in_graph
from deepbio.errors import DataError, ModelError
from deepbio.inference.forward import forward_pass, in_batches, model_outputs
from deepbio.inference.pixels import pixel_function, resizes_to_bytes
from deepbio.interpret.images import as_images
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

_ATTRIBUTE = "_deepbio_network"


class Network:
    """An image classifier to attack. The logit `z` of a binary task becomes the two class logits 0 and `z`.

    The class of an example is the one with the largest logit, so a threshold that `calibrate` chose is not used.

    Args:
        model: Image model with logits of classes, binary or multiclass.

    Raises:
        ModelError: Outputs that are no logits of classes.

    Attributes:
        classes: Number of classes.
        notes: What a reader of a robust accuracy must know about this model.
    """

    def __init__(self, model: keras.Model) -> None:
        record = describe(model)
        if record.activation_built_in:
            raise ModelError(
                f"{model.name} returns probabilities; an attack needs logits: get_model without activation=."
            )
        kind = record.task.kind if record.task is not None else None
        if kind not in (None, "binary", "multiclass") or len(model.output_shape) != 2 or len(model.input_shape) != 4:
            raise ModelError(
                f"Attacks on images need a binary or multiclass model of images; {model.name} takes "
                f"{tuple(model.input_shape[1:])} and its task is {kind or 'unknown'}, with outputs {model.output_shape}."
            )
        self.model, self._outputs = model, pixel_function(model)
        self._compiled = in_graph(self.__call__)
        self.classes = max(2, int(model.output_shape[-1]))
        self.shape = tuple(model.input_shape[1:])
        self.notes = _notes(model)

    def __call__(self, pixels: Any) -> Any:
        """Return float32 class logits `(batch, classes)` of pixels from 0 to 1."""
        return _class_logits(tf.cast(self._outputs(pixels), tf.float32))

    def logits_of(self, pixels: np.ndarray, *, batch_size: int = 256) -> np.ndarray:
        """Return class logits of float pixels, in batches."""
        run = self._compiled.get_concrete_function(tf.TensorSpec((None, *self.shape), tf.float32))
        return in_batches(run, pixels.astype(np.float32), output_shape=(self.classes,), batch_size=batch_size)

    def classes_of(self, images: np.ndarray, *, batch_size: int = 256) -> np.ndarray:
        """Return class logits of uint8 images through the model itself, as `predict` runs it."""
        return np.asarray(_class_logits(tf.constant(model_outputs(self.model, images, batch_size=batch_size))))

    def checked(self, x: Any, y: Any, target: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return images, classes and targets (-1 for none) after checking them."""
        images = as_images(self.model, x)
        truth = np.asarray(y)
        if truth.shape != (len(images),) or truth.dtype.kind not in "iub" or not self._are_classes(truth):
            raise DataError(
                f"y is one class from 0 to {self.classes - 1} per image ({len(images)}); received {truth.dtype} {truth.shape}."
            )
        aim = np.full(len(images), -1) if target is None else np.broadcast_to(np.asarray(target), (len(images),))
        if target is not None and (aim.dtype.kind not in "iu" or not self._are_classes(aim)):
            raise DataError(f"target is a class from 0 to {self.classes - 1}, or one per image; received {target!r}.")
        return images, truth.astype(np.int32), aim.astype(np.int32)

    def _are_classes(self, values: np.ndarray) -> bool:
        return not values.size or (values.min() >= 0 and values.max() < self.classes)


def network_of(model: keras.Model) -> Network:
    """Return the network of a model, the same one as long as the model has not changed.

    Raises:
        ModelError: As `Network`.
    """
    forward = forward_pass(model)  # another one once the model has changed
    before, network = getattr(model, _ATTRIBUTE, (None, None))
    if network is None or before is not forward:
        network = Network(model)
        object.__setattr__(model, _ATTRIBUTE, (forward, network))
    return network


def _class_logits(logits: Any) -> Any:
    return tf.concat([tf.zeros_like(logits), logits], axis=1) if logits.shape[-1] == 1 else logits


def _notes(model: keras.Model) -> tuple[str, ...]:
    found = []
    if resizes_to_bytes(model):
        found.append("The model rounds a resized image to bytes; gradients pass as if it did not (straight-through).")
    image = np.random.Generator(np.random.Philox(0)).integers(0, 256, (2, *model.input_shape[1:])).astype(np.uint8)
    if not np.array_equal(model(image, training=False), model(image, training=False)):
        found.append(
            "The model is random in inference: one prediction per image is judged, which a second may contradict."
        )
    policy = getattr(model.dtype_policy, "compute_dtype", "float32")
    if policy != "float32":
        found.append(f"The model computes in {policy}: small gradients may be lost.")
    return tuple(found)
