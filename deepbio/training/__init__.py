"""Training: `fit`, `finetune`, `evaluate`, `predict`, on one device or many."""

from deepbio.training.devices.strategy import choose_strategy
from deepbio.training.evaluate import Evaluation, compare, evaluate
from deepbio.training.finetuning.finetune import finetune
from deepbio.training.fit import fit
from deepbio.training.predict import predict
from deepbio.training.reading import calibrate, predict_intervals, predict_long_notes, predict_sets, strangeness
from deepbio.training.run import Run
from deepbio.training.settings import Settings
from deepbio.training.uncertainty import Uncertain

__all__ = [
    "Evaluation",
    "Run",
    "Settings",
    "Uncertain",
    "calibrate",
    "choose_strategy",
    "compare",
    "evaluate",
    "finetune",
    "fit",
    "predict",
    "predict_intervals",
    "predict_long_notes",
    "predict_sets",
    "strangeness",
]
