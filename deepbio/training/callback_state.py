"""What Keras callbacks remember: taken from their plain attributes, so that any callback survives a restart.

A callback that keeps more than numbers, text, lists and arrays may have `get_state() -> dict` and `set_state(dict)` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

_NOT_STATE = {"params", "model", "_model", "validation_data", "_chief_worker_only", "_supports_tf_logs"}


def read_callbacks(callbacks: Sequence[keras.callbacks.Callback]) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Give each callback's state as JSON, and the arrays in it by name.

    >>> stop = keras.callbacks.EarlyStopping()
    >>> stop.best, stop.best_weights = 0.25, [np.ones(2)]
    >>> facts, arrays = read_callbacks([stop])
    >>> facts[0]["best"], list(arrays)
    (0.25, ['callback/0/best_weights/0'])
    """
    facts, arrays = [], {}
    for i, callback in enumerate(callbacks):
        own = getattr(callback, "get_state", None)
        state = own() if own is not None else {k: v for k, v in vars(callback).items() if k not in _NOT_STATE}
        kept = {}
        for name, value in state.items():
            if isinstance(value, (list, tuple)) and value and all(isinstance(v, np.ndarray) for v in value):
                kept[name] = {"arrays": len(value)}
                arrays |= {f"callback/{i}/{name}/{j}": v for j, v in enumerate(value)}
            elif isinstance(value, np.ndarray) and value.ndim and value.dtype != object:
                kept[name] = {"array": True}
                arrays[f"callback/{i}/{name}"] = value
            else:
                plain = _plain(value)
                if plain is not _OTHER:
                    kept[name] = plain
        facts.append({**kept, "class": type(callback).__name__})
    return facts, arrays


def write_callbacks(
    callbacks: Sequence[keras.callbacks.Callback], facts: list[dict[str, Any]], arrays: dict[str, np.ndarray]
) -> None:
    """Give callbacks back what they remembered; those that are not the same as before are left as they are."""
    for i, (callback, kept) in enumerate(zip(callbacks, facts, strict=False)):
        if kept.get("class") != type(callback).__name__:
            continue
        state = {}
        for name, value in kept.items():
            if name == "class":
                continue
            if isinstance(value, dict) and set(value) == {"arrays"}:
                value = [arrays[f"callback/{i}/{name}/{j}"] for j in range(value["arrays"])]
            elif isinstance(value, dict) and set(value) == {"array"}:
                value = arrays[f"callback/{i}/{name}"]
            state[name] = value
        own = getattr(callback, "set_state", None)
        if own is not None:
            own(state)
        else:
            vars(callback).update(state)


_OTHER = object()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf":
        return value.item()
    if isinstance(value, (list, tuple)):
        items = [_plain(v) for v in value]
        return _OTHER if any(v is _OTHER for v in items) else items
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = {key: _plain(v) for key, v in value.items()}
        return _OTHER if any(v is _OTHER for v in items.values()) else items
    return _OTHER
