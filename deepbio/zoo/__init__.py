"""The model zoo: `get_model`, `list_models`, presets."""

from deepbio.zoo.expectation import check_expectation
from deepbio.zoo.features import Feature, features_of, list_features
from deepbio.zoo.get_model import get_model
from deepbio.zoo.one_hot_model import one_hot_model
from deepbio.zoo.preset import load_preset, read_preset, save_preset, weights_hash, write_readout
from deepbio.zoo.readout import Conformal, Readout
from deepbio.zoo.record import ModelRecord, describe
from deepbio.zoo.registry import ModelSpec, list_models, model_spec, register
from deepbio.zoo.word_vectors import load_word_vectors

__all__ = [
    "Conformal",
    "Feature",
    "ModelRecord",
    "ModelSpec",
    "Readout",
    "check_expectation",
    "describe",
    "features_of",
    "get_model",
    "list_features",
    "list_models",
    "load_preset",
    "load_word_vectors",
    "model_spec",
    "one_hot_model",
    "read_preset",
    "register",
    "save_preset",
    "weights_hash",
    "write_readout",
]
