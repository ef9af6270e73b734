"""Resuming a run: which run a checkpoint belongs to, and one checkpoint for all workers."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from deepbio.datasets import Dataset, Split
from deepbio.devices.cluster import Cluster
from deepbio.errors import TrainingError
from deepbio.training.checkpoints.checkpoint import Checkpoints, State
from deepbio.training.settings import Settings
from deepbio.zoo import describe

SAMPLE = 64  # examples of each split that are compared to see whether the data are the same


def run_identity(model: keras.Model, data: Dataset, settings: Settings, *, seed: int) -> dict[str, Any]:
    """Return the identity of a run as JSON-able values: model, data, settings and seed."""
    record = describe(model)
    shapes = [list(w.shape) for w in model.weights]
    samples = {"train": _sample(data.train), "valid": _sample(data.valid)}
    identity = {
        "model": {"architecture": record.architecture, "config": record.config, "weights": shapes},
        "data": {"name": data.name, "options": data.options, "task": data.task.to_dict(), **samples},
        "settings": settings.to_dict(),
        "seed": seed,
    }
    identity = json.loads(json.dumps(identity, default=str))
    for name in ("optimizer", "loss"):  # Keras counts the objects of a process in their names
        value = identity["settings"].get(name)
        if isinstance(value, dict) and isinstance(value["config"], dict):
            value["config"].pop("name", None)
    return identity


def latest_for(checkpoints: Checkpoints, run: Mapping[str, Any], cluster: Cluster) -> State | None:
    """Return the chief's newest checkpoint on every worker; `None` if there is none.

    Raises:
        TrainingError: The checkpoint belongs to another run (the message names the differences) or has another format.
    """
    state, problem = None, ""
    try:
        state = checkpoints.latest() if cluster.is_chief else None
    except TrainingError as error:
        problem = str(error)
    if problem := cluster.text_from_chief(problem):  # every worker stops, or none
        raise TrainingError(problem)
    if cluster.workers > 1:
        state = _from_chief(state, cluster)
    if state is None:
        return None
    # a setting that is newer than the checkpoint was at its default, which changes nothing
    before, now = ({**r, "settings": {**Settings().to_dict(), **r["settings"]}} for r in (state.run, run))
    differences = [d for d in _differences(before, now) if not _only_longer(d, before, now)]
    if differences:
        raise TrainingError(
            f"The checkpoints in {checkpoints.folder} are of another run; they differ in {', '.join(differences[:5])}. "
            "Resume with what the run began with, choose another folder, or pass overwrite=True (--overwrite) to start again."
        )
    return state


def _from_chief(state: State | None, cluster: Cluster) -> State | None:
    own, outline = {}, ""
    if state is not None:
        own = {"losses": state.losses, **state.arrays}
        shapes = {name: [array.dtype.str, array.shape] for name, array in own.items()}
        outline = json.dumps({"run": state.run, "epoch": state.epoch, "facts": state.facts, "arrays": shapes})
    outline = cluster.text_from_chief(outline)
    if not outline:
        return None
    found = json.loads(outline)
    room = [own[name] if name in own else np.zeros(shape, dtype) for name, (dtype, shape) in found["arrays"].items()]
    arrays = dict(zip(found["arrays"], cluster.from_chief(room), strict=True))
    return State(found["run"], found["epoch"], arrays.pop("losses"), found["facts"], arrays)


def _differences(one: Any, other: Any, name: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [d for key in keys for d in _differences(one.get(key), other.get(key), f"{name}.{key}".lstrip("."))]
    return [] if one == other else [name]


def _only_longer(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether only the number of epochs grew, which changes nothing so far unless the schedule depends on it."""
    before, now = one["settings"], other["settings"]
    return name == "settings.epochs" and now["epochs"] > before["epochs"] and now["schedule"] != "cosine"


def _sample(split: Split) -> dict[str, Any]:
    size = len(split.x)  # of a stream, its first batch
    chosen = np.unique(np.linspace(0, size - 1, min(SAMPLE, size)).astype(np.int64))
    digest = hashlib.sha256()
    weights = () if split.sample_weight is None else (split.sample_weight[chosen],)
    for values in (split.x[chosen], np.asarray(split.y[chosen]), *weights):
        digest.update(f"{values.dtype} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return {"examples": size, "sample": digest.hexdigest()}
