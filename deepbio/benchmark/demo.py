"""The demo: every family of model on its data set, with simple baselines beside it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepbio.datasets import Dataset, load_dataset
from deepbio.inference import Evaluation, compare, evaluate
from deepbio.report import Result
from deepbio.training import fit
from deepbio.zoo import get_model

# data set, model, settings of `fit` besides the model's own
DEMO: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("xor", "perceptron", {}),
    ("xor", "mlp", {}),
    ("breast_cancer", "logistic", {}),
    ("breast_cancer", "mlp", {}),
    ("uci_splice", "perceptron", {}),
    ("uci_splice", "dna_cnn", {}),
    ("ecoli_promoters", "dna_cnn", {}),
    ("digits", "lenet5", {}),
    ("digits", "image_cnn", {}),
    ("vignettes", "note_lstm", {}),
)
QUICK = (("xor", "mlp", {}), ("breast_cancer", "logistic", {}), ("digits", "image_cnn", {"epochs": 3}))


def run_demo(
    plan: Sequence[tuple[str, str, dict[str, Any]]] = DEMO,
    *,
    seed: int = 0,
    baselines: Sequence[str] = ("majority", "logistic_regression"),
    watch: Callable[[str, str], None] | None = None,
) -> list[Result]:
    """Train each model of the plan and evaluate it, and the baselines, on the test split.

    Args:
        plan: data set, model and settings of `fit`, grouped by data set.
        seed: of everything.
        baselines: names of `deepbio.benchmark.BASELINES`.
        watch: called with the names of data set and model before each starts.
    """
    results: list[Result] = []
    for name, jobs in itertools.groupby(plan, key=lambda job: job[0]):
        data = load_dataset(name)
        for model, settings in [(model, settings) for _, model, settings in jobs]:
            if watch is not None:
                watch(name, model)
            results.append(_trained(data, model, settings, seed))
        for simple in baselines:
            if watch is not None:
                watch(name, simple)
            results.append(_baseline(data, simple, seed))
    return results


def _trained(data: Dataset, name: str, settings: dict[str, Any], seed: int) -> Result:
    model = get_model(name, dataset=data, seed=seed)
    run = fit(model, data, seed=seed, verbose=False, **settings)
    found = evaluate(model, data.test)
    return _result(
        data, name, found, history=run.history, seconds=run.seconds, parameters=model.count_params(), seed=seed
    )


def _baseline(data: Dataset, name: str, seed: int) -> Result:
    from deepbio.benchmark.baselines import baseline

    start = time.perf_counter()
    p = baseline(name, data, seed=seed)
    seconds = time.perf_counter() - start
    found = compare(data.task, np.asarray(data.test.y), p, groups=data.test.groups)
    return _result(data, name, found, seconds=seconds, baseline=True, seed=seed)


def _result(data: Dataset, model: str, found: Evaluation, *, seed: int, **more: Any) -> Result:
    return Result(
        dataset=data.name,
        model=model,
        split="test",
        task=data.task,
        y=found.y,
        p=found.p,
        metrics=found.metrics,
        groups=data.test.groups,
        facts={"seed": str(seed), "training examples": str(len(data.train)), "test examples": str(len(data.test))},
        **more,
    )
