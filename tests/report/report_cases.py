"""Small results of every kind of task."""

import numpy as np

from deepbio.metrics import summarize
from deepbio.report import Result
from deepbio.specs import Task

KINDS = (
    "binary",
    "multiclass",
    "many_classes",
    "multilabel",
    "regression",
    "counts",
    "per_position",
    "per_pixel",
    "profile",
)


def example(kind, *, n=60, seed=0):
    """Return a task with truth and predictions."""
    rng = np.random.default_rng(seed)
    if kind == "binary":
        return Task(kind, 1, ("benign", "malignant")), np.arange(n) % 2, rng.random((n, 1))
    if kind == "multiclass":
        return Task(kind, 3, ("N", "EI", "IE")), np.arange(n) % 3, rng.dirichlet(np.ones(3), n)
    if kind == "many_classes":
        return Task("multiclass", 20), np.arange(n) % 20, rng.dirichlet(np.ones(20), n)
    if kind == "multilabel":
        y = rng.integers(0, 2, (n, 3)).astype(float)
        y[0, 0] = np.nan
        return Task(kind, 3), y, rng.random((n, 3))
    if kind in ("regression", "counts"):
        return Task(kind, 2), rng.poisson(3, (n, 2)).astype(float), rng.gamma(2, size=(n, 2))
    if kind == "per_position":
        return Task(kind, 3), rng.integers(0, 3, (n, 20)), rng.dirichlet(np.ones(3), (n, 20))
    if kind == "per_pixel":
        return Task(kind, 3), rng.integers(0, 3, (n, 6, 5)), rng.dirichlet(np.ones(3), (n, 6, 5))
    return Task("profile", 1), rng.poisson(2, (n, 20, 1)), rng.dirichlet(np.ones(20), n)[..., None]


def result(kind="binary", *, model="mlp", dataset=None, seed=0, **more):
    """Return a result with metrics; further fields by name."""
    task, y, p = example(kind, seed=seed)
    found = summarize(task, y, p, n_resamples=20)
    return Result(dataset or kind, model, more.pop("split", "test"), task, y, p, found, **more)


HISTORY = {"loss": [0.7, 0.5, 0.4], "val_loss": [0.7, 0.6, 0.65], "val_auroc": [0.6, 0.8, 0.7], "seconds": [1.0] * 3}
