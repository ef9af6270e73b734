"""Is every metric equal to scikit-learn's or SciPy's? The largest difference over generated data, a row a metric.

    python benchmarks/metrics_equality.py [--cases 200] [--out benchmarks/results/metrics_equality.md]

Each metric meets the same cases: scores without ties, scores rounded to one decimal (ties), whole and fractional weights
with ties, and data of one class (or, for numbers, of one value). A column holds the largest absolute difference divided by
the larger of 1 and the reference. In the last column the reference may have no value, or warn that it makes one up: then
the column says what deepbio gives.
Exits with 1 where a difference is above 1e-12.
"""

from __future__ import annotations

import argparse
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from scipy.spatial.distance import jensenshannon
from scipy.stats import multinomial, pearsonr, spearmanr
from sklearn import metrics as sk

from deepbio import metrics as db

LIMIT = 1e-12
CASES = ("no ties", "ties", "ties, weights")
Case = tuple[np.ndarray, np.ndarray, np.ndarray | None]
Row = tuple[str, str, Callable[..., Any], Callable[..., Any], Callable[[str, int], Case]]


def _weights(kind: str, n: int, random: np.random.Generator) -> np.ndarray | None:
    if "weights" not in kind:
        return None
    return random.integers(1, 6, n) if random.random() < 0.5 else random.uniform(0.1, 4.0, n)


def binary(kind: str, seed: int) -> Case:
    """Return 2 to 300 examples, both classes among them unless one is asked for."""
    random = np.random.default_rng([1, seed])
    n = int(random.integers(2, 300))
    y = np.zeros(n, np.int64) if kind == "one class" else random.integers(0, 2, n)
    if kind != "one class":
        y[:2] = 0, 1
    p = random.random(n)
    return y, p if kind == "no ties" else p.round(1), _weights(kind, n, random)


def classes(kind: str, seed: int) -> Case:
    """Return 3 to 6 classes that all occur, or one."""
    random = np.random.default_rng([2, seed])
    k, n = int(random.integers(3, 7)), int(random.integers(10, 300))
    y = np.zeros(n, np.int64) if kind == "one class" else random.integers(0, k, n)
    if kind != "one class":
        y[:k] = np.arange(k)
    parts = random.random((n, k)) if kind == "no ties" else random.integers(1, 4, (n, k)).astype(float)
    return y, parts / parts.sum(axis=1, keepdims=True), _weights(kind, n, random)


def labels(kind: str, seed: int) -> Case:
    """Return 2 to 8 labels side by side; with `one class` the last never occurs."""
    random = np.random.default_rng([3, seed])
    k, n = int(random.integers(2, 9)), int(random.integers(10, 300))
    y = random.integers(0, 2, (n, k))
    y[0], y[1] = 0, 1
    if kind == "one class":
        y[:, -1] = 0
    p = random.random((n, k))
    return y, p if kind == "no ties" else p.round(1), _weights(kind, n, random)


def numbers(kind: str, seed: int) -> Case:
    """Return two sides that go together; weights are whole where the reference repeats examples."""
    random = np.random.default_rng([4, seed])
    n = int(random.integers(3, 300))
    y = np.full(n, 2.0) if kind == "one class" else random.normal(2, 1, n)
    p = y + random.normal(size=n)
    if kind != "no ties":
        y, p = y.round(1), p.round(1)
    w = _weights(kind, n, random)
    return y, p, w if w is None else np.ceil(w).astype(np.int64)


def counts(kind: str, seed: int) -> Case:
    y, p, w = numbers(kind, seed)
    return np.floor(np.abs(y)), np.abs(p) + 0.25, w


def profiles(kind: str, seed: int) -> Case:
    random = np.random.default_rng([5, seed])
    n = int(random.integers(2, 20))
    y = random.integers(0, 6, (n, 50))
    y[:, 0] += 1
    if kind == "one class":
        y[:] = 0
    p = random.random((n, 50)) + 0.01
    p = p.round(1) + 0.05 if kind != "no ties" else p
    return y, p / p.sum(axis=1, keepdims=True), _weights(kind, n, random)


def masks(kind: str, seed: int) -> Case:
    random = np.random.default_rng([6, seed])
    n = int(random.integers(2, 20))
    y, p = random.integers(0, 2, (n, 64)), random.random((n, 64))
    y[:, 0] = 1
    if kind == "one class":
        y[:], p[:] = 0, 0.1
    return y, p if kind == "no ties" else p.round(1), _weights(kind, n, random)


def _said(p: np.ndarray) -> np.ndarray:
    return (p >= 0.5).astype(int) if p.ndim == 1 else p.argmax(axis=1)


def _decided(function: Callable[..., float], **options: Any) -> Callable[..., float]:
    return lambda y, p, w: function(y, _said(p), sample_weight=w, **options)


def _each(p: np.ndarray) -> np.ndarray:
    return np.arange(p.shape[1])


