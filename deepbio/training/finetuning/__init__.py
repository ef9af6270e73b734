"""Fine-tuning: freezing, gradual unfreezing, learning rates by depth, LoRA, and what it gains over training anew."""

from deepbio.training.finetuning.approaches import APPROACHES, compare_approaches
from deepbio.training.finetuning.finetune import finetune
from deepbio.training.finetuning.layer_groups import Unit, units_of
from deepbio.training.finetuning.tuning import Tuning

__all__ = ["APPROACHES", "Tuning", "Unit", "compare_approaches", "finetune", "units_of"]
