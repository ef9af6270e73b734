"""Keras callbacks of a run: its own, what it refuses, and what a callback cannot know without `compile`."""

import importlib.util
from collections.abc import Sequence
from typing import Any

import keras

from deepbio import metrics
from deepbio.errors import DeepbioError, TrainingError, nearest
from deepbio.training.settings import Settings

_MONITORS = (keras.callbacks.EarlyStopping, keras.callbacks.ModelCheckpoint, keras.callbacks.ReduceLROnPlateau)
_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


def own_callbacks(settings: Settings, monitor: str, mode: str) -> list[keras.callbacks.Callback]:
    """Return the callbacks of `schedule="plateau"` and `patience`."""
    own: list[keras.callbacks.Callback] = []
    if settings.schedule == "plateau":
        patience = max((settings.patience or 10) // 2, 1)
        own.append(keras.callbacks.ReduceLROnPlateau(monitor, mode=mode, factor=0.5, patience=patience))
    if settings.patience is not None:
        stop = keras.callbacks.EarlyStopping(monitor, mode=mode, patience=settings.patience, restore_best_weights=True)
        own.append(stop)
    return own


def as_list(
    callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None,
) -> list[keras.callbacks.Callback]:
    """Return the callbacks of `fit` as a list: none, one, or several.

    Raises:
        TrainingError: One of them is not a Keras callback object.
    """
    if callbacks is None:
        return []
    found: list[Any] = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
    for callback in found:
        if not isinstance(callback, keras.callbacks.Callback):
            call = f" Pass {callback.__name__}(...)." if isinstance(callback, type) else ""
            raise TrainingError(f"callbacks takes keras.callbacks.Callback objects; received {callback!r}.{call}")
    return found


def uses_batches(callback: keras.callbacks.Callback) -> bool:
    """Return whether a callback has a hook for batches, in its class or, as `LambdaCallback` has, in the object."""
    return any(not getattr(getattr(callback, hook), "_is_default", False) for hook in _BATCH_HOOKS)


def prepare_callbacks(
    callbacks: Sequence[keras.callbacks.Callback], settings: Settings, logs: Sequence[str] = ()
) -> None:
    """Refuse callbacks that would not work, and set `mode="auto"` of a monitor by the direction of its metric.

    Keras looks for that direction in what `compile` was given, and `fit` compiles nothing.

    Args:
        callbacks: Callbacks of the user.
        settings: Settings of the run.
        logs: Names of the values that each epoch will log; empty if they are not known.

    Raises:
        TrainingError: A callback sets the learning rate under a schedule, saves and restores by itself, needs a package that is not
            installed, or monitors a value that no epoch logs.
    """
    of_keras = isinstance(settings.learning_rate, keras.optimizers.schedules.LearningRateSchedule)
    for callback in callbacks:
        kind = type(callback).__name__
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            raise TrainingError(
                f"{kind} does not work here: fit saves and resumes by itself. Leave it out; pass out=FOLDER and resume=True."
            )
        rates = (keras.callbacks.ReduceLROnPlateau, keras.callbacks.LearningRateScheduler)
        if isinstance(callback, rates) and (of_keras or settings.schedule == "cosine"):
            raise TrainingError(
                f"{kind} cannot set the learning rate, because a schedule does. Leave it out, or pass schedule='constant' and a "
                "number as learning_rate."
            )
        if isinstance(callback, keras.callbacks.TensorBoard) and importlib.util.find_spec("tensorboard") is None:
            raise TrainingError(f"{kind} needs the package 'tensorboard': pip install tensorboard. Or leave it out.")
        monitor = getattr(callback, "monitor", None)
        needed = isinstance(callback, _MONITORS) and getattr(callback, "save_best_only", True)
        if needed and logs and monitor not in logs and not any(map(_may_log, callbacks)):
            raise TrainingError(f"{kind} monitors {monitor!r}, which no epoch logs. {nearest(str(monitor), logs)}")
        if getattr(callback, "mode", None) == "auto" and isinstance(monitor, str):
            try:
                vars(callback)["mode"] = (
                    "min" if monitor.endswith("loss") else metrics.direction(monitor.removeprefix("val_"))
                )
            except DeepbioError:
                continue  # a metric of the user: Keras asks for its mode


def _may_log(callback: keras.callbacks.Callback) -> bool:
    """Return whether a callback may add values of its own to the logs: one that Keras did not write."""
    return isinstance(callback, keras.callbacks.LambdaCallback) or not type(callback).__module__.startswith("keras.")
