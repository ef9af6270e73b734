"""Training: `fit` and `finetune`, on one device or many."""

from deepbio.training.finetuning.finetune import finetune
from deepbio.training.fit import fit
from deepbio.training.run import Run
from deepbio.training.settings import Settings

__all__ = ["Run", "Settings", "finetune", "fit"]
