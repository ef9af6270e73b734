"""The rules by which `finetune` chooses what the caller leaves open: one table, which the code reads and the documentation prints.

Of each setting the first row whose condition is true decides. The rows were chosen on training and validation splits, or are the
published ones that their last column names; no test split was used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

METHODS = ("auto", "linear_probe", "lp_ft", "full", "lora", "custom")
LARGE = 500_000  # weights of a trunk


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    Args:
        modality: Modality of the data.
        examples: Number of training examples.
        validation: Number of validation examples.
        parameters: Number of weights of the model.
        solvable: Whether the head can be solved as a regression on embeddings.
        stepwise: Whether settings were passed that only training by gradient steps has, such as `epochs`.
        enlarged: Whether the images are smaller than those of the trunk.
    """

    modality: str = "image"
    examples: int = 0
    validation: int = 0
    parameters: int = 0
    solvable: bool = True
    stepwise: bool = False
    enlarged: bool = False


@dataclass(frozen=True)
class Rule:
    """One row: a setting, its condition, its value, and why."""

    setting: str
    when: str
    applies: Callable[[Facts], bool]
    value: Any
    why: str


def _always(facts: Facts) -> bool:
    return True


def _under(limit: int) -> Callable[[Facts], bool]:
    return lambda facts: facts.examples < limit


_COPIES = "higher AUROC on validation (BreastMNIST)"
_KUMAR = "Kumar et al. 2022, arXiv:2202.10054"

RULES = (
    Rule(
        "input_size",
        "images smaller than the trunk's",
        lambda f: f.enlarged,
        "trunk",
        "filters fit the scale they learnt",
    ),
    Rule("input_size", "else", _always, "data", "no weight depends on the size, or an adapter fits it"),
    Rule("method", "a head that is no regression on one vector", lambda f: not f.solvable, "full", "nothing to solve"),
    Rule("method", "settings of gradient steps are passed", lambda f: f.stepwise, "lp_ft", _KUMAR),
    Rule("method", "under 100 examples", _under(100), "linear_probe", "too few to change a trunk by"),
    Rule(
        "method",
        "under 5,000 examples, over 500,000 weights",
        lambda f: f.examples < 5000 and f.parameters > LARGE,
        "linear_probe",
        "one pass of the trunk instead of many",
    ),
    Rule("method", "else", _always, "lp_ft", _KUMAR),
    Rule("copies", "images, under 200 examples", lambda f: f.modality == "image" and f.examples < 200, 8, _COPIES),
    Rule("copies", "images, under 1,000 examples", lambda f: f.modality == "image" and f.examples < 1000, 2, _COPIES),
    Rule("copies", "else", _always, 1, "each example as it is"),
    Rule(
        "shrinkage",
        "images",
        lambda f: f.modality == "image",
        1000.0,
        "features that hardly vary are mostly noise; AUROC .66 to .74 with 20, .73 to .79 with 50, .78 to .82 with 100 (BreastMNIST), "
        "log loss .161 to .152 with 4,682 (PneumoniaMNIST), training and validation splits",
    ),
    Rule("shrinkage", "else", _always, 0.0, "each feature by its own standard deviation"),
    Rule("augment", "images", lambda f: f.modality == "image", "medical", "how pictures of one organ differ"),
    Rule("augment", "else", _always, "none", "strands and positions can carry the signal"),
    Rule("epochs", "under 200 examples", _under(200), 20, "about 200 steps"),
    Rule("epochs", "under 1,000 examples", _under(1000), 10, "about 200 steps"),
    Rule("epochs", "else", _always, 5, "the trunk is trained already"),
    Rule("batch_size", "under 1,000 examples", _under(1000), 16, "enough steps per epoch"),
    Rule("batch_size", "else", _always, 32, "as the architectures' own recipes"),
    Rule("learning_rate", "always", _always, 1e-4, "a tenth of training from scratch, so that features are kept"),
    Rule("layer_decay", "always", _always, 0.8, "early layers are general: Howard, Ruder 2018, arXiv:1801.06146"),
    Rule("batch_norm", "under 2,000 examples", _under(2000), "frozen", "statistics of few examples are noise"),
    Rule("batch_norm", "else", _always, "learn", "statistics of the new data"),
    Rule(
        "l2_sp",
        "under 1,000 examples",
        _under(1000),
        1e-3,
        "weights stay near their start: Li et al. 2018, arXiv:1802.01483",
    ),
    Rule("l2_sp", "else", _always, 0.0, "the data decide"),
    Rule(
        "average",
        "at least 50 validation examples",
        lambda f: f.validation >= 50,
        True,
        "WiSE-FT: the best of five mixtures of start and end: Wortsman et al. 2022, arXiv:2109.01903",
    ),
    Rule("average", "else", _always, False, "too few to choose a mixture by"),
)


def rule_for(setting: str, facts: Facts) -> Rule:
    """Return the first rule of a setting that applies."""
    return next(rule for rule in RULES if rule.setting == setting and rule.applies(facts))


def decide(setting: str, facts: Facts) -> Any:
    """Return the value of a setting: that of its first rule that applies.

    Example:
        >>> decide("method", Facts("image", examples=545, parameters=4_700_000))
        'linear_probe'
    """
    return rule_for(setting, facts).value


def rules_table() -> str:
    """Return the rules as a Markdown table, for the documentation.

    Example:
        >>> rules_table().splitlines()[0]
        '| setting | if | value | why |'
    """
    rows = [(f"`{r.setting}`", r.when, f"`{r.value}`", r.why) for r in RULES]
    lines = [("setting", "if", "value", "why"), ("---",) * 4, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("|---", "|---")
