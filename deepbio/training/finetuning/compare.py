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
from deepbio.metrics.groups import shared_groups
from deepbio.training.finetuning.finetune import finetune, stepwise
from deepbio.training.finetuning.probe import can_be_solved
from deepbio.training.finetuning.start import starting_point
from deepbio.training.fit import fit
from deepbio.training.keras_objects import unknown_setting
from deepbio.training.run import Run, run_result, write_results
from deepbio.training.settings import FitOptions
from deepbio.zoo import get_model, list_models, model_spec

log = logging.getLogger("deepbio")

APPROACHES: Mapping[str, dict[str, Any] | None] = {
    "scratch": None,
    "linear_probe": {"method": "linear_probe"},
    "lp_ft": {"method": "lp_ft"},
    "full": {"method": "full"},
    "lora": {"method": "lora"},
}
SMALL: Mapping[str, str] = {"image": "image_cnn", "dna": "dna_cnn", "text": "note_lstm", "table": "mlp"}
"""Architecture of each modality whose fresh weights large pretrained ones should beat."""

_DECISIVE = ["auroc", "macro_auroc"]


class Comparison(dict[str, Run]):
    """Runs by approach, and what the validation split says of them.

    Differences are paired: 95% intervals of a metric's difference over the same resampled validation examples (whole groups, if the
    split has any).

    Attributes:
        metric: Name of the metric that decides: the AUROC of classes and labels, otherwise the first of the task that is defined
            for every run.
        best: Approach with the best value of it.
        tied: Other approaches that are not significantly worse, best first: the interval of the difference from `best` includes
            zero, or there are too few validation examples for an interval.
        lead: Difference of the best approach that uses the trained weights from the best one with fresh weights, better when
            positive; `None` if only one of the two kinds was compared.
        gains: Approach to its difference from `"scratch"`, better when positive; empty without `"scratch"`.
        advice: One or two sentences.
    """

    def __init__(self, runs: Mapping[str, Run], data: Dataset) -> None:
        super().__init__(runs)
        names = [
            name
            for name in (*_DECISIVE, *default_metrics(data.task))
            if all(name in r.valid.metrics for r in runs.values())
        ]
        self.metric = next((n for n in names if all(np.isfinite(_value(run, n)) for run in runs.values())), names[0])
        self._groups, self._examples = data.valid.groups, len(data.valid)
        values = {name: _value(run, self.metric) for name, run in runs.items()}
        ranked = sorted(values, key=lambda name: values[name] if np.isfinite(values[name]) else -np.inf, reverse=True)
        self.best = ranked[0]
        self.tied = tuple(name for name in ranked[1:] if not self.difference(self.best, name).low > 0)
        trained = [name for name in ranked if uses_weights(name)]
        fresh = [name for name in ranked if not uses_weights(name)]
        self._tops = (trained[0], fresh[0]) if trained and fresh else None
        self.lead = self.difference(*self._tops) if self._tops else None
        self.gains: dict[str, Estimate] = {}
        if "scratch" in runs:
            self.gains = {name: self.difference(name, "scratch") for name in runs if name != "scratch"}
        self.advice = self._advice()

    def difference(self, first: str, second: str) -> Estimate:
        """Return the metric of the first approach less that of the second, better when positive, with a paired interval."""
        own, base = self[first].valid, self[second].valid
        change = paired_bootstrap(
            metric(self.metric).function, own.y, own.p, base.p,
            n_resamples=500, seed=0, groups=shared_groups(self._groups),
        ).difference  # fmt: skip
        sign = _sign(self.metric)
        low, high = sorted((sign * change.low, sign * change.high))
        return Estimate(sign * change.value, low, high, change.reason)

    def _advice(self) -> str:
        where = f"the {self._examples} validation examples"
        if not np.isfinite(_value(self[self.best], self.metric)):
            return f"No advice: {self.metric} is undefined on {where}. They need examples of every class."
        if self.lead is None or self._tops is None:
            no = f" Not significantly worse: {', '.join(self.tied)}." if self.tied else ""
            return f"Best on {where} by {self.metric}: {self.best}.{no}"
        best, fresh = self._tops
        fresh = "training" if fresh == "scratch" else f"training {fresh}"
        if self.lead.low > 0:
            others = [name for name in self.tied if uses_weights(name)]
            no = f" Not significantly worse: {', '.join(others)}." if others else ""
            return f"{best} is better than {fresh} from scratch on {where}: {self.metric} {_signed(self.lead)}.{no}"
        if self.lead.high < 0:
            return (
                f"{fresh.capitalize()} from scratch is better than {best} on {where}: {self.metric} "
                f"{_signed(_opposite(self.lead))}. These weights do not help here."
            )
        return (
            f"No significant difference between {best} and {fresh} from scratch on {where}: {self.metric} "
            f"{_signed(self.lead)}. More validation examples would narrow the interval."
        )


