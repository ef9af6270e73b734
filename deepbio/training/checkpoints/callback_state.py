"""State of Keras callbacks, read from their plain attributes, so that any callback survives a restart.

Arguments of a callback's constructor are not its progress: they stay as the resumed run passes them.

A callback that stores more than numbers, text, lists and arrays may define `get_state() -> dict` and `set_state(dict)` instead.
"""

import inspect
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

log = logging.getLogger("deepbio")
_NOT_STATE = {
    "params",
    "model",
    "_model",
    "validation_data",
    "_chief_worker_only",
    "_supports_tf_logs",
    "append_header",
}
_PATH = re.compile(r"path|dir|file|url|root|^__", re.IGNORECASE)
_OTHER = object()


def read_callbacks(callbacks: Sequence[keras.callbacks.Callback]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the state of each callback as JSON-able values, and the arrays in it by name.

    Example:
        >>> stop = keras.callbacks.EarlyStopping()
        >>> stop.best, stop.best_weights = 0.25, [np.ones(2)]
        >>> facts, arrays = read_callbacks([stop])
        >>> facts["EarlyStopping 1"]["best"], list(arrays)
        (0.25, ['callback/EarlyStopping 1/best_weights/0'])
    """
    facts, arrays = {}, {}
    for key, callback in _named(callbacks):
        own = getattr(callback, "get_state", None)
        state = own() if own is not None else {k: v for k, v in vars(callback).items() if k not in _NOT_STATE}
        facts[key] = {}
        for name, value in state.items():
            place = f"callback/{key}/{name}"
            if isinstance(value, (list, tuple)) and value and all(isinstance(v, np.ndarray) for v in value):
                facts[key][name] = {"arrays": len(value)}
                arrays |= {f"{place}/{j}": v for j, v in enumerate(value)}
            elif isinstance(value, np.ndarray) and value.ndim and value.dtype != object:
                facts[key][name] = {"array": True}
                arrays[place] = value
            elif (plain := _plain(value)) is not _OTHER:
                facts[key][name] = plain
    return facts, arrays


def write_callbacks(
    callbacks: Sequence[keras.callbacks.Callback], facts: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Set callbacks to the progress that `read_callbacks` returned. Callbacks without a stored state are left as they are.

    An argument of a callback's constructor that differs from the stored one is kept as it is now, and logged.
    Paths, methods and attributes of another kind keep their value: a checkpoint must not decide where a callback writes.
    """
    for key, callback in _named(callbacks):
        state = {}
        for name, value in facts.get(key, {}).items():
            place = f"callback/{key}/{name}"
            if isinstance(value, dict) and set(value) == {"arrays"}:
                value = [arrays[f"{place}/{j}"] for j in range(value["arrays"]) if f"{place}/{j}" in arrays]
            elif isinstance(value, dict) and set(value) == {"array"}:
                value = arrays.get(place)
            state[name] = value
        own = getattr(callback, "set_state", None)
        if own is None:
            for name in _arguments(callback) & state.keys():
                before, now = state.pop(name), _plain(getattr(callback, name, None))
                if now is not _OTHER and before != now:
                    log.info("%s: %s is %r from here on; the run began with %r.", key, name, now, before)
            vars(callback).update({k: v for k, v in state.items() if _may_change(callback, k, v)})
        elif key in facts:
            own(state)


def _may_change(callback: keras.callbacks.Callback, name: str, value: Any) -> bool:
    if _PATH.search(name) or name in _NOT_STATE or callable(getattr(type(callback), name, None)):
        return False
    now = vars(callback).get(name, value)
    return not callable(now) and (value is None or now is None or isinstance(value, str) == isinstance(now, str))


def _named(callbacks: Sequence[keras.callbacks.Callback]) -> Iterator[tuple[str, keras.callbacks.Callback]]:
    """Yield each callback with a name from its class and its rank in that class, so that others may be added or removed."""
    seen: Counter[str] = Counter()
    for callback in callbacks:
        name = type(callback).__name__
        seen[name] += 1
        yield f"{name} {seen[name]}", callback


def _arguments(callback: keras.callbacks.Callback) -> set[str]:
    """Return the names of the constructor's arguments, those of its base classes included."""
    kinds = [kind for kind in type(callback).__mro__ if "__init__" in vars(kind) and kind is not object]
    return {name for kind in kinds for name in inspect.signature(kind.__init__).parameters} - {"self"}


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
