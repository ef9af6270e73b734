"""What was made for a model, such as a compiled function, and is used again until the model has changed."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

_TRACED = {"_dtype_policy", "_trainable", "_layers", "_trainable_variables", "_non_trainable_variables", "_lora_config"}
_OF_TRAINER = {
    "optimizer", "loss", "compiled", "history", "built", "stop_training", "stop_evaluating", "stop_predicting", "train_function",
    "test_function", "predict_function",
}  # fmt: skip


def kept(model: keras.Model, name: str, make: Callable[[], Any]) -> Any:
    """Return what was made for a model as it is now: from its attribute `name`, or made again once the model has changed."""
    made, before = getattr(model, name, (None, []))
    now = _traced_state(model)
    if made is None or len(before) != len(now) or not all(map(_same, before, now)):
        made = make()
        object.__setattr__(model, name, (made, now))
    return made


def _traced_state(model: keras.Model) -> list[Any]:
    """Return what a trace of the model depends on. Objects are returned themselves, so that no later object has their identity."""
    state: list[Any] = []
    for layer in model._flatten_layers():
        state.append(layer)
        for name, value in list(vars(layer).items()):
            if name in _TRACED or not (name.startswith("_") or name in _OF_TRAINER):
                state += [name, *(value if isinstance(value, (list, tuple)) else (value,))]
    return state


def _same(before: Any, now: Any) -> bool:
    plain = (bool, int, float, str, np.generic)
    return before is now or (isinstance(now, plain) and type(before) is type(now) and before == now)
