"""Pima and Cleveland: tables with missing values and categories, 5-fold cross-validation beside scikit-learn on the same folds.

    python benchmarks/missing_values.py [--seeds 0 1 2 3 4] [--cache FOLDER] [--out benchmarks/results/missing_values.md]

The cards `datasets/pima` and `datasets/cleveland` say where the two files are from; `DEEPBIO_MIRROR` names the folder of both. Each
seed cuts other folds (stratified and shuffled) and draws other weights. Every deepbio model trains with its registered defaults on
the table as it is; `fit` monitors a fifth of each training fold. scikit-learn's logistic regression has a median imputer with
indicators, a scaler and one-hot categories; its HistGradientBoosting has its defaults and the categories.
"""

import warnings
from functools import partial

import numpy as np
from _table import Cache, script, span, table, write_page
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from deepbio import fit, get_model, predict
from deepbio.datasets import Dataset, dataset_card
from deepbio.datasets.public.tables import CODES, cleveland_frame, pima_frame
from deepbio.metrics import accuracy, auroc, bootstrap, paired_bootstrap

SETS = {"pima": ("Pima", pima_frame, "Yes", []), "cleveland": ("Cleveland", cleveland_frame, "disease", list(CODES))}
PEERS = {"pipeline": "scikit-learn logistic regression", "boosting": "scikit-learn HistGradientBoosting"}
MODELS = ("logistic", "mlp")


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
    return {"p": p}


def theirs(name, frame, positive, categories, folds, seed):
    """Return the same of a scikit-learn estimator."""
    x, y = frame.drop(columns="y"), (frame.y == positive).astype(int)
    if name == "boosting":
        classifier = HistGradientBoostingClassifier(categorical_features=categories or None, random_state=seed)
    else:
        numbers = [name for name in x if name not in categories]
        scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        encoded = make_column_transformer((scaled, numbers), (OneHotEncoder(handle_unknown="ignore"), categories))
        classifier = make_pipeline(encoded, LogisticRegression(max_iter=5000))
    return {"p": cross_val_predict(classifier, x, y, cv=folds, method="predict_proba")[:, 1]}


def mean_over_seeds(metric):
    """Return a metric of predictions `(n, seeds)`: the mean over the seeds, for each resample of the rows."""

    def mean(y, p, *, weights=None):
        return np.mean([metric(y, column, weights=weights) for column in p.T], axis=0)

    return mean


@script(__doc__, cache=True, seeds=[0, 1, 2, 3, 4])
def main(arguments):
    warnings.filterwarnings("ignore", category=UserWarning)  # a category that a fold does not have
    cache, p, truth = Cache(arguments), {}, {}
    for name, (_, read, positive, categories) in SETS.items():
        frame = read(dataset_card(name))
        truth[name] = (frame.y == positive).to_numpy(dtype=np.int64)
        for method in (*PEERS, *MODELS):
            runs = []
            for seed in arguments.seeds:
                folds = list(StratifiedKFold(5, shuffle=True, random_state=seed).split(frame, truth[name]))
                run = partial(theirs if method in PEERS else ours, method, frame, positive, categories, folds, seed)
                runs.append(cache(f"{name}-{method}-{seed}", run))
            p[name, method] = runs
    cache.stop_if_incomplete()
    rows, gaps = [], []
    for (name, method), runs in p.items():
        p[name, method] = np.stack([run["p"] for run in runs], axis=1)
        areas = [auroc(truth[name], column) for column in p[name, method].T]
        cells = [
            bootstrap(mean_over_seeds(metric), truth[name], p[name, method], bounds=(0, 1))
            for metric in (accuracy, auroc)
        ]
        title = f"{SETS[name][0]} ({len(truth[name])})"
        spans = [span(cell.value, cell.low, cell.high) for cell in cells]
        rows.append([title, PEERS.get(method, f"`{method}`"), *spans, f"{min(areas):.3f} to {max(areas):.3f}"])
    for name in SETS:
        for method in MODELS:
            for peer in PEERS:
                differences = [
                    paired_bootstrap(mean_over_seeds(metric), truth[name], p[name, method], p[name, peer]).difference
                    for metric in (accuracy, auroc)
                ]
                spans = [span(d.value, d.low, d.high, "+.3f") for d in differences]
                gaps.append([SETS[name][0], f"`{method}` less {PEERS[peer]}", *spans])
    seeds = ", ".join(map(str, arguments.seeds))
    about = (
        f"Mean over the seeds {seeds} of 5-fold cross-validation, each with its own folds; 95% bootstrap intervals over rows (1,000 "
        "resamples, seed 0), which are the same for all seeds and models."
    )
    write_page(
        arguments,
        "Tables with missing values and categories, 5-fold cross-validation",
        about,
        table(("data set (rows)", "model", "accuracy", "AUROC", "AUROC of single seeds"), rows),
        "Differences on the same rows and folds, paired bootstrap over rows:",
        table(("data set", "models", "accuracy", "AUROC"), gaps),
    )