def _kappa(weighing: str | None) -> Callable[..., float]:
    def reference(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
        known = np.arange(2) if p.ndim == 1 else _each(p)
        return sk.cohen_kappa_score(y, _said(p), labels=known, weights=weighing, sample_weight=w)

    return reference


def _at_least(y: np.ndarray, p: np.ndarray, w: np.ndarray | None, *, swap: bool) -> float:
    false, true, _ = sk.roc_curve(y, p, sample_weight=w, drop_intermediate=False)
    kept, found = (true, 1 - false) if swap else (1 - false, true)
    return found[kept >= 0.9 - 1e-12].max()


def _precision_at(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    first = np.argsort(-p, axis=1, kind="stable")[:, :2]
    proposed = np.zeros(y.shape, int)
    np.put_along_axis(proposed, first, 1, axis=1)
    return sk.precision_score(y, proposed, average="samples", sample_weight=w)


def _repeated(function: Callable[..., Any]) -> Callable[..., float]:
    def reference(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
        times = np.ones(len(y), int) if w is None else w
        return function(np.repeat(y, times), np.repeat(p, times)).statistic

    return reference


def _mean(one: Callable[..., float]) -> Callable[..., float]:
    return lambda y, p, w: float(np.average([one(a, b) for a, b in zip(y, p, strict=True)], weights=w))


def _flat(function: Callable[..., float]) -> Callable[..., float]:
    """Every label of every example as a decision of its own."""
    return lambda y, p, w: function(y.ravel(), p.ravel(), sample_weight=None if w is None else np.repeat(w, y.shape[1]))


def rows() -> Iterator[Row]:
    """Yield name, reference, our function, theirs and the cases."""
    area, average = sk.roc_auc_score, sk.average_precision_score
    yield "AUROC", "roc_auc_score", db.auroc, lambda y, p, w: area(y, p, sample_weight=w), binary
    yield "AUPRC", "average_precision_score", db.auprc, lambda y, p, w: average(y, p, sample_weight=w), binary
    for how in ("macro", "micro"):
        yield (f"AUROC, one-vs-rest, {how}", "roc_auc_score", _with(db.auroc, average=how),
               lambda y, p, w, how=how: area(y, p, multi_class="ovr", average=how, sample_weight=w), classes)  # fmt: skip
        yield (f"AUPRC, one-vs-rest, {how}", "average_precision_score", _with(db.auprc, average=how),
               lambda y, p, w, how=how: average(y, p, average=how, sample_weight=w), classes)  # fmt: skip
    for how, theirs in (("macro", "macro"), ("micro", "micro"), ("none", None)):
        yield (f"AUROC, labels, {'per label' if how == 'none' else how}", "roc_auc_score", _with(db.auroc, average=how),
               lambda y, p, w, theirs=theirs: area(y, p, average=theirs, sample_weight=w), labels)  # fmt: skip
        yield (f"AUPRC, labels, {'per label' if how == 'none' else how}", "average_precision_score", _with(db.auprc, average=how),
               lambda y, p, w, theirs=theirs: average(y, p, average=theirs, sample_weight=w), labels)  # fmt: skip
    for cases, name in ((binary, "binary"), (classes, "classes")):
        yield f"accuracy, {name}", "accuracy_score", db.accuracy, _decided(sk.accuracy_score), cases
        yield (f"balanced accuracy, {name}", "balanced_accuracy_score", db.balanced_accuracy,
               _decided(sk.balanced_accuracy_score), cases)  # fmt: skip
        yield f"MCC, {name}", "matthews_corrcoef", db.mcc, _decided(sk.matthews_corrcoef), cases
        yield f"kappa, {name}", "cohen_kappa_score", db.kappa, _kappa(None), cases
        yield (
            f"kappa, quadratic, {name}",
            "cohen_kappa_score",
            _with(db.kappa, quadratic=True),
            _kappa("quadratic"),
            cases,
        )
    yield "F1", "f1_score", db.f1, _decided(sk.f1_score, zero_division=np.nan), binary
    for how in ("macro", "micro"):
        yield f"F1, classes, {how}", "f1_score", _with(db.f1, average=how), _decided(sk.f1_score, average=how), classes
        yield (f"F1, labels, {how}", "f1_score", _with(db.f1, average=how),
               lambda y, p, w, how=how: sk.f1_score(y, p >= 0.5, average=how, sample_weight=w, zero_division=np.nan),
               labels)  # fmt: skip
    yield ("top-k accuracy, k = 2", "top_k_accuracy_score", _with(db.top_k, k=2),
           lambda y, p, w: sk.top_k_accuracy_score(y, p, k=2, labels=_each(p), sample_weight=w), classes)  # fmt: skip
    yield "precision at 2", "precision_score, samples", _with(db.precision_at_k, k=2), _precision_at, labels
    yield ("log-loss, binary", "log_loss", db.log_loss,
           lambda y, p, w: sk.log_loss(y, p, labels=[0, 1], sample_weight=w), binary)  # fmt: skip
    yield ("log-loss, classes", "log_loss", db.log_loss,
           lambda y, p, w: sk.log_loss(y, p, labels=_each(p), sample_weight=w), classes)  # fmt: skip
    yield "log-loss, labels", "log_loss", db.log_loss, _flat(sk.log_loss), labels
    yield ("Brier, binary", "brier_score_loss", db.brier,
           lambda y, p, w: sk.brier_score_loss(y, p, labels=[0, 1], sample_weight=w), binary)  # fmt: skip
    yield ("Brier, classes", "brier_score_loss", db.brier,
           lambda y, p, w: sk.brier_score_loss(y, p, labels=_each(p), sample_weight=w), classes)  # fmt: skip
    yield ("sensitivity at specificity .9", "roc_curve", _with(db.sensitivity_at_specificity, specificity=0.9),
           lambda y, p, w: _at_least(y, p, w, swap=False), binary)  # fmt: skip
    yield ("specificity at sensitivity .9", "roc_curve", _with(db.specificity_at_sensitivity, sensitivity=0.9),
           lambda y, p, w: _at_least(y, p, w, swap=True), binary)  # fmt: skip
    yield "Pearson", "scipy pearsonr", db.pearson, _repeated(pearsonr), numbers
    yield "Spearman", "scipy spearmanr", db.spearman, _repeated(spearmanr), numbers
    yield "R2", "r2_score", db.r2, lambda y, p, w: sk.r2_score(y, p, sample_weight=w), numbers
    yield (
        "RMSE",
        "root_mean_squared_error",
        db.rmse,
        lambda y, p, w: sk.root_mean_squared_error(y, p, sample_weight=w),
        numbers,
    )
    yield "MAE", "mean_absolute_error", db.mae, lambda y, p, w: sk.mean_absolute_error(y, p, sample_weight=w), numbers
    yield ("Poisson deviance", "mean_poisson_deviance", db.poisson_deviance,
           lambda y, p, w: sk.mean_poisson_deviance(y, p, sample_weight=w), counts)  # fmt: skip
    yield "Jensen-Shannon", "scipy jensenshannon", db.jensen_shannon, _mean(jensenshannon), profiles
    yield ("multinomial NLL", "scipy multinomial", db.multinomial_nll,
           _mean(lambda y, p: -multinomial.logpmf(y, y.sum(), p)), profiles)  # fmt: skip
    yield ("Dice", "f1_score, samples", db.dice,
           lambda y, p, w: sk.f1_score(y, p >= 0.5, average="samples", sample_weight=w, zero_division=np.nan), masks)  # fmt: skip
    yield ("IoU", "jaccard_score, samples", db.iou,
           lambda y, p, w: sk.jaccard_score(y, p >= 0.5, average="samples", sample_weight=w), masks)  # fmt: skip


def _with(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda y, p, weights=None: function(y, p, weights=weights, **options)


def difference(ours: Any, theirs: Any) -> float:
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return np.inf
    gap = np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))
    return float(np.nanmax(gap, initial=0.0))


def of_one_class(ours: Callable[..., Any], theirs: Callable[..., Any], cases: Callable[[str, int], Case]) -> str:
    """Say what a metric gives for data of one class."""
    y, p, w = cases("one class", 0)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        mine = np.asarray(ours(y, p, weights=w), float)
    warned = any(issubclass(one.category, db.UndefinedMetricWarning) for one in heard)
    if np.isnan(mine).any():
        return ("NaN" if mine.ndim == 0 else "NaN for that label") + (", warns" if warned else "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            gap = difference(mine, theirs(y, p, w))
        except ValueError:
            gap = np.nan
    counted = ", warns with the count" if warned else ""
    if gap <= LIMIT:
        return f"{gap:.0e}{counted}"
    return f"mean of the others{counted}" if warned else f"{mine:.3g}; the reference refuses"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200, help="generated data sets a column")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    table, worst = [], 0.0
    for name, reference, ours, theirs, cases in rows():
        found = []
        for kind in CASES:
            gaps = []
            for seed in range(arguments.cases):
                y, p, w = cases(kind, seed)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    gaps.append(difference(ours(y, p, weights=w), theirs(y, p, w)))
            found.append(max(gaps))
        worst = max(worst, *found)
        table.append(
            f"| {name} | `{reference}` | {' | '.join(f'{gap:.0e}' for gap in found)} | {of_one_class(ours, theirs, cases)} |"
        )
        print(table[-1])
    text = [
        "# Equality of metrics",
        "",
        f"`python benchmarks/metrics_equality.py --cases {arguments.cases}`. The largest difference to the reference (absolute, or",
        f"relative where the value is above 1) over {arguments.cases} generated data sets a column. Largest of all: {worst:.0e}.",
        "The last column is for data of one class or, with labels side by side, of one label that never occurs: a difference where",
        "the reference has a value, else what deepbio gives.",
        "",
        f"| metric | reference | {' | '.join(CASES)} | one class |",
        f"|{'---|' * (len(CASES) + 3)}",
        *table,
        "",
        "Pearson and Spearman take whole weights here, since SciPy has no weights: the reference repeats the examples.",
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}.",
    ]
    if arguments.out:
        arguments.out.write_text("\n".join(text) + "\n", encoding="utf-8")
    print(f"largest difference {worst:.1e}")
    sys.exit(worst > LIMIT)


if __name__ == "__main__":
    main()
