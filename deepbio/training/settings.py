"""Training settings: what `fit` was asked for, completed by the model's own defaults, as one frozen record."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, TypedDict, get_args, get_type_hints

import keras
import tensorflow as tf
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from deepbio.errors import TrainingError, nearest
from deepbio.metrics import metric_names
from deepbio.specs import Kind
from deepbio.training.keras_objects import from_config, name_of, plain, to_config, unknown_setting

OptimizerName = Literal["adam", "adamw", "lion", "nadam", "rmsprop", "sgd"]
LossName = Literal["auto", "perceptron", "focal", "logit_adjusted", "ordinal", "poisson"]
Schedule = Literal["constant", "cosine", "plateau"]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Cache = Literal["auto", "device", "host", "none"]
Sampling = Literal["natural", "balanced"]
Mode = Literal["auto", "min", "max"]
MetricLike = str | keras.metrics.Metric | Callable[[Any, Any], Any]
OPTIMIZERS: tuple[str, ...] = get_args(OptimizerName)
LOSSES: tuple[str, ...] = get_args(LossName)
_CHOICES = {
    "optimizer": OPTIMIZERS, "loss": LOSSES, "schedule": get_args(Schedule), "precision": get_args(Precision),
    "cache": get_args(Cache), "sampling": get_args(Sampling), "monitor_mode": get_args(Mode),
}  # fmt: skip

Count = Annotated[int, Field(strict=True, ge=1)]
WholeNumber = Annotated[int, Field(strict=True, ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# what an optimizer object and a schedule object decide by themselves
_OF_OPTIMIZER = ("learning_rate", "weight_decay", "momentum", "clip_norm", "ema", "schedule", "warmup")
_OF_SCHEDULE = ("schedule", "warmup")
_OBJECTS = ("optimizer", "learning_rate", "loss")


@dataclass(frozen=True)
class Settings:
    """Everything that decides a training run besides model, data and seed.

    Args:
        epochs: Maximum number of epochs.
        batch_size: Number of examples in a global batch, over all devices.
        optimizer: One of `"adam"`, `"adamw"`, `"lion"`, `"nadam"`, `"rmsprop"` and `"sgd"`, or a Keras optimizer, which is copied
            from its config and brings its own learning rate, weight decay, momentum, clipping and moving average.
        learning_rate: Learning rate at its peak, or a Keras schedule; `None` if the optimizer is an object.
        weight_decay: Decoupled weight decay, as in AdamW; `None` leaves it to the optimizer.
        schedule: `"constant"`, `"cosine"` (to zero at the last step) or `"plateau"` (halved if the monitored value does not improve).
        warmup: Fraction of all steps in which the learning rate rises from zero (cosine only).
        augment: Random changes of the training examples: a policy (`"light"`, `"medical"`, `"strong"`, `"evoaug"`, `"none"`) or a
            list of operations; see `deepbio.augment`.
        clean_epochs: Number of last epochs without augmentation (EvoAug's second stage).
        adversarial: Adversarial training of images, such as `{"attack": "pgd", "epsilon": 8 / 255}`; see
            `deepbio.training.steps.adversarial`. The validation split stays clean.
        loss: `"auto"`; `"focal"` or `"logit_adjusted"` for class imbalance; `"ordinal"` for grades; `"poisson"` for counts and
            profiles; `"perceptron"`; or a Keras loss or function `(y_true, y_pred)`, where `y_pred` are logits. See
            `deepbio.training.steps.losses`.
        metrics: Further metrics of the validation split after each epoch: names of `deepbio.metrics`, Keras metrics, or functions
            `(y_true, y_pred)`, where `y_pred` are probabilities (logits for a metric with `from_logits=True`).
        focal_gamma: Exponent of the focal loss; higher values count easy examples less.
        adjustment: Strength of the logit adjustment; 1 aims at balanced accuracy.
        sampling: `"natural"`, or `"balanced"`: each epoch visits every class equally often.
        label_smoothing: Fraction of each label that is spread over all classes.
        class_weight: `"balanced"`, or a mapping of label to weight.
        monitor: `"loss"`, a name of `deepbio.metrics` or the name of one of `metrics`, on the validation split.
        monitor_mode: Whether `"min"` or `"max"` of the monitored value is best; `"auto"` asks the metric.
        patience: Number of epochs without improvement before training stops and the best weights are restored; `None` trains to
            the end and keeps the last weights.
        momentum: Momentum of SGD.
        ema: Momentum of an exponential moving average of the weights, which become the model's; `None` for none.
        clip_norm: Maximum global norm of the gradients; `None` for no limit.
        accumulate: Number of micro-batches per batch, to save device memory. Batch normalisation then sees one at a time.
        precision: `"float32"` (the model's own), `"mixed_bfloat16"` or `"mixed_float16"` (with loss scaling). Weights stay float32.
        recompute: Whether the backward pass computes activations again instead of keeping them: less memory, a longer step.
        jit_compile: Whether XLA compiles the step; one replica only.
        sync_batch_norm: Whether batch normalisation uses the global batch if there are several replicas.
        cache: Where the training data are: `"device"`, `"host"`, `"none"` (in their source), or `"auto"` by size.

    Raises:
        TrainingError: A value is unknown, out of range, or contradicts another one.
    """

    epochs: Count = 30
    batch_size: Count = 64
    optimizer: OptimizerName | keras.optimizers.Optimizer = "adam"
    learning_rate: Positive | keras.optimizers.schedules.LearningRateSchedule | None = 0.001
    weight_decay: NotNegative | None = None
    schedule: Schedule = "constant"
    warmup: Fraction = 0.0
    augment: Any = "none"
    clean_epochs: WholeNumber = 0
    adversarial: Any = None
    loss: LossName | keras.losses.Loss | Callable[[Any, Any], Any] = "auto"
    metrics: Sequence[MetricLike] = ()
    focal_gamma: NotNegative = 2.0
    adjustment: NotNegative = 1.0
    sampling: Sampling = "natural"
    label_smoothing: Fraction = 0.0
    class_weight: Any = None
    monitor: str = "loss"
    monitor_mode: Mode = "auto"
    patience: WholeNumber | None = None
    momentum: Fraction = 0.0
    ema: Fraction | None = None
    clip_norm: Positive | None = None
    accumulate: Count = 1
    precision: Precision = "float32"
    recompute: bool = False
    jit_compile: bool = False
    sync_batch_norm: bool = True
    cache: Cache = "auto"

    def __post_init__(self) -> None:
        for name, adapter in _adapters().items():
            value = getattr(self, name)
            try:
                object.__setattr__(self, name, adapter.validate_python(value))
            except ValidationError as error:
                raise TrainingError(_explain(name, value, error)) from error
        if self.accumulate > self.batch_size:
            raise TrainingError(f"accumulate={self.accumulate} cannot cut a batch of {self.batch_size} examples.")
        if self.warmup and self.schedule != "cosine":
            raise TrainingError(
                f"warmup={self.warmup} is part of the schedule 'cosine'; the schedule is {self.schedule!r}."
            )
        if self.clean_epochs > self.epochs:
            raise TrainingError(f"clean_epochs={self.clean_epochs} are part of the epochs, which are {self.epochs}.")

    def metrics_by_name(self, kind: Kind) -> tuple[str, ...]:
        """Return the metrics for a kind of task that were asked for by name: `metrics`, `monitor`, and kappa of an ordinal loss.

        Example:
            >>> Settings(loss="ordinal", monitor="val_macro_auroc", metrics=["mcc"]).metrics_by_name("multiclass")
            ('mcc', 'macro_auroc', 'quadratic_kappa')
        """
        own = {getattr(metric, "name", getattr(metric, "__name__", "")) for metric in self.metrics}
        names = [metric for metric in self.metrics if isinstance(metric, str)]
        names += [self.monitor.removeprefix("val_"), *(["quadratic_kappa"] if self.loss == "ordinal" else [])]
        return tuple(dict.fromkeys(name for name in names if name in metric_names(kind) and name not in own))

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a JSON-able dictionary that `resolve` reads.

        Keras objects are stored by their config. Objects without one are left out and named under `not_reproducible`.
        """
        found: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        lost: dict[str, str] = {}
        for name in _OBJECTS:
            if not isinstance(found[name], (str, int, float, type(None))):
                found[name] = to_config(found[name]) or lost.setdefault(name, name_of(found[name]))
        configs = [metric if isinstance(metric, str) else to_config(metric) for metric in self.metrics]
        found["metrics"] = configs
        if None in configs:
            lost["metrics"] = ", ".join(name_of(m) for m, c in zip(self.metrics, configs, strict=True) if c is None)
        kept = {name: value for name, value in found.items() if name not in lost}
        return {**kept, "not_reproducible": lost} if lost else kept


class TrainingSettings(TypedDict, total=False):
    """The settings of `Settings` as keywords of `fit`; `None` asks for the default of the model's architecture."""

    epochs: int | None
    batch_size: int | None
    optimizer: OptimizerName | keras.optimizers.Optimizer | Mapping[str, Any] | None
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule | Mapping[str, Any] | None
    weight_decay: float | None
    schedule: Schedule | None
    warmup: float | None
    augment: Any
    clean_epochs: int | None
    adversarial: Mapping[str, Any] | None
    loss: LossName | keras.losses.Loss | Callable[[Any, Any], Any] | Mapping[str, Any] | None
    metrics: Sequence[MetricLike | Mapping[str, Any]] | None
    focal_gamma: float | None
    adjustment: float | None
    sampling: Sampling | None
    label_smoothing: float | None
    class_weight: Literal["balanced"] | Mapping[Any, float] | None
    monitor: str | None
    monitor_mode: Mode | None
    patience: int | None
    momentum: float | None
    ema: float | None
    clip_norm: float | None
    accumulate: int | None
    precision: Precision | None
    recompute: bool | None
    jit_compile: bool | None
    sync_batch_norm: bool | None
    cache: Cache | None


class FitOptions(TrainingSettings, total=False):
    """Keywords of `fit` that `finetune` and `compare_approaches` pass on to it."""

    callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None
    strategy: str | tf.distribute.Strategy
    steps_per_execution: int | None
    resume: bool
    checkpoint_steps: int | None
    checkpoint_minutes: float | None
    keep_checkpoints: int
    log_dir: str | os.PathLike[str] | None
    overwrite: bool
    verbose: bool | str
    calibration: str | None


def resolve(defaults: Mapping[str, Any], asked: Mapping[str, Any], *, kind: Kind | None = None) -> Settings:
    """Complete the settings that were asked for (`None`: not asked) by a model's defaults, then by deepbio's.

    Raises:
        TrainingError: A setting is unknown (the message names the nearest), out of range, contradicts another one, or is missing
            from a recipe because it could not be stored.

    Example:
        >>> resolve({"epochs": 5}, {"batch_size": 8, "epochs": None}).epochs
        5
    """
    lost = asked.get("not_reproducible") or {}
    asked = {
        name: _build(name, value) for name, value in asked.items() if value is not None and name != "not_reproducible"
    }
    for name in lost:
        if name not in asked:
            raise TrainingError(
                f"This recipe is not reproducible: its run used {name}={lost[name]}, which a recipe cannot store (a lambda, a local "
                f"function, not registered with Keras, or with a config that lacks an argument). Pass {name}=... in Python."
            )
    merged = {**defaults, **asked}
    for name in merged:
        if name not in Settings.__dataclass_fields__:
            raise TrainingError(unknown_setting(name, Settings.__dataclass_fields__))
    if isinstance(merged.get("optimizer"), keras.optimizers.Optimizer):
        _leave_to("optimizer", _OF_OPTIMIZER, merged, asked)
        merged["learning_rate"] = None
    elif isinstance(merged.get("learning_rate"), keras.optimizers.schedules.LearningRateSchedule):
        _leave_to("learning_rate", _OF_SCHEDULE, merged, asked)
    if callable(merged.get("loss")):
        _leave_to("loss", ("label_smoothing",), merged, asked)
    if merged.get("schedule", "constant") != "cosine" and asked.get("warmup") is None:
        merged.pop("warmup", None)  # the model's own, for its own schedule
    if merged.get("optimizer", "adam") != "sgd" and asked.get("momentum") is None:
        merged.pop("momentum", None)  # the model's own, for an optimizer that was not wanted
    smooth = kind in (None, "binary", "multiclass", "multilabel") and merged.get("loss") not in ("focal", "ordinal")
    if not smooth and asked.get("label_smoothing") is None:
        merged.pop("label_smoothing", None)  # likewise: the model's own, for the cross-entropy
    if merged.get("loss") == "poisson" and kind not in (None, "counts", "profile") and asked.get("loss") is None:
        merged.pop("loss")
    if asked.get("patience") == 0:  # asks for none where a model's default has some
        merged["patience"] = None
    return Settings(**merged)


def _build(name: str, value: Any) -> Any:
    if name == "metrics" and isinstance(value, (list, tuple)):
        return [from_config(metric) if isinstance(metric, Mapping) else metric for metric in value]
    value = plain(value)
    if isinstance(value, type):
        raise TrainingError(f"{name} takes an object, and {value.__name__} is a class. Pass {value.__name__}(...).")
    return from_config(value) if name in _OBJECTS and isinstance(value, Mapping) else value


def _leave_to(owner: str, names: Sequence[str], merged: dict[str, Any], asked: Mapping[str, Any]) -> None:
    """Drop the model's defaults for what an object decides by itself; refuse such settings if they were asked for."""
    for name in names:
        if name in asked and asked[name] != getattr(Settings, name) and asked[name] != "plateau":
            raise TrainingError(f"{owner} is an object that decides {name} itself: set it there and leave out {name}.")
        if name not in asked:
            merged.pop(name, None)


@functools.cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(Settings, include_extras=True)
    return {name: TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True)) for name, hint in hints.items()}


_EXPECTED = {
    "int_type": "a whole number", "greater_than_equal": "at least {ge:g}", "greater_than": "positive", "less_than": "under {lt:g}",
    "is_instance_of": "a Keras {class}", "callable_type": "a function", "none_required": "None", "float_type": "a number",
    "float_parsing": "a number", "finite_number": "finite", "literal_error": "one of {expected}", "sequence_str": "a list",
    "string_type": "text",
}  # fmt: skip


def _explain(name: str, value: Any, error: ValidationError) -> str:
    if isinstance(value, str) and name in _CHOICES:
        return f"Unknown {name} {value!r}. {nearest(value, _CHOICES[name])}"
    expected = [_EXPECTED.get(e["type"], e["msg"]).format(**e.get("ctx", {})) for e in error.errors()]
    return f"{name} must be {', or '.join(dict.fromkeys(expected))}; received {value!r}."
