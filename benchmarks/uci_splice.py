"""The table of the splice junctions: 10-fold cross-validation grouped by sequence, beside the rows of 1991.

    python benchmarks/uci_splice.py [--seeds 0 1 2] [--out benchmarks/results/uci_splice.md]

Folds are the same for all methods. Inside each training fold, `dna_cnn` tries three settings on 85% of the groups, keeps the one
that is right most often on the other 15%, and trains with it on 95%; the rest only lets `fit` watch. The test fold is predicted
once. The architecture was drawn up by cross-validation inside the training part of one fold of this set.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import deepbio
from deepbio.benchmark import fit_fold, merge_splits
from deepbio.benchmark.baselines import flat_features
from deepbio.datasets import Dataset, Split, grouped_folds, load_dataset
from deepbio.metrics import accuracy, mcnemar, paired_bootstrap

# error in percent for N, EI, IE; from the notes of the UCI repository on the set (1,000 examples drawn from it)
ROWS_OF_1991 = {
    "KBANN": (4.62, 7.56, 8.47),
    "back-propagation": (5.29, 5.74, 10.75),
    "PEBLS": (6.86, 8.18, 7.55),
    "perceptron": (3.99, 16.32, 17.41),
    "ID3": (8.84, 10.58, 13.99),
    "nearest neighbour": (31.11, 11.65, 9.09),
}


CANDIDATES = {"dna_cnn": ({}, {"label_smoothing": 0.0}, {"epochs": 20}), "perceptron": ({},)}


def trained(name: str, data: Dataset, every: Split, folds, seed: int, chosen: list) -> np.ndarray:
    p = np.zeros((len(every), 3))
    for k, (train, test) in enumerate(folds):
        best = CANDIDATES[name][0]
        if len(CANDIDATES[name]) > 1:
            fit = partial(fit_fold, name, data, every, train, seed=seed, watch=0.15, salt=f"choose-{k}")
            valid = [fit(**candidate).valid for candidate in CANDIDATES[name]]
            score = [(found["accuracy"].value, -found["log_loss"].value) for found in valid]
            best = CANDIDATES[name][score.index(max(score))]
            chosen.append(str(best))
        run = fit_fold(name, data, every, train, seed=seed, salt=f"train-{k}", **best)
        p[test] = deepbio.predict(run.model, every.take(test))
    return p


def simple(data: Dataset, every: Split, folds, classifier) -> np.ndarray:
    x = flat_features(data.input, every.x)
    p = np.zeros((len(every), 3))
    for train, test in folds:
        p[test] = classifier.fit(x[train], every.y[train]).predict_proba(x[test])
    return p


def main():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--keep", type=Path, help="a folder for predictions, so that a stopped run goes on where it was"
    )
    arguments = parser.parse_args()
    data = load_dataset("uci_splice")
    every = merge_splits(data)
    found: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, float] = {}
    chosen: list[str] = []
    for seed in arguments.seeds:
        folds = grouped_folds(every.y, every.groups, folds=10, seed=seed)
        forest = RandomForestClassifier(500, random_state=seed, n_jobs=-1)
        methods = {
            "`dna_cnn`": partial(trained, "dna_cnn", data, every, folds, seed, chosen),
            "`perceptron`": partial(trained, "perceptron", data, every, folds, seed, chosen),
            "logistic regression, C=0.1": partial(simple, data, every, folds, LogisticRegression(C=0.1, max_iter=5000)),
            "random forest, 500 trees": partial(simple, data, every, folds, forest),
        }
        for name, run in methods.items():
            start = time.perf_counter()
            found.setdefault(name, []).append(kept(arguments.keep, f"{name.strip('`')}-{seed}", run, chosen))
            seconds[name] = seconds.get(name, 0) + time.perf_counter() - start
            right = found[name][-1].argmax(1) == every.y
            print(
                seed,
                name,
                f"{right.mean():.4f}",
                [f"{100 * (1 - right[every.y == k].mean()):.2f}" for k in range(3)],
                flush=True,
            )
    lines = report(every, found, seconds, arguments.seeds)
    lines += ["", "Settings that the training folds chose, and how often:", ""]
    lines += [f"- `{setting}`: {chosen.count(setting)}" for setting in sorted(set(chosen))]
    print("\n".join(lines))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


def kept(folder: Path | None, name: str, run, chosen: list[str]) -> np.ndarray:
    if folder is None:
        return run()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.npz"
    if file.exists():
        saved = np.load(file)
        chosen += saved["chosen"].tolist()
        return saved["p"]
    before = len(chosen)
    p = run()
    np.savez(file, p=p, chosen=np.array(chosen[before:], dtype=str))
    return p


def report(every: Split, found, seconds, seeds) -> list[str]:
    lines = [
        "# UCI splice junctions, 10-fold cross-validation grouped by sequence",
        "",
        f"`python benchmarks/uci_splice.py --seeds {' '.join(map(str, seeds))}`: {len(every)} examples,",
        f"{len(np.unique(every.groups))} distinct sequences; the seed draws folds, weights and order.",
        "Accuracy with its range over seeds; error in percent by class, mean over seeds.",
        "",
        "| method | accuracy, % | range over seeds | N | EI | IE | seconds a fold |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, ps in found.items():
        right = np.array([p.argmax(1) == every.y for p in ps])
        accuracy = 100 * right.mean(axis=1)
        errors = [100 * (1 - right[:, every.y == k].mean()) for k in range(3)]
        cells = " | ".join(f"{e:.2f}" for e in errors)
        lines.append(
            f"| {name} | {accuracy.mean():.2f} | {accuracy.min():.2f} to {accuracy.max():.2f} | {cells} | "
            f"{seconds[name] / len(seeds) / 10:.1f} |"
        )
    for name, errors in ROWS_OF_1991.items():
        lines.append(f"| {name} (1991, 1,000 examples) |  |  | {' | '.join(f'{e:.2f}' for e in errors)} |  |")
    lines += [
        "",
        "Paired comparison with `dna_cnn`, same folds and examples:",
        "",
        "| against | seed | difference of accuracy, % points | McNemar p |",
        "|---|---|---|---|",
    ]
    ours = [p.argmax(1) for p in found["`dna_cnn`"]]
    for name, ps in found.items():
        if name == "`dna_cnn`":
            continue
        for seed, a, p in zip(seeds, ours, ps, strict=True):
            lines.append(compared(every, name, seed, a, p.argmax(1)))
    return lines


def compared(every: Split, name: str, seed: int, a: np.ndarray, b: np.ndarray) -> str:
    # accuracy takes one column a class
    found = paired_bootstrap(accuracy, every.y, np.eye(3)[a], np.eye(3)[b], groups=every.groups, draws=2000, seed=0)
    d = found.difference
    p = mcnemar(a == every.y, b == every.y).p_value
    return f"| {name} | {seed} | {100 * d.value:.2f} [{100 * d.low:.2f}, {100 * d.high:.2f}] | {p:.1e} |"


if __name__ == "__main__":
    main()
