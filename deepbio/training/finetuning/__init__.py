"""Fine-tuning: the rules of `finetune`, solved probes, freezing, LoRA, averages of weights, and whether a trunk helps at all."""

from deepbio.training.averaging import interpolated, model_soup, wise_ft
from deepbio.training.finetuning.compare import APPROACHES, SMALL, Comparison, compare_approaches
from deepbio.training.finetuning.finetune import finetune
from deepbio.training.finetuning.layer_groups import GroupedLayer, layer_groups
from deepbio.training.finetuning.plan import FineTuningPlan
from deepbio.training.finetuning.probe import Probe, fit_probe
from deepbio.training.finetuning.rules import RULES, Rule, rules_table
from deepbio.training.finetuning.transferability import Transferability, h_score, log_me, transferability

__all__ = [
    "APPROACHES",
    "RULES",
    "SMALL",
    "Comparison",
    "FineTuningPlan",
    "GroupedLayer",
    "Probe",
    "Rule",
    "Transferability",
    "compare_approaches",
    "finetune",
    "fit_probe",
    "h_score",
    "interpolated",
    "layer_groups",
    "log_me",
    "model_soup",
    "rules_table",
    "transferability",
    "wise_ft",
]
