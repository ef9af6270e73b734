"""Validation after each epoch: loss, accuracy, the monitored metric and user-supplied metrics, from gathered predictions."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio import metrics
from deepbio.datasets import Dataset
from deepbio.errors import TrainingError
from deepbio.training.keras_objects import from_logits, name_of
from deepbio.training.settings import MetricLike, Settings
from deepbio.training.steps.losses import Loss, labels_like

ops: Any = keras.ops  # its annotations name one backend's tensors only


class Validation:
    """The metrics of a validation split.

    Attributes:
        monitor: Name of the monitored value in the logs.
        mode: `"min"` or `"max"`: which of its values is best.

    Raises:
        DataError: A metric of `deepbio.metrics` is unknown.
        TrainingError: Two metrics share a name, or the direction of the monitored one is unknown.
    """

    def __init__(self, data: Dataset, settings: Settings, loss: Loss) -> None:
        self._task, self._y, self._loss = data.task, np.asarray(data.valid.y), loss
        self._weights = data.valid.sample_weight
        self._metrics: dict[str, MetricLike] = {}
        for metric in settings.metrics:
            name = _name(metric)
            if name in self._metrics or name == "loss" or (name == "accuracy" and not isinstance(metric, str)):
                raise TrainingError(f"Two metrics are called {name!r}. Pass one of them with another name.")
            if isinstance(metric, str):
                metrics.direction(name)  # refuses an unknown name before training
            self._metrics[name] = metric
        name = settings.monitor.removeprefix("val_")
        self.monitor, self.mode = f"val_{name}", settings.monitor_mode
        if self.mode == "auto":
            self.mode = "min" if name == "loss" else _direction(name, self._metrics.get(name, name))

    @property
    def logs(self) -> list[str]:
        """Names of what `__call__` returns."""
        accuracy = ["val_accuracy"] if self._task.is_classification else []
        return list(dict.fromkeys(["val_loss", *accuracy, *(f"val_{name}" for name in self._metrics), self.monitor]))

    def __call__(self, logits: np.ndarray, *, epoch: int) -> dict[str, float]:
        """Return the logs of one epoch: `val_loss`, `val_accuracy` for classes, the monitored value and the user's metrics.

        Raises:
            TrainingError: The loss is not finite, or a metric is not one number.
        """
        each = self._loss(self._y, tf.constant(logits))
        value = float(tf.reduce_mean(each if self._weights is None else each * self._weights))
        if not np.isfinite(value):
            raise TrainingError(
                f"The validation loss became {value} after epoch {epoch + 1}, though each training step's was finite. Usual causes: "
                "a learning rate that is too high, or an input of the validation split that is not finite."
            )
        logs, p = {"val_loss": value}, self._task.probabilities(logits)
        if self._task.is_classification:
            logs["val_accuracy"] = metrics.value("accuracy", self._task, self._y, p)
        logs |= {f"val_{name}": found for name, found in self.user_metrics(logits).items()}
        if self.monitor not in logs:
            logs[self.monitor] = metrics.value(self.monitor.removeprefix("val_"), self._task, self._y, p)
        return logs

    def user_metrics(self, logits: np.ndarray) -> dict[str, float]:
        """Return the metrics of `fit(metrics=...)` by name."""
        p = self._task.probabilities(logits)
        found = {}
        for name, metric in self._metrics.items():
            if isinstance(metric, str):
                found[name] = metrics.value(name, self._task, self._y, p)
                continue
            outputs = ops.convert_to_tensor(logits if from_logits(metric) else p, dtype="float32")
            found[name] = _number(name, metric, labels_like(ops.convert_to_tensor(self._y), outputs), outputs)
        return found


def _number(name: str, metric: Any, y_true: Any, y_pred: Any) -> float:
    if isinstance(metric, keras.metrics.Metric):
        metric.reset_state()
        metric.update_state(y_true, y_pred)
        value = metric.result()
    else:
        value = ops.mean(ops.convert_to_tensor(metric(y_true, y_pred)))  # per example or one number, as in Keras
    if isinstance(value, dict) or np.ndim(value):
        raise TrainingError(
            f"The metric {name!r} must return one number; received {value!r}. Choose an average if it has one."
        )
    number = float(value)
    if isinstance(metric, keras.metrics.Metric):
        metric.reset_state()  # no state of ours is left in the user's object
    return number


def _name(metric: MetricLike) -> str:
    name = metric if isinstance(metric, str) else getattr(metric, "name", getattr(metric, "__name__", "<lambda>"))
    if name == "<lambda>" or isinstance(metric, type):
        raise TrainingError(f"A metric is a name, a Keras metric or a function with a name; received {metric!r}.")
    return name


def _direction(name: str, metric: MetricLike) -> Any:
    if isinstance(metric, str):
        return metrics.direction(name)
    known = {"up": "max", "down": "min"}.get(str(getattr(metric, "_direction", "")))
    if known is None:
        raise TrainingError(
            f"monitor={name!r}: {name_of(metric)} does not say whether higher is better. Pass monitor_mode='max' or 'min'."
        )
    return known
