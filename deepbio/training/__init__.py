"""Training: `fit`, `evaluate`, `predict`, on one device or many."""

from deepbio.training.evaluate import Evaluation, compare, evaluate
from deepbio.training.fit import fit
from deepbio.training.predict import predict
from deepbio.training.run import Run
from deepbio.training.settings import Settings
from deepbio.training.strategy import choose_strategy

__all__ = ["Evaluation", "Run", "Settings", "choose_strategy", "compare", "evaluate", "fit", "predict"]
