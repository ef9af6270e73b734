"""Fine-tuning: freezing, gradual unfreezing, layer-wise learning rates, LoRA, and what it gains over training from scratch."""

from deepbio.training.finetuning.finetune import APPROACHES, compare_approaches, finetune
from deepbio.training.finetuning.layer_groups import GroupedLayer, layer_groups
from deepbio.training.finetuning.plan import FineTuningPlan

__all__ = ["APPROACHES", "FineTuningPlan", "GroupedLayer", "compare_approaches", "finetune", "layer_groups"]
