"""A Keras model zoo for DNA, medical images, tables and clinical notes.

Importing deepbio loads neither TensorFlow nor Keras; the first name that needs them does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "diagnose": "deepbio.diagnosis",
    "evaluate": "deepbio.inference",
    "finetune": "deepbio.training",
    "fit": "deepbio.training",
    "get_model": "deepbio.zoo",
    "list_datasets": "deepbio.datasets",
    "list_models": "deepbio.zoo",
    "load_dataset": "deepbio.datasets",
    "predict": "deepbio.inference",
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
    if name not in _PUBLIC:
        raise AttributeError(f"module 'deepbio' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
