"""Digits and breast cancer: 5-fold cross-validation beside scikit-learn's own models on the same folds.

    python benchmarks/scikit_learn_sets.py [--seeds 0 1 2] [--out benchmarks/results/scikit_learn_sets.md]

Folds are stratified and shuffled with seed 0 (`StratifiedKFold(5, shuffle=True, random_state=0)`), as in scikit-learn's rows.
Every deepbio model trains with its registered defaults; a twentieth of each training fold is only watched.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepbio.benchmark import cross_validate, merge_splits
from deepbio.datasets import load_dataset
from deepbio.inference import compare

MODELS = {"breast_cancer": ("logistic", "mlp"), "digits": ("mlp", "lenet5", "image_cnn")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    seeds = arguments.seeds
    lines = [
        "# Digits and breast cancer, 5-fold cross-validation",
        "",
        f"`python benchmarks/scikit_learn_sets.py --seeds {' '.join(map(str, seeds))}`. Accuracy and AUROC with 95% bootstrap",
        "intervals over examples (1,000 draws, seed 0) for the first seed; the range over seeds stands apart.",
        "",
        "| data set | model | accuracy | range over seeds | AUROC | seconds a fold |",
        "|---|---|---|---|---|---|",
    ]
    for name, models in MODELS.items():
        data = load_dataset(name)
        every = merge_splits(data)
        folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(every.y, every.y))
        simple = {
            "scikit-learn logistic regression": LogisticRegression(max_iter=5000),
            "scikit-learn MLP(100)": MLPClassifier((100,), max_iter=500, random_state=0),
        }
        x = np.asarray(every.x, np.float64).reshape(len(every), -1)
        for label, classifier in simple.items():
            start = time.perf_counter()
            p = np.zeros((len(every), data.task.outputs if data.task.outputs > 1 else 2))
            for train, test in folds:
                p[test] = (
                    make_pipeline(StandardScaler(), classifier).fit(x[train], every.y[train]).predict_proba(x[test])
                )
            ps = [p[:, 1] if data.task.kind == "binary" else p]
            lines.append(row(name, label, data.task, every.y, ps, (time.perf_counter() - start) / 5))
            print(lines[-1], flush=True)
        for model in models:
            start = time.perf_counter()
            ps = [cross_validate(model, data, every, folds, seed=seed) for seed in seeds]
            lines.append(
                row(name, f"`{model}`", data.task, every.y, ps, (time.perf_counter() - start) / 5 / len(seeds))
            )
            print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


def row(data, model, task, y, ps, seconds) -> str:
    found = [compare(task, y, p) for p in ps]
    accuracy = [f["accuracy"].value for f in found]
    auroc = found[0].metrics.get("auroc") or found[0].metrics["macro_auroc"]
    span = f"{min(accuracy):.4f} to {max(accuracy):.4f}" if len(ps) > 1 else ""
    first = found[0]["accuracy"]
    return (
        f"| {data} | {model} | {first.value:.4f} [{first.low:.4f}, {first.high:.4f}] | {span} | "
        f"{auroc.value:.4f} [{auroc.low:.4f}, {auroc.high:.4f}] | {seconds:.1f} |"
    )


if __name__ == "__main__":
    main()
