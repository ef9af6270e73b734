"""Training settings: what `fit` was asked for, completed by the model's own defaults, as one frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from deepbio.errors import TrainingError, nearest

OPTIMIZERS = ("adam", "adamw", "lion", "nadam", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "plateau")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
CACHES = ("auto", "device", "host", "none")
LOSSES = ("auto", "perceptron", "focal", "logit_adjusted", "ordinal")
SAMPLINGS = ("natural", "balanced")
CHOICES = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "loss": LOSSES,
    "precision": PRECISIONS,
    "cache": CACHES,
    "sampling": SAMPLINGS,
}


@dataclass(frozen=True)
class Settings:
    """Everything that decides a training run besides model, data and seed.

    Args:
        epochs: the most epochs to train.
        batch_size: examples in a global batch, all devices together.
        optimizer: one of `OPTIMIZERS`.
        learning_rate: at its highest.
        weight_decay: decoupled, as in AdamW; `None` leaves it to the optimizer.
        schedule: `"constant"`, `"cosine"` (down to zero at the last step) or `"plateau"` (halved when the monitored
            value stands still).
        warmup: share of all steps in which the learning rate rises from zero (cosine only).
        augment: random changes of the training examples: a policy (`"light"`, `"medical"`, `"strong"`, `"evoaug"`, `"none"`), or
            a list of operations; see `deepbio.augment`.
        clean_epochs: of all epochs, how many at the end train on the examples as they are (EvoAug's second stage).
        loss: `"auto"`; for skewed classes `"focal"` or `"logit_adjusted"`; for grades `"ordinal"`; or `"perceptron"`. See
            `deepbio.training.steps.losses`.
        focal_gamma: how far the focal loss leaves aside what is known well.
        adjustment: how far logits are adjusted by the classes' shares; 1 aims at balanced accuracy.
        sampling: `"natural"` or `"balanced"`: an epoch visits each class equally often.
        label_smoothing: share of each label spread over all classes.
        class_weight: `"balanced"`, or label to weight.
        monitor: `"loss"` or a metric of `deepbio.metrics`, on the validation split.
        patience: epochs without a better monitored value before training stops and the best weights come back;
            `None` trains to the end and keeps the last weights.
        momentum: of SGD.
        ema: momentum of an exponential moving average of the weights, which the model ends with; `None` for none.
        clip_norm: largest norm of all gradients together; `None` for no limit.
        accumulate: micro-batches that each batch is cut into, to save device memory. Batch normalisation then sees one
            micro-batch at a time.
        precision: `"float32"` (the model's own), `"mixed_bfloat16"` or `"mixed_float16"` (with loss scaling). The weights that
            remain are float32.
        jit_compile: let XLA compile the step; one replica only.
        sync_batch_norm: normalise over the global batch where there is more than one replica.
        cache: where the training data lie: `"device"`, `"host"`, `"none"` (in their source), or `"auto"` by size.
    """

    epochs: int = 30
    batch_size: int = 64
    optimizer: str = "adam"
    learning_rate: float = 0.001
    weight_decay: float | None = None
    schedule: str = "constant"
    warmup: float = 0.0
    augment: Any = "none"
    clean_epochs: int = 0
    loss: str = "auto"
    focal_gamma: float = 2.0
    adjustment: float = 1.0
    sampling: str = "natural"
    label_smoothing: float = 0.0
    class_weight: Any = None
    monitor: str = "loss"
    patience: int | None = None
    momentum: float = 0.0
    ema: float | None = None
    clip_norm: float | None = None
    accumulate: int = 1
    precision: str = "float32"
    jit_compile: bool = False
    sync_batch_norm: bool = True
    cache: str = "auto"

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch_size", 1), ("accumulate", 1), ("clean_epochs", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise TrainingError(f"{name} must be a whole number of at least {least}; received {value!r}.")
        if not self.learning_rate > 0:
            raise TrainingError(f"learning_rate must be positive; received {self.learning_rate!r}.")
        for name, valid in CHOICES.items():
            if getattr(self, name) not in valid:
                raise TrainingError(
                    f"Unknown {name} {getattr(self, name)!r}. {nearest(str(getattr(self, name)), valid)}"
                )
        if self.accumulate > self.batch_size:
            raise TrainingError(f"accumulate={self.accumulate} cannot cut a batch of {self.batch_size} examples.")
        if self.clean_epochs > self.epochs:
            raise TrainingError(f"clean_epochs={self.clean_epochs} are part of the epochs, which are {self.epochs}.")
        for name in ("focal_gamma", "adjustment"):
            if not getattr(self, name) >= 0:
                raise TrainingError(f"{name} must be 0 or more; received {getattr(self, name)!r}.")
        for name, low, high in (("warmup", 0, 1), ("label_smoothing", 0, 1), ("momentum", 0, 1), ("ema", 0, 1)):
            value = getattr(self, name)
            if value is not None and not low <= value < high:
                raise TrainingError(f"{name} must be at least {low} and under {high}; received {value!r}.")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a JSON-able dictionary."""
        return asdict(self)


def resolve(defaults: Mapping[str, Any], asked: Mapping[str, Any]) -> Settings:
    """Complete what was asked (`None` = not asked) by a model's defaults, then by deepbio's.

    Raises:
        TrainingError: an unknown setting, with the nearest names, or a value out of range.

    Example:
        >>> resolve({"epochs": 5}, {"batch_size": 8, "epochs": None}).epochs
        5
    """
    valid = {field.name for field in fields(Settings)}
    for name in (*defaults, *asked):
        if name not in valid:
            raise TrainingError(f"Unknown training setting {name!r}. {nearest(name, valid)}")
    merged = {**defaults, **{name: value for name, value in asked.items() if value is not None}}
    if merged.get("optimizer", "adam") != "sgd" and asked.get("momentum") is None:
        merged.pop("momentum", None)  # the model's own, for the optimizer that was not wanted
    if merged.get("loss") in ("focal", "ordinal") and asked.get("label_smoothing") is None:
        merged.pop("label_smoothing", None)  # likewise: the model's own, for the cross-entropy
    if asked.get("patience") == 0:  # the way to say "none" where a model's default has some
        merged["patience"] = None
    return Settings(**merged)
