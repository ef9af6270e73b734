"""Keras callbacks of a run: its own, what it refuses, and what a callback cannot know without `compile`."""

from collections.abc import Sequence

import keras

from deepbio import metrics
from deepbio.errors import DeepbioError, TrainingError
from deepbio.training.settings import Settings

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
    found = [callbacks] if isinstance(callbacks, keras.callbacks.Callback) else list(callbacks)
    for callback in found:
        if not isinstance(callback, keras.callbacks.Callback):
            call = f" Pass {callback.__name__}(...)." if isinstance(callback, type) else ""
            raise TrainingError(f"callbacks takes keras.callbacks.Callback objects; received {callback!r}.{call}")
    return found


def uses_batches(callback: keras.callbacks.Callback) -> bool:
    """Return whether a callback has a hook for batches, in its class or, as `LambdaCallback` has, in the object."""
    return any(not getattr(getattr(callback, hook), "_is_default", False) for hook in _BATCH_HOOKS)


def prepare_callbacks(callbacks: Sequence[keras.callbacks.Callback], settings: Settings) -> None:
    """Refuse callbacks that would not work, and set `mode="auto"` of a monitor by the direction of its metric.

    Keras looks for that direction in what `compile` was given, and `fit` compiles nothing.

    Raises:
        TrainingError: A callback sets the learning rate under a schedule, or saves and restores by itself.
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
        monitor = getattr(callback, "monitor", None)
        if getattr(callback, "mode", None) == "auto" and isinstance(monitor, str):
            try:
                vars(callback)["mode"] = (
                    "min" if monitor.endswith("loss") else metrics.direction(monitor.removeprefix("val_"))
                )
            except DeepbioError:
                continue  # a metric of the user: Keras asks for its mode
