"""A numeric self-test: each family's forward and backward pass on the device against float64 on the processor.

A device, driver or library that computes wrongly can return scores that look right, as with SpliceAI on newer GPUs (its issue 99).
TensorFloat-32 keeps ten bits of each factor, so its tolerance is wider.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.devices.graph import in_graph
from deepbio.devices.precision import dtype_policy
from deepbio.specs import Task
from deepbio.training.steps.losses import loss_for
from deepbio.zoo import describe, get_model
from deepbio.zoo.build import build

FAMILIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("logistic", {"input_shape": 30, "outputs": 3}),
    ("mlp", {"input_shape": 30, "outputs": 3}),
    ("dna_cnn", {"input_shape": 60, "outputs": 3}),
    ("image_cnn", {"input_shape": (16, 16, 1), "outputs": 3}),
    ("note_lstm", {"input_shape": 24, "outputs": 3, "vocabulary_size": 50}),
)
ALLOWED = {False: 1e-4, True: 2e-2}  # of the largest value: without and with TensorFloat-32


@dataclass(frozen=True)
class SelfTest:
    """The difference of one family on one device from float64.

    Args:
        model: Name of the model.
        device: Device on which it ran.
        tf32: Whether TensorFloat-32 was enabled.
        forward: Largest difference of the logits, relative to the largest logit.
        backward: Largest difference of the gradient, relative to its largest element, over all weights.
        allowed: Tolerance for both.
    """

    model: str
    device: str
    tf32: bool
    forward: float
    backward: float
    allowed: float

    @property
    def passed(self) -> bool:
        """Whether both differences are within the tolerance (NaN is not)."""
        return self.forward <= self.allowed and self.backward <= self.allowed

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as a JSON-able dictionary."""
        return {**asdict(self), "passed": self.passed}


def self_test(families: Sequence[str] | None = None, *, examples: int = 16, seed: int = 0) -> list[SelfTest]:
    """Compare each family with float64, on every GPU (TF32 off and on), or on the processor if there is none.

    Args:
        families: Names in `FAMILIES`; `None` for all.
        examples: Number of examples in the batch.
        seed: Seed of weights and inputs.
    """
    devices = [d.name for d in tf.config.list_logical_devices("GPU")] or [tf.config.list_logical_devices("CPU")[0].name]
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    results = []
    try:
        for name, options in FAMILIES:
            if families is not None and name not in families:
                continue
            model, exact = _pair(name, options, seed)
            x, y = _batch(model, examples, seed)
            with tf.device("/cpu:0"):
                wanted = _passes(exact, x, y)
            for device in devices:
                for tf32 in (False, True) if "GPU" in device else (False,):
                    tf.config.experimental.enable_tensor_float_32_execution(tf32)
                    with tf.device(device):
                        found = _passes(model, x, y)
                    forward, backward = (_apart(f, w) for f, w in zip(found, wanted, strict=True))
                    place = device.rpartition("/")[2].removeprefix("device:")
                    results.append(SelfTest(name, place, tf32, forward, backward, ALLOWED[tf32]))
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
    return results


def _pair(name: str, options: dict[str, Any], seed: int) -> tuple[keras.Model, keras.Model]:
    model = get_model(name, seed=seed, **options)
    with dtype_policy("float64"):
        exact = build(replace(describe(model), seed=seed))
    rng = np.random.Generator(np.random.Philox(seed))
    # a layer that starts from zero would hide the layers before it
    weights = [w if w.any() else rng.normal(0, 0.1, w.shape).astype(w.dtype) for w in model.get_weights()]
    model.set_weights(weights)
    exact.set_weights(weights)
    return model, exact


def _batch(model: keras.Model, examples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    input = describe(model).input
    assert input is not None
    rng = np.random.Generator(np.random.Philox(seed + 1))
    high = {"dna": 4, "image": 256, "text": 50}.get(input.modality)
    shape = (examples, *input.shape)
    x = rng.normal(size=shape) if high is None else rng.integers(0, high, shape)
    return x.astype(input.dtype), rng.integers(0, 3, examples)


def _passes(model: keras.Model, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    loss = loss_for(Task("multiclass", 3))

    def passes(x, y):
        with tf.GradientTape() as tape:
            logits = model(x, training=False)
            value = tf.reduce_mean(loss(y, logits))
        gradients = tape.gradient(value, model.trainable_variables)
        return logits, tf.concat([tf.reshape(tf.convert_to_tensor(g), [-1]) for g in gradients], 0)

    logits, gradient = in_graph(passes)(tf.constant(x), tf.constant(y, tf.int32))
    return logits.numpy().astype(np.float64), gradient.numpy().astype(np.float64)


def _apart(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())
