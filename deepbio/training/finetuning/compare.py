"""`compare_approaches`: several ways to train on one data set, side by side, and which way pays on the validation split."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

import keras
import numpy as np

from deepbio.datasets import Dataset
from deepbio.errors import ModelError, TrainingError, nearest
from deepbio.metrics import Estimate, default_metrics, direction, metric, paired_bootstrap
from deepbio.metrics.resampling import shared_groups
from deepbio.training.finetuning.finetune import finetune, stepwise
from deepbio.training.finetuning.probe import can_be_solved
from deepbio.training.finetuning.start import starting_point
from deepbio.training.fit import fit
from deepbio.training.run import Run, run_result, write_results
from deepbio.training.settings import FitOptions

log = logging.getLogger("deepbio")

APPROACHES: Mapping[str, dict[str, Any] | None] = {
    "scratch": None,
    "linear_probe": {"method": "linear_probe"},
    "lp_ft": {"method": "lp_ft"},
    "full": {"method": "full"},
    "lora": {"method": "lora"},
}


_DECISIVE = ["auroc", "macro_auroc"]


class Comparison(dict[str, Run]):
    """Runs by approach, and what the validation split says of them.

    Attributes:
        metric: Name of the metric that decides: the AUROC of classes and labels, otherwise the first of the task.
        best: Approach with the best value of it.
        gains: Approach to its value less that of `"scratch"`, better when positive, with a 95% interval from resampled validation
            examples, the same for both (whole groups, if the split has any); empty without `"scratch"`.
        advice: One sentence.
    """

    def __init__(self, runs: Mapping[str, Run], data: Dataset) -> None:
        super().__init__(runs)
        shared = [name for name in _DECISIVE if all(name in run.valid.metrics for run in runs.values())]
        self.metric = [*shared, *default_metrics(data.task)][0]
        sign = -1.0 if direction(self.metric) == "min" else 1.0
        values = {name: sign * run.valid[self.metric].value for name, run in runs.items()}
        self.best = max(values, key=lambda name: values[name] if np.isfinite(values[name]) else -np.inf)
        self.gains: dict[str, Estimate] = {}
        if "scratch" in runs:
            self.gains = {
                name: _gain(run, runs["scratch"], self.metric, sign, data.valid.groups)
                for name, run in runs.items()
                if name != "scratch"
            }
        self.advice = self._advice()

    def _advice(self) -> str:
        if "scratch" not in self:
            return f"Best on the validation split by {self.metric}: {self.best}."
        if self.best == "scratch":
            return f"Training from scratch is best on the validation split ({self.metric}): these weights do not help here."
        gain = self.gains[self.best]
        sure = " The interval includes zero: more validation examples would narrow it." if gain.low <= 0 else ""
        return f"{self.best} is best on the validation split: {self.metric} over training from scratch {gain}.{sure}"


def _gain(run: Run, scratch: Run, chosen: str, sign: float, groups: np.ndarray | None) -> Estimate:
    """Return the gain over scratch with the interval of a paired bootstrap."""
    own, base = run.valid, scratch.valid
    change = paired_bootstrap(
        metric(chosen).function, own.y, own.p, base.p, n_resamples=500, seed=0, groups=shared_groups(groups)
    ).difference
    low, high = sorted((sign * change.low, sign * change.high))
    return Estimate(sign * change.value, low, high, change.reason)


def compare_approaches(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    approaches: Sequence[str] = ("scratch", "linear_probe", "lp_ft", "full"),
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    adapter: str = "auto",
    **options: Unpack[FitOptions],
) -> Comparison:
    """Train the same architecture in several ways, say which way pays on the validation split, and write one report.

    Args:
        model_or_name: What `finetune` takes.
        data: New data. The test split is not used.
        approaches: Names in `APPROACHES`: `"scratch"` (fresh weights, the architecture's own settings), `"linear_probe"` (only the
            head, solved), `"lp_ft"` (the same, then everything learns), `"full"` (everything learns from a random head) and
            `"lora"` (rank 8). A linear probe is left out if the head cannot be solved.
        out: Folder for one run each and a `report.html` of all.
        seed: Seed of new weights, the order of examples and dropout.
        adapter: See `finetune`.
        **options: Keywords of `deepbio.fit`, the same for all that are trained by steps.

    Returns:
        Mapping of approach to run, with `best`, `gains` and `advice`. The advice is logged, too.

    Raises:
        TrainingError: An approach is unknown; else as `finetune`.
    """
    for name in approaches:
        if name not in APPROACHES:
            raise TrainingError(f"Unknown approach {name!r}. {nearest(name, APPROACHES)}")
    start = starting_point(model_or_name, data, head="new", adapter=adapter, seed=seed)
    solvable = can_be_solved(start.model, data.task) and len(start.fresh) <= 1
    steps, runs = stepwise(options), {}
    for name in approaches:
        how = APPROACHES[name]
        folder = None if out is None else Path(out) / name
        if not solvable and name in ("linear_probe", "lp_ft"):
            log.warning("%s is left out: the head of this model cannot be solved.", name)
        elif how is not None:
            own: Any = {k: v for k, v in options.items() if name != "linear_probe" or k not in steps}
            runs[name] = finetune(model_or_name, data, adapter=adapter, seed=seed, out=folder, **how, **own)
        elif start.scratch is None:
            raise ModelError(
                "deepbio did not build this model, so it has no network with fresh weights. Leave out 'scratch'."
            )
        else:
            runs[name] = fit(start.scratch(), data, out=folder, seed=seed, **options)
    found = Comparison(runs, data)
    log.info("%s", found.advice)
    if out is not None:
        results = [run_result(run, data, model=name.replace("_", " ")) for name, run in runs.items()]
        write_results(results, data, Path(out), title=f"Ways to train on {data.name}")
    return found
