"""A Keras model zoo for DNA, medical images, tables and clinical notes.

Importing deepbio loads neither TensorFlow nor Keras; the first name that needs them does.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

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


class _KerasFinder:
    """Finds Keras as Python does, and registers the zoo's layers when it is loaded, so that `keras.models.load_model` finds them."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_register(module: Any) -> None:
                load(module)
                importlib.import_module("deepbio.layers")

            spec.loader.exec_module = load_and_register
        return spec


if "keras" in sys.modules:
    importlib.import_module("deepbio.layers")
else:
    sys.meta_path.insert(0, _KerasFinder())
