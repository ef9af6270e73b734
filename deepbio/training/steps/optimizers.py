"""Optimizers: Keras's own by name, the user's from its config, and layer-wise learning rates for each."""

from collections.abc import Sequence
from typing import Any

import keras

from deepbio.errors import TrainingError
from deepbio.training.settings import Settings

_KINDS = ("Adam", "AdamW", "Lion", "Nadam", "RMSprop", "SGD")
_CLASSES: dict[str, type[Any]] = {name.lower(): getattr(keras.optimizers, name) for name in _KINDS}


def make_optimizer(
    settings: Settings, *, steps: int, rates: Sequence[float] | None = None
) -> keras.optimizers.Optimizer:
    """Return a new optimizer, in the scope of the current strategy, for a run of `steps` steps.

    Args:
        settings: Settings that name an optimizer or contain one, which is copied from its config and never touched.
        steps: Number of steps of the whole run, for the cosine schedule.
        rates: Factor on the learning rate for each variable that the optimizer will be built with; `None` for no factors.
    """
    own = None if isinstance(settings.optimizer, str) else settings.optimizer
    kind = _CLASSES[settings.optimizer] if own is None else type(own)
    if rates is not None and any(rate != 1 for rate in rates):
        kind = with_layerwise_rates(kind, rates)
    optimizer = kind(**_options(settings, steps)) if own is None else kind.from_config(_config(own))
    if settings.schedule == "plateau" and not isinstance(optimizer._learning_rate, keras.Variable):  # type: ignore[attr-defined]
        raise TrainingError(
            "schedule='plateau' halves a constant learning rate; the learning rate is a schedule. Leave one out."
        )
    if own is None:
        if optimizer.weight_decay:
            # shrinking a bias or the scale of a normalisation does not make a model simpler
            optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer
    for name in ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern"):  # not part of a config
        if hasattr(own, name):
            setattr(optimizer, name, getattr(own, name))
    return optimizer


def _options(settings: Settings, steps: int) -> dict[str, Any]:
    rate, warmup = settings.learning_rate, round(settings.warmup * steps)
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else rate, max(steps - warmup, 1), warmup_target=rate if warmup else None, warmup_steps=warmup
        )
    options: dict[str, Any] = {"learning_rate": rate, "global_clipnorm": settings.clip_norm}
    if settings.optimizer != "adamw" or settings.weight_decay is not None:  # AdamW has a default of its own
        options["weight_decay"] = settings.weight_decay
    if settings.ema is not None:
        options |= {"use_ema": True, "ema_momentum": settings.ema}
    if settings.optimizer == "sgd":
        options["momentum"] = settings.momentum
    elif settings.momentum:
        raise TrainingError(f"momentum is a setting of sgd; the optimizer is {settings.optimizer}.")
    return options


def _config(own: keras.optimizers.Optimizer) -> dict[str, Any]:
    if isinstance(own, keras.optimizers.LossScaleOptimizer) or own.loss_scale_factor:
        raise TrainingError(
            "fit scales the loss itself under precision='mixed_float16'. Pass the optimizer without LossScaleOptimizer and "
            "loss_scale_factor."
        )
    config, rate = dict(own.get_config()), own._learning_rate  # type: ignore[attr-defined]
    return config if isinstance(rate, keras.Variable) else {**config, "learning_rate": rate}


def with_layerwise_rates(optimizer: type[Any], rates: Sequence[float]) -> type[Any]:
    """Return a subclass of a Keras optimizer that multiplies the step and the weight decay of each variable by its rate.

    The factor is on the step, because Adam divides by the size of the gradient and so would cancel a factor on the gradient.

    Args:
        optimizer: Class whose `update_step` is proportional to the learning rate, as in Keras's own optimizers.
        rates: One factor for each variable that the optimizer will be built with.

    Example:
        >>> import keras
        >>> variables = [keras.Variable([1.0]), keras.Variable([1.0])]
        >>> slow = with_layerwise_rates(keras.optimizers.SGD, [1.0, 0.5])(learning_rate=0.1)
        >>> slow.build(variables)
        >>> slow.apply([keras.ops.array([1.0]), keras.ops.array([1.0])], variables)
        >>> [round(float(v.numpy()[0]), 6) for v in variables]
        [0.9, 0.95]
    """

    class Layerwise(optimizer):
        def update_step(self, gradient, variable, learning_rate):
            rate = rates[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate * rate)

        def _apply_weight_decay(self, variables):
            whole = self.weight_decay
            if whole is None:
                return
            at = {rate: [v for v in variables if rates[self._get_variable_index(v)] == rate] for rate in rates}
            try:
                for rate, some in at.items():
                    self.weight_decay = whole * rate
                    super()._apply_weight_decay(some)
            finally:
                self.weight_decay = whole

    Layerwise.__name__ = optimizer.__name__
    return Layerwise
