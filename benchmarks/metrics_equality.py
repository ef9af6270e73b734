"""Is every metric equal to scikit-learn's or SciPy's? The largest difference over generated data, one row per metric.

    python benchmarks/metrics_equality.py [--cases 200] [--out benchmarks/results/metrics_equality.md]

Each metric meets the same cases: scores without ties, scores rounded to one decimal (ties), whole and fractional weights
with ties, and data of one class (or, for numbers, of one value). A column has the largest absolute difference divided by
the larger of 1 and the reference. In the last column the reference may have no value, or warn that it makes one up: then
the column says what deepbio returns. Exits with 1 where a difference is above 1e-12.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from _table import script, table, write_page
from scipy.spatial.distance import jensenshannon
from scipy.stats import multinomial, pearsonr, spearmanr
from sklearn import metrics as sk

from deepbio import metrics as db

LIMIT = 1e-12
KINDS = ("no ties", "ties", "ties, weights")
Case = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def binary(one: bool, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(n, int) if one else np.append([0, 1], random.integers(0, 2, n - 2)), random.random(n)


def classes(one: bool, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    k, n = int(random.integers(3, 7)), n + 8
    y = np.zeros(n, int) if one else np.append(np.arange(k), random.integers(0, k, n - k))
    return y, random.dirichlet(np.ones(k), n)


def labels(one: bool, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two to eight labels side by side; of one class, the last never occurs."""
    k, n = int(random.integers(2, 9)), n + 8
    y, p = random.integers(0, 2, (n, k)), random.random((n, k))
    y[0], y[1], y[:, -1] = 0, 1, 0 if one else y[:, -1] | (np.arange(n) == 1)
    return y, p


