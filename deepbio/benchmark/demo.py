"""The demo: every family of models on its data set, with simple baselines beside it."""

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepbio.benchmark.baselines import baseline, baselines_of
from deepbio.datasets import Dataset, load_dataset
from deepbio.inference import compare, evaluate
from deepbio.report import Result
from deepbio.training import fit
from deepbio.zoo import get_model

# data set, model, settings of `fit` besides the model's own
DEMO: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("xor", "perceptron", {}),
    ("xor", "mlp", {}),
    ("breast_cancer", "logistic", {}),
    ("breast_cancer", "mlp", {}),
    ("diabetes", "mlp", {}),
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
    baselines: Sequence[str] = ("majority", "logistic_regression", "mean", "ridge"),
    callback: Callable[[str, str], None] | None = None,
) -> list[Result]:
    """Train each model of the plan and evaluate it, and the baselines, on the test split.

    Args:
        plan: Data set, model and settings of `fit`, grouped by data set.
        seed: Seed of everything.
        baselines: Names from `deepbio.benchmark.BASELINES`, of which each data set gets those that suit its task.
        callback: Function that is called with the names of data set and model before each starts.
    """
    results: list[Result] = []
    for name, jobs in itertools.groupby(plan, key=lambda job: job[0]):
        data = load_dataset(name)
        sizes = {"training examples": str(len(data.train)), "test examples": str(len(data.test))}
        for model, compute, settings in [(model, _train, settings) for _, model, settings in jobs] + [
            (simple, _fit_baseline, {}) for simple in baselines if simple in baselines_of(data.task.kind)
        ]:
            if callback is not None:
                callback(name, model)
            evaluation, more = compute(data, model, seed, **settings)
            facts = {"seed": str(seed), **sizes}
            results.append(Result.of(evaluation, data, model=model, split="test", facts=facts, **more))
    return results


def _train(data: Dataset, name: str, seed: int, **settings: Any):
    model = get_model(name, dataset=data, seed=seed)
    run = fit(model, data, seed=seed, verbose=False, **settings)
    more = {"history": run.history, "seconds": run.seconds, "parameters": model.count_params()}
    return evaluate(model, data.test), more


def _fit_baseline(data: Dataset, name: str, seed: int):
    start = time.perf_counter()
    p = baseline(name, data, seed=seed)
    more = {"seconds": time.perf_counter() - start, "baseline": True}
    return compare(data.task, np.asarray(data.test.y), p, groups=data.test.groups), more
