"""A Keras model zoo for DNA, medical images, tables and clinical notes.

Importing deepbio loads neither TensorFlow nor Keras; the first name that needs them does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import wrapt

__version__ = "0.1.0"

_PUBLIC = {
    "datasets": ("list_datasets", "load_dataset"),
    "diagnosis": ("diagnose",),
    "inference": ("evaluate", "predict"),
    "training": ("finetune", "fit"),
    "zoo": ("get_model", "list_models"),
}

if TYPE_CHECKING:
    from deepbio.datasets import list_datasets, load_dataset
    from deepbio.diagnosis import diagnose
    from deepbio.inference import evaluate, predict
    from deepbio.training import finetune, fit
    from deepbio.zoo import get_model, list_models

__all__ = [
    "__version__",
    "diagnose",
    "evaluate",
    "finetune",
    "fit",
    "get_model",
    "list_datasets",
    "list_models",
    "load_dataset",
    "predict",
]


def __getattr__(name: str) -> Any:
    for room, names in _PUBLIC.items():
        if name in names:
            return getattr(importlib.import_module(f"deepbio.{room}"), name)
    raise AttributeError(f"module 'deepbio' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


@wrapt.when_imported("keras")
def _register_layers(_: Any) -> None:
    """Register the zoo's layers once Keras is there, so that `keras.models.load_model` finds them."""
    importlib.import_module("deepbio.layers")
