"""Optimizers and learning-rate schedules by name, from Keras."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from deepbio.errors import TrainingError
from deepbio.training.settings import Settings
from deepbio.training.steps.layerwise_lr import paced


def make_optimizer(
    settings: Settings, *, steps: int, rates: Sequence[float] | None = None
) -> keras.optimizers.Optimizer:
    """Return the Keras optimizer that the settings describe, for a run of `steps` steps.

    Args:
        rates: a share of the learning rate for each variable that the optimizer will be built with; `None` for the whole.
    """
    rate: float | keras.optimizers.schedules.LearningRateSchedule = settings.learning_rate
    warmup = round(settings.warmup * steps)
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else settings.learning_rate,
            max(steps - warmup, 1),
            warmup_target=settings.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    options: dict[str, object] = {
        "weight_decay": settings.weight_decay,
        "global_clipnorm": settings.clip_norm,
    }
    if settings.ema is not None:
        options |= {"use_ema": True, "ema_momentum": settings.ema}
    if settings.optimizer == "sgd":
        options["momentum"] = settings.momentum
    elif settings.momentum:
        raise TrainingError(f"momentum is a setting of sgd; the optimizer is {settings.optimizer}.")
    classes = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "lion": keras.optimizers.Lion,
        "nadam": keras.optimizers.Nadam,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }
    if settings.optimizer == "adamw" and settings.weight_decay is None:
        del options["weight_decay"]  # leave Keras's own default in place
    kind = classes[settings.optimizer]
    if rates is not None and any(share != 1 for share in rates):
        kind = paced(kind, rates)
    optimizer = kind(learning_rate=rate, **options)  # type: ignore[arg-type]
    if optimizer.weight_decay:
        # shrinking a bias or the scale of a normalisation does not make a model simpler
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
