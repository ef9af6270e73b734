"""The model zoo: `get_model`, `list_models`, presets."""

from deepbio.zoo.dna.one_hot_model import one_hot_model
from deepbio.zoo.get_model import get_model
from deepbio.zoo.golden_outputs import check_golden_outputs
from deepbio.zoo.load_preset import load_preset
from deepbio.zoo.postprocessing import Conformal, Postprocessing
from deepbio.zoo.preset import read_preset, save_preset, weights_hash, write_postprocessing
from deepbio.zoo.record import ModelRecord, describe
from deepbio.zoo.registry import ModelSpec, list_models, model_spec, register
from deepbio.zoo.word_vectors import load_word_vectors

__all__ = [
    "Conformal",
    "ModelRecord",
    "ModelSpec",
    "Postprocessing",
    "check_golden_outputs",
    "describe",
    "get_model",
    "list_models",
    "load_preset",
    "load_word_vectors",
    "model_spec",
    "one_hot_model",
    "read_preset",
    "register",
    "save_preset",
    "weights_hash",
    "write_postprocessing",
]