def uses_weights(approach: str) -> bool:
    """Return whether an approach starts from the trained weights, not from fresh ones."""
    return APPROACHES.get(approach) is not None


def _sign(name: str) -> float:
    return -1.0 if direction(name) == "min" else 1.0


def _value(run: Run, name: str) -> float:
    """Return a metric on the validation split, higher when better."""
    return _sign(name) * run.valid[name].value


def _opposite(change: Estimate) -> Estimate:
    return Estimate(-change.value, -change.high, -change.low, change.reason)


def _signed(change: Estimate) -> str:
    """Return a difference as text, with a sign before a gain."""
    return f"{'+' if change.value > 0 else ''}{change}"


def compare_approaches(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    approaches: Sequence[str] = ("scratch", "linear_probe", "lp_ft", "full"),
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    adapter: str = "auto",
    member: int | None = None,
    **options: Unpack[FitOptions],
) -> Comparison:
    """Train the same architecture in several ways, say which way pays on the validation split, and write one report.

    Args:
        model_or_name: What `finetune` takes.
        data: New data. The test split is not used.
        approaches: Names in `APPROACHES`: `"scratch"` (fresh weights, the architecture's own settings), `"linear_probe"` (only the
            head, solved), `"lp_ft"` (the same, then everything learns), `"full"` (everything learns from a random head) and
            `"lora"` (rank 8). A linear probe is left out if the head cannot be solved. Any other name is an architecture that is
            trained from fresh weights, such as `"image_cnn"`: with few images, a small network can beat large pretrained ones.
        out: Folder for one run each and a `report.html` of all.
        seed: Seed of new weights, the order of examples and dropout.
        adapter, member: See `finetune`.
        **options: Keywords of `deepbio.fit`, the same for all that are trained by steps.

    Returns:
        Mapping of approach to run, with `best`, `gains` and `advice`. The advice is logged, too.

    Raises:
        TrainingError: An approach or setting is unknown, or no approach is left; else as `finetune`.
        ModelError: An architecture does not fit the data.
    """
    approaches = _checked(approaches, data)
    for name in options:
        if name not in FitOptions.__annotations__:
            raise TrainingError(unknown_setting(name, FitOptions.__annotations__))
    start = starting_point(model_or_name, data, head="new", adapter=adapter, seed=seed, member=member)
    solvable = can_be_solved(start.model, data.task) and len(start.fresh) <= 1
    steps, runs = stepwise(options), {}
    for name in approaches:
        how = APPROACHES.get(name)
        folder = None if out is None else Path(out) / name
        if not solvable and name in ("linear_probe", "lp_ft"):
            log.warning("%s is left out: the head of this model cannot be solved.", name)
        elif how is not None:
            own: Any = {k: v for k, v in options.items() if name != "linear_probe" or k not in steps}
            runs[name] = finetune(
                model_or_name, data, adapter=adapter, member=member, seed=seed, out=folder, **how, **own
            )
        elif name not in APPROACHES:
            runs[name] = fit(get_model(name, dataset=data, seed=seed), data, out=folder, seed=seed, **options)
        elif start.scratch is None:
            raise ModelError(
                "deepbio did not build this model, so it has no network with fresh weights. Leave out 'scratch'."
            )
        else:
            runs[name] = fit(start.scratch(), data, out=folder, seed=seed, **options)
    if not runs:
        raise TrainingError(
            f"None of {', '.join(approaches)} suits this model. Compare 'scratch' and 'full', for example."
        )
    found = Comparison(runs, data)
    log.info("%s", found.advice)
    if out is not None:
        results = [run_result(run, data, model=name.replace("_", " ")) for name, run in runs.items()]
        write_results(results, data, Path(out), title=f"Ways to train on {data.name}")
    return found


def _checked(approaches: Sequence[str], data: Dataset) -> list[str]:
    """Return the approaches, each once, after a check that each is known and suits the modality."""
    if isinstance(approaches, str) or not approaches:
        raise TrainingError(
            f"approaches is a list of names, such as ['scratch', 'linear_probe']; received {approaches!r}."
        )
    for name in approaches:
        if name in APPROACHES:
            continue
        if name not in list_models():
            raise TrainingError(f"Unknown approach {name!r}. {nearest(name, (*APPROACHES, *list_models()))}")
        if data.input.modality not in model_spec(name).modality:
            raise ModelError(
                f"{name} takes {' or '.join(model_spec(name).modality)}; {data.name} is {data.input.modality}. A small network for "
                f"it: {SMALL[data.input.modality]}."
            )
    return list(dict.fromkeys(approaches))
