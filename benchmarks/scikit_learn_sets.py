"""Digits and breast cancer: 5-fold cross-validation beside scikit-learn's own models on the same folds.

    python benchmarks/scikit_learn_sets.py [--seeds 0 1 2] [--out benchmarks/results/scikit_learn_sets.md]

Folds are stratified and shuffled with seed 0 (`StratifiedKFold(5, shuffle=True, random_state=0)`), as in scikit-learn's rows.
Every deepbio model trains with its registered defaults; `fit` monitors a twentieth of each training fold.
"""

import time
from functools import partial

import numpy as np
from _table import script, span, table, write_page
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepbio.benchmark import cross_validate, merge_splits
from deepbio.datasets import load_dataset
from deepbio.inference import compare

MODELS = {"breast_cancer": ("logistic", "mlp"), "digits": ("mlp", "lenet5", "image_cnn")}
SIMPLE = {
    "scikit-learn logistic regression": LogisticRegression(max_iter=5000),
    "scikit-learn MLP(100)": MLPClassifier((100,), max_iter=500, random_state=0),
}


def row(name, title, task, y, runs) -> list[str]:
    start = time.perf_counter()
    found = [compare(task, y, run()) for run in runs]
    seconds = (time.perf_counter() - start) / 5 / len(runs)
    accuracy = [one["accuracy"].value for one in found]
    estimates = [found[0].metrics.get(metric) for metric in ("accuracy", "auroc", "macro_auroc")]
    first, area = [span(one.value, one.low, one.high, ".4f") for one in estimates if one]
    across = f"{min(accuracy):.4f} to {max(accuracy):.4f}" if len(runs) > 1 else ""
    print(name, title, first, flush=True)
    return [name, title, first, across, area, f"{seconds:.1f}"]


@script(__doc__, seeds=[0, 1, 2])
def main(arguments):
    rows = []
    for name, models in MODELS.items():
        data = load_dataset(name)
        every = merge_splits(data)
        folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(every.y, every.y))
        x = np.asarray(every.x, np.float64).reshape(len(every), -1)

        def simple(classifier, x=x, every=every, folds=folds, binary=data.task.kind == "binary"):
            scaled = make_pipeline(StandardScaler(), classifier)
            p = cross_val_predict(scaled, x, every.y, cv=folds, method="predict_proba")
            return p[:, 1] if binary else p

        methods = {title: [partial(simple, classifier)] for title, classifier in SIMPLE.items()}
        for model in models:
            methods[f"`{model}`"] = [
                partial(cross_validate, model, data, every, folds, seed=s) for s in arguments.seeds
            ]
        rows += [row(name, title, data.task, every.y, runs) for title, runs in methods.items()]
    about = "95% bootstrap intervals over examples (1,000 resamples, seed 0) for the first seed; the range over seeds is apart."
    lines = table(("data set", "model", "accuracy", "range over seeds", "AUROC", "seconds per fold"), rows)
    write_page(arguments, "Digits and breast cancer, 5-fold cross-validation", about, lines)
