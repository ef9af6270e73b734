"""Splice junctions of UCI: 10-fold cross-validation grouped by sequence, beside the rows of 1991.

    python benchmarks/uci_splice.py [--seeds 0 1 2] [--cache FOLDER] [--out benchmarks/results/uci_splice.md]

Folds are the same for all methods. Inside each training fold, `dna_cnn` tries three settings on 85% of the groups, keeps the one
that is right most often on the other 15%, and trains with it on 95%; `fit` monitors the rest. The test fold is predicted once.
The architecture was designed by cross-validation inside the training part of one fold of this set.
"""

import time
from collections import Counter
from functools import partial

import numpy as np
from _table import Cache, script, table, write_page

import deepbio
from deepbio.benchmark import fit_fold, merge_splits
from deepbio.benchmark.baselines import flat_features
from deepbio.datasets import Dataset, Split, grouped_folds, load_dataset
from deepbio.metrics import accuracy, mcnemar, paired_bootstrap

# error in percent for N, EI, IE; from the notes of the UCI repository on the set (1,000 examples of it)
ROWS_OF_1991 = {
    "KBANN": (4.62, 7.56, 8.47),
    "back-propagation": (5.29, 5.74, 10.75),
    "PEBLS": (6.86, 8.18, 7.55),
    "perceptron": (3.99, 16.32, 17.41),
    "ID3": (8.84, 10.58, 13.99),
    "nearest neighbour": (31.11, 11.65, 9.09),
}
CANDIDATES = {"dna_cnn": ({}, {"label_smoothing": 0.0}, {"epochs": 20}), "perceptron": ({},)}


def trained(name: str, data: Dataset, every: Split, folds, seed: int) -> dict:
    start, p, chosen = time.perf_counter(), np.zeros((len(every), 3)), []
    for k, (train, test) in enumerate(folds):
        best = CANDIDATES[name][0]
        if len(CANDIDATES[name]) > 1:
            fit = partial(fit_fold, name, data, every, train, seed=seed, validation_fraction=0.15, salt=f"choose-{k}")
            valid = [fit(**candidate).valid for candidate in CANDIDATES[name]]
            score = [(found["accuracy"].value, -found["log_loss"].value) for found in valid]
            best = CANDIDATES[name][score.index(max(score))]
            chosen.append(str(best))
        run = fit_fold(name, data, every, train, seed=seed, salt=f"train-{k}", **best)
        p[test] = deepbio.predict(run.model, every.take(test))
    return {"p": p, "chosen": np.array(chosen, dtype=str), "seconds": time.perf_counter() - start}


def simple(data: Dataset, every: Split, folds, classifier) -> dict:
    start, x, p = time.perf_counter(), flat_features(data.input, every.x), np.zeros((len(every), 3))
    for train, test in folds:
        p[test] = classifier.fit(x[train], every.y[train]).predict_proba(x[test])
    return {"p": p, "chosen": np.array([], dtype=str), "seconds": time.perf_counter() - start}


def row(name: str, y: np.ndarray, found: list[dict]) -> list[str]:
    right = np.array([one["p"].argmax(1) == y for one in found])
    percent = 100 * right.mean(axis=1)
    errors = [f"{100 * (1 - right[:, y == k].mean()):.2f}" for k in range(3)]
    seconds = f"{np.mean([one['seconds'] for one in found]) / 10:.1f}"
    return [name, f"{percent.mean():.2f}", f"{percent.min():.2f} to {percent.max():.2f}", *errors, seconds]


def compared(every: Split, name: str, seed: int, ours: dict, other: dict) -> list[str]:
    a, b = ours["p"].argmax(1), other["p"].argmax(1)
    # accuracy takes one column per class
    d = paired_bootstrap(
        accuracy, every.y, np.eye(3)[a], np.eye(3)[b], groups=every.groups, n_resamples=2000, seed=0
    ).difference
    p_value = mcnemar(a == every.y, b == every.y).p_value
    return [name, str(seed), f"{100 * d.value:.2f} [{100 * d.low:.2f}, {100 * d.high:.2f}]", f"{p_value:.1e}"]


@script(__doc__, cache=True, seeds=[0, 1, 2])
def main(arguments):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    data, cache = load_dataset("uci_splice"), Cache(arguments)
    every = merge_splits(data)
    found: dict[str, list[dict]] = {}
    for seed in arguments.seeds:
        folds = grouped_folds(every.y, every.groups, folds=10, seed=seed)
        forest = RandomForestClassifier(500, random_state=seed, n_jobs=-1)
        methods = {
            "`dna_cnn`": partial(trained, "dna_cnn", data, every, folds, seed),
            "`perceptron`": partial(trained, "perceptron", data, every, folds, seed),
            "logistic regression, C=0.1": partial(simple, data, every, folds, LogisticRegression(C=0.1, max_iter=5000)),
            "random forest, 500 trees": partial(simple, data, every, folds, forest),
        }
        for name, run in methods.items():
            found.setdefault(name, []).append(cache(f"{name.strip('`')}-{seed}", run) or {})
    cache.stop_if_incomplete()
    rows = [row(name, every.y, runs) for name, runs in found.items()]
    rows += [
        [f"{name} (1991, 1,000 examples)", "", "", *map("{:.2f}".format, e), ""] for name, e in ROWS_OF_1991.items()
    ]
    ours = found.pop("`dna_cnn`")
    pairs = [
        compared(every, name, seed, a, b)
        for name, runs in found.items()
        for seed, a, b in zip(arguments.seeds, ours, runs, strict=True)
    ]
    chosen = Counter(setting for one in ours for setting in one["chosen"])
    parts = [
        table(("method", "accuracy, %", "range over seeds", "N", "EI", "IE", "seconds per fold"), rows),
        "Paired comparison with `dna_cnn`, same folds and examples:",
        table(("against", "seed", "difference of accuracy, % points", "McNemar p"), pairs),
        "Settings that the training folds chose, and how often:",
        [f"- `{setting}`: {times}" for setting, times in sorted(chosen.items())],
    ]
    about = (
        f"{len(every)} examples, {len(np.unique(every.groups))} distinct sequences; the seed decides folds, weights and order. "
        "Accuracy with its range over seeds; error in percent by class, mean over seeds."
    )
    write_page(arguments, "UCI splice junctions, 10-fold cross-validation grouped by sequence", about, *parts)