def numbers(one: bool, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = np.full(n, 2.0) if one else random.normal(2, 1, n).round(1)
    return y, y + random.normal(size=n)


def counts(one: bool, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y, p = numbers(one, random, n)
    return np.floor(np.abs(y)), np.abs(p) + 0.25


def profiles(one: bool, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = random.integers(0, 6, (2 + n // 16, 50)) * (not one)
    y[:, 0] += not one
    return y, random.dirichlet(np.ones(50), len(y))


def masks(one: bool, random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y, p = random.integers(0, 2, (2 + n // 16, 64)) * (not one), random.random((2 + n // 16, 64))
    y[:, 0] = not one
    return y, 0.1 * p if one else p


def tied(make: Callable, p: np.ndarray) -> np.ndarray:
    """Round to one decimal; distributions stay positive and sum to one."""
    if make not in (classes, profiles):
        return p.round(1)
    steps = p.round(1) + 0.05
    return steps / steps.sum(axis=1, keepdims=True)


def case(make: Callable, kind: str, seed: int) -> Case:
    """Return truth, predictions and weights; whole weights for numbers, whose reference repeats examples."""
    random = np.random.default_rng([len(make.__name__), seed])
    y, p = make(kind == "one class", random, int(random.integers(3, 300)))
    p = p if kind == "no ties" else tied(make, p)
    if "weights" not in kind:
        return y, p, None
    whole = make in (numbers, counts) or random.random() < 0.5
    return y, p, random.integers(1, 6, len(y)) if whole else random.uniform(0.1, 4.0, len(y))


def scored(function: Callable, **chosen: Any) -> Callable:
    """A reference that takes the scores."""
    return lambda y, p, w: function(y, p, sample_weight=w, **chosen)


def decided(function: Callable, **chosen: Any) -> Callable:
    """A reference that takes the predicted classes, or labels."""

    def reference(y, p, w):
        predicted = (p >= 0.5).astype(int) if p.ndim == 1 or y.ndim == 2 else p.argmax(axis=1)
        return function(y, predicted, sample_weight=w, **chosen)

    return reference


def with_labels(wrap: Callable, function: Callable, **chosen: Any) -> Callable:
    """A reference that needs the list of classes."""
    return lambda y, p, w: wrap(function, labels=np.arange(2 if p.ndim == 1 else p.shape[1]), **chosen)(y, p, w)


def at_least(y, p, w, *, swap: bool) -> float:
    false, true, _ = sk.roc_curve(y, p, sample_weight=w, drop_intermediate=False)
    kept, found = (true, 1 - false) if swap else (1 - false, true)
    return found[kept >= 0.9 - 1e-12].max()


def precision_at_2(y, p, w) -> float:
    proposed = np.zeros(y.shape, int)
    np.put_along_axis(proposed, np.argsort(-p, axis=1, kind="stable")[:, :2], 1, axis=1)
    return sk.precision_score(y, proposed, average="samples", sample_weight=w)


def repeated(function: Callable) -> Callable:
    def reference(y, p, w):
        times = np.ones(len(y), int) if w is None else w
        return function(np.repeat(y, times), np.repeat(p, times)).statistic

    return reference


def mean(one: Callable) -> Callable:
    return lambda y, p, w: float(np.average([one(a, b) for a, b in zip(y, p, strict=True)], weights=w))


def flat_log_loss(y, p, w) -> float:
    """Every label of every example as a decision of its own."""
    return sk.log_loss(y.ravel(), p.ravel(), sample_weight=None if w is None else np.repeat(w, y.shape[1]))


def metrics() -> Iterator[tuple[str, str, Callable, Callable, Callable]]:
    """Yield name, reference, our function, theirs and the data."""
    area, average = ("AUROC", "roc_auc_score", db.auroc), ("AUPRC", "average_precision_score", db.auprc)
    for (name, reference, ours), theirs, more in (
        (area, sk.roc_auc_score, {"multi_class": "ovr"}),
        (average, sk.average_precision_score, {}),
    ):
        yield name, reference, ours, scored(theirs), binary
        for how in ("macro", "micro"):
            one_vs_rest = scored(theirs, average=how, **more)
            yield f"{name}, one-vs-rest, {how}", reference, partial(ours, average=how), one_vs_rest, classes
        for how, title in (("macro", "macro"), ("micro", "micro"), (None, "per label")):
            by = partial(ours, average=how or "none")
            yield f"{name}, labels, {title}", reference, by, scored(theirs, average=how), labels
    for data in (binary, classes):
        what = data.__name__
        for name, ours, theirs in (
            ("accuracy", db.accuracy, sk.accuracy_score),
            ("balanced accuracy", db.balanced_accuracy, sk.balanced_accuracy_score),
            ("MCC", db.mcc, sk.matthews_corrcoef),
        ):
            yield f"{name}, {what}", theirs.__name__, ours, decided(theirs), data
        for name, quadratic, weighing in (("kappa", False, None), ("kappa, quadratic", True, "quadratic")):
            theirs = with_labels(decided, sk.cohen_kappa_score, weights=weighing)
            yield f"{name}, {what}", "cohen_kappa_score", partial(db.kappa, quadratic=quadratic), theirs, data
        yield f"log-loss, {what}", "log_loss", db.log_loss, with_labels(scored, sk.log_loss), data
        yield f"Brier, {what}", "brier_score_loss", db.brier, with_labels(scored, sk.brier_score_loss), data
    yield "F1", "f1_score", db.f1, decided(sk.f1_score, zero_division=np.nan), binary
    for how in ("macro", "micro"):
        ours = partial(db.f1, average=how)
        yield f"F1, classes, {how}", "f1_score", ours, decided(sk.f1_score, average=how), classes
        yield f"F1, labels, {how}", "f1_score", ours, decided(sk.f1_score, average=how, zero_division=np.nan), labels
    top_2 = with_labels(scored, sk.top_k_accuracy_score, k=2)
    yield "top-k accuracy, k = 2", "top_k_accuracy_score", partial(db.top_k, k=2), top_2, classes
    yield "precision at 2", "precision_score, samples", partial(db.precision_at_k, k=2), precision_at_2, labels
    yield "log-loss, labels", "log_loss", db.log_loss, flat_log_loss, labels
    for name, ours, swap in (
        ("sensitivity at specificity .9", partial(db.sensitivity_at_specificity, specificity=0.9), False),
        ("specificity at sensitivity .9", partial(db.specificity_at_sensitivity, sensitivity=0.9), True),
    ):
        yield name, "roc_curve", ours, partial(at_least, swap=swap), binary
    yield "Pearson", "scipy pearsonr", db.pearson, repeated(pearsonr), numbers
    yield "Spearman", "scipy spearmanr", db.spearman, repeated(spearmanr), numbers
    for name, ours, theirs, data in (
        ("R2", db.r2, sk.r2_score, numbers),
        ("RMSE", db.rmse, sk.root_mean_squared_error, numbers),
        ("MAE", db.mae, sk.mean_absolute_error, numbers),
        ("Poisson deviance", db.poisson_deviance, sk.mean_poisson_deviance, counts),
    ):
        yield name, theirs.__name__, ours, scored(theirs), data
    likelihood = mean(lambda y, p: -multinomial.logpmf(y, y.sum(), p))
    yield "Jensen-Shannon", "scipy jensenshannon", db.jensen_shannon, mean(jensenshannon), profiles
    yield "multinomial NLL", "scipy multinomial", db.multinomial_nll, likelihood, profiles
    overlap = decided(sk.f1_score, average="samples", zero_division=np.nan)
    yield "Dice", "f1_score, samples", db.dice, overlap, masks
    yield "IoU", "jaccard_score, samples", db.iou, decided(sk.jaccard_score, average="samples"), masks


def difference(ours: Any, theirs: Any) -> float:
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return np.inf
    return float(np.nanmax(np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs)), initial=0.0))


def of_one_class(ours: Callable, theirs: Callable, make: Callable) -> str:
    """Say what a metric returns for data of one class."""
    y, p, w = case(make, "one class", 0)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        mine = np.asarray(ours(y, p, weights=w), float)
    warned = any(issubclass(one.category, db.UndefinedMetricWarning) for one in heard)
    if np.isnan(mine).any():
        return ("NaN" if mine.ndim == 0 else "NaN for that label") + (", warns" if warned else "")
    try:
        gap = difference(mine, theirs(y, p, w))
    except ValueError:
        gap = np.nan
    counted = ", warns with the count" if warned else ""
    if gap <= LIMIT:
        return f"{gap:.0e}{counted}"
    return f"mean of the others{counted}" if warned else f"{mine:.3g}; the reference refuses"


@script(__doc__, cases=200)
def main(arguments):
    warnings.simplefilter("ignore")
    rows, worst = [], 0.0
    for name, reference, ours, theirs, make in metrics():
        gaps = []
        for kind in KINDS:
            every = (case(make, kind, seed) for seed in range(arguments.cases))
            gaps.append(max(difference(ours(y, p, weights=w), theirs(y, p, w)) for y, p, w in every))
        worst = max(worst, *gaps)
        rows.append([name, f"`{reference}`", *(f"{gap:.0e}" for gap in gaps), of_one_class(ours, theirs, make)])
    about = (
        "The largest difference to the reference (absolute, or relative where the value is above 1) over "
        f"{arguments.cases} generated data sets per column. Largest of all: {worst:.0e}. The last column is for data of one class or, "
        "with labels side by side, of one label that never occurs: a difference where the reference has a value, else what deepbio "
        "returns. Pearson and Spearman take whole weights here, since SciPy has no weights: the reference repeats the examples."
    )
    lines = table(("metric", "reference", *KINDS, "one class"), rows)
    write_page(arguments, "Equality of metrics", about, lines)
    sys.exit(worst > LIMIT)
