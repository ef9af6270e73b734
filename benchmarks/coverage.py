"""How often 95% intervals cover the truth, on simulated data of many sizes, smallest classes, groups and error rates.

python benchmarks/coverage.py --sims 400 --cache FOLDER [--old FOLDER/coverage.csv] --out benchmarks/results/coverage.md

A cell is a number of examples, a smallest class, a number of groups and an error rate. Each simulation draws logits that are normal
around the true class, so that each example is wrong with the probability of the cell, in every class alike; with groups, each group
is harder or easier than the others by a normal amount. The classes keep their sizes. The truth is the metric of 200,000
examples with the same class frequencies. Every line of the cache is a cell and a metric: a stopped run goes on from there. Cells
come in a random order (seed 0), so what a stopped run has is a sample of them. The same script, run with `--cache` in a
checkout of an older commit (`PYTHONPATH`), measures that commit on the same data.
"""

import csv
import inspect
import math
import time
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from _table import script, table, write_page
from scipy.special import expit, ndtri, softmax
from scipy.stats import beta, binom, chi2

from deepbio.metrics import summarize
from deepbio.specs import Task

try:
    from deepbio.metrics.intervals import wilson
except ImportError:  # an older commit is measured
    wilson = None

warnings.simplefilter("ignore")
ABOUT = (
    "95% was asked for. A cell is short if it is below 93% by more than two standard errors, and wide if it is above 98% by as "
    "much; a cell of 100 simulations has a standard error of 2.2 points. One, two and five groups have no interval by design and "
    "are not counted, nor are cells with an error rate of 0, where every interval holds the truth. Widths are relative to Clopper "
    "and Pearson (accuracy, top-2), Fisher (Pearson) and chi-square (RMSE). The columns of fd5afd2 are of its bootstrap intervals on "
    "the same simulated data, in the cells that were measured there too; `here` is the coverage of the present method in those, "
    "and `width beside it` is the mean ratio of the two widths."
)
SIZES, SMALLEST, GROUPS, ERRORS = (
    (20, 50, 200, 1000),
    (1, 2, 3, 5, 20, "half"),
    (1, 2, 5, 10, 20),
    (0.0, 0.02, 0.05, 0.1, 0.3),
)
FEW = (1, 2, 5)  # groups
EXACT = (
    "Accuracy takes few values, so no interval of few examples holds the truth in 95% of cases exactly. Computed from the binomial "
    "distribution, without simulation: coverage of Wilson's interval / of Clopper and Pearson's, in %, by error rate. MCC, kappa, F1 "
    "and top-k accuracy of few errors have the same steps."
)
BETWEEN = 0.5  # standard deviation between groups, in those of one example
TRUE_SIZE = 200_000
ALL = {
    "binary": (Task("binary", 1), "accuracy balanced_accuracy auroc auprc f1 mcc kappa log_loss brier ece "
               "sensitivity_at_95_specificity specificity_at_95_sensitivity"),
    "multiclass": (Task("multiclass", 3), "accuracy balanced_accuracy macro_auroc macro_auprc macro_f1 mcc kappa quadratic_kappa "
                   "log_loss brier ece top_2"),
    "regression": (Task("regression", 1), "pearson spearman r2 rmse mae"),
}  # fmt: skip
RESAMPLES = "n_resamples" if "n_resamples" in inspect.signature(summarize).parameters else "draws"


def classes(kind: str, n: int, smallest: int | str) -> np.ndarray | None:
    """Return the size of each class, or `None` if the cell does not exist."""
    if kind == "regression":
        return np.array([n]) if smallest == "half" else None
    k = 2 if kind == "binary" else 3
    if smallest == "half":
        return np.full(k, n // k)
    rest = (n - smallest) // (k - 1)
    return np.array([rest] * (k - 1) + [smallest]) if smallest < rest else None


def draw(rng, kind: str, sizes: np.ndarray, error: float, groups: int) -> tuple[np.ndarray, ...]:
    """Return truth, predictions and the group of each example."""
    n = int(sizes.sum())
    group = (
        np.arange(n) * groups // n
        if kind == "regression"
        else np.concatenate([np.arange(size) % groups for size in sizes])
    )
    harder = BETWEEN * rng.normal(size=groups)[group] if groups > 1 else 0.0
    if kind == "regression":
        y = rng.normal(size=n)
        return y, y + (error + 0.05) * 4 * (rng.normal(size=n) + harder), group
    y = np.repeat(np.arange(len(sizes)), sizes)
    margin = -ndtri(error) if error else 12.0
    if kind == "binary":
        z = rng.normal(size=n) + np.where(y == 1, 1, -1) * (margin - harder)
        return y, expit(2 * z), group
    # Wrong by one of the two other classes, as often as a binary example is wrong; the third class may be first too.
    z, other = rng.normal(size=n) + margin - harder, (y + rng.integers(1, 3, n)) % 3
    logits = np.full((n, 3), -0.8) + 0.3 * rng.normal(size=(n, 3))
    logits[np.arange(n), y], logits[np.arange(n), other] = z, -z
    return y, softmax(logits, axis=1), group


def truth_of(kind: str, names: list[str], sizes: np.ndarray, error: float, groups: int) -> dict[str, float]:
    """Return the metrics of very many examples; a calibration error without the noise of its bins needs many."""
    times = max(1, TRUE_SIZE // int(sizes.sum()))
    y, p, _ = draw(
        np.random.default_rng([10**6, *sizes]), kind, sizes * times, error, times * groups if groups > 1 else 1
    )
    found = summarize(ALL[kind][0], y, p, metrics=names, **{RESAMPLES: 0})
    return {name: estimate.value for name, estimate in found.items()}


def best_known(name: str, n: int, value: float, groups: int) -> float:
    """Return the width of the exact or best known interval, where there is one and examples are independent."""
    if groups:
        return math.nan
    if name in ("accuracy", "top_2"):
        right = round(value * n)
        low = beta.ppf(0.025, right, n - right + 1) if right else 0.0
        return (beta.ppf(0.975, right + 1, n - right) if right < n else 1.0) - low
    if name == "pearson" and abs(value) < 1:
        ends = np.tanh(np.arctanh(value) + np.array([-1, 1]) * 1.96 / math.sqrt(n - 3))
        return float(ends[1] - ends[0])
    if name == "rmse":
        return value * (math.sqrt(n / chi2.ppf(0.025, n)) - math.sqrt(n / chi2.ppf(0.975, n)))
    return math.nan


def simulate(
    kind: str, sizes: np.ndarray, groups: int, error: float, names: list[str], sims: int, n_resamples: int
) -> dict:
    """Return of each metric: available intervals, those that hold the truth, and mean widths."""
    truth = dict.fromkeys(names, math.nan) if groups in FEW else truth_of(kind, names, sizes, error, groups)
    rows = {name: [] for name in names}
    for sim in range(sims):
        y, p, group = draw(
            np.random.default_rng([sim, *sizes, groups, round(1000 * error)]), kind, sizes, error, groups or 1
        )
        options = {"groups": group} if groups else {}
        found = summarize(ALL[kind][0], y, p, metrics=names, seed=sim, **{RESAMPLES: n_resamples}, **options)
        for name, one in found.items():
            if math.isfinite(one.low):
                inside = one.low - 1e-9 <= truth[name] <= one.high + 1e-9
                rows[name].append((inside, one.high - one.low, best_known(name, len(y), one.value, groups)))
    return {name: (len(found), *np.array(found).reshape(-1, 3).sum(axis=0)) for name, found in rows.items()}


def cells():
    for kind in ALL:
        for n in SIZES:
            for smallest in SMALLEST:
                sizes = classes(kind, n, smallest)
                for groups in (0, *GROUPS):
                    grouped = groups and (smallest not in (5, 20, "half") or groups >= n)
                    if sizes is None or grouped:
                        continue
                    for error in ERRORS if not groups else ERRORS[::2]:
                        yield kind, n, smallest, groups, error, sizes


def compute(arguments) -> None:
    """Compute what the cache does not have, and add it line by line."""
    done = set()
    if arguments.cache.exists():
        done = {tuple(row[:5]) for row in csv.reader(arguments.cache.open())}
    end = time.monotonic() + 60 * arguments.minutes
    every = list(cells())
    for k in np.random.default_rng(0).permutation(len(every)):
        kind, n, smallest, groups, error, sizes = every[k]
        key = (kind, str(n), str(smallest), str(groups), str(error))
        if key in done or n not in arguments.sizes or kind not in arguments.kinds or time.monotonic() > end:
            continue
        names = [name for name in ALL[kind][1].split() if not arguments.metrics or name in arguments.metrics]
        if not names:
            continue
        sims = 2 if groups in FEW else arguments.sims if n < 1000 else arguments.sims // 2
        found = simulate(kind, sizes, groups, error, names, sims, arguments.n_resamples)
        with arguments.cache.open("a", newline="") as file:
            csv.writer(file).writerows([*key, name, sims, *(f"{x:.6g}" for x in row)] for name, row in found.items())
        print(*key, flush=True)


def read(path: Path) -> list[dict]:
    names = ["kind", "n", "smallest", "groups", "error", "metric", "sims", "available", "held", "width", "best"]
    return [dict(zip(names, row, strict=True)) for row in csv.reader(path.open())]


def percent(rows: list[dict], part: str = "held", whole: str = "available") -> str:
    total = sum(float(row[whole]) for row in rows)
    return f"{100 * sum(float(row[part]) for row in rows) / total:.1f}" if total else "-"


def lowest(rows: list[dict]) -> str:
    """Return the lowest coverage of a cell that has an interval in at least 50 simulations, and which cell it is."""
    rows = [row for row in rows if float(row["available"]) >= 50]
    if not rows:
        return "-"
    row = min(rows, key=lambda row: float(row["held"]) / float(row["available"]))
    where = f"n {row['n']}, class {row['smallest']}, groups {row['groups']}, error {row['error']}"
    return f"{percent([row])} ({where})"


def beyond(rows: list[dict]) -> tuple[int, int, int]:
    """Return how many cells hold the truth in less than 93% or more than 98% by two standard errors, and how many there are."""
    shares = [
        (float(r["held"]) / float(r["available"]), float(r["available"])) for r in rows if float(r["available"]) >= 50
    ]
    short = sum(share < 0.93 - 2 * math.sqrt(0.93 * 0.07 / many) for share, many in shares)
    wide = sum(share > 0.98 + 2 * math.sqrt(0.98 * 0.02 / many) for share, many in shares)
    return short, wide, len(shares)


def width(rows: list[dict]) -> str:
    rows = [row for row in rows if row["best"] not in ("nan", "0")]
    return f"{sum(float(r['width']) for r in rows) / sum(float(r['best']) for r in rows):.2f}" if rows else ""


def summary(new: list[dict], old: list[dict]) -> list[list[str]]:
    lines, by_metric, before = [], defaultdict(list), {cell(row): row for row in old}
    for row in new:
        if int(row["groups"]) not in FEW:
            by_metric[row["kind"], row["metric"]].append(row)
    for (kind, name), rows in by_metric.items():
        both = [(row, before[cell(row)]) for row in rows if cell(row) in before and float(row["error"])]
        both = [pair for pair in both if float(pair[0]["available"])]
        positive = [row for row in rows if float(row["error"])]
        short, wide, many = beyond(positive)
        sims = sum(float(row["sims"]) for row in rows)
        lines.append([
            f"{name} ({kind})", percent(rows, "available", "sims"), percent(positive), short, wide, many, lowest(rows), width(rows),
            percent([was for _, was in both]), percent([now for now, _ in both]), narrower(both), len(both),
            f"{sims:,.0f}",
        ])  # fmt: skip
    return lines


def narrower(both: list[tuple[dict, dict]]) -> str:
    """Return the mean over cells of the mean width here divided by that of the old commit."""
    both = [pair for pair in both if all(float(row["available"]) and float(row["width"]) for row in pair)]
    now, was = (np.array([float(pair[k]["width"]) / float(pair[k]["available"]) for pair in both]) for k in (0, 1))
    return f"{np.mean(now / was):.2f}" if len(both) else "-"


def cell(row: dict) -> tuple[str, ...]:
    return tuple(row[key] for key in ("kind", "n", "smallest", "groups", "error", "metric"))


def exact() -> list[list[str]]:
    """Return, without simulation, how often Wilson's and Clopper and Pearson's intervals of accuracy hold the truth."""
    lines = []
    for error in ERRORS[1:]:
        line = [f"{error:.0%}"]
        for n in SIZES:
            right = np.arange(n + 1)
            chance = binom.pmf(right, n, 1 - error)
            inside = np.array(
                [found.low <= 1 - error <= found.high for found in (wilson(k / n, 0.0, n) for k in right)]
            )
            low, high = beta.ppf(0.025, right, n - right + 1), beta.ppf(0.975, right + 1, n - right)
            known = (np.nan_to_num(low) <= 1 - error) & (1 - error <= np.nan_to_num(high, nan=1.0))
            line.append(f"{100 * chance[inside].sum():.1f} / {100 * chance[known].sum():.1f}")
        lines.append(line)
    return lines


@script(__doc__, cache=True, sims=400, n_resamples=100, sizes=list(SIZES), kinds=list(ALL), metrics=[], old=Path)
def main(arguments):
    arguments.cache.mkdir(parents=True, exist_ok=True)
    arguments.cache /= "coverage.csv"
    compute(arguments)
    new, old = read(arguments.cache), read(arguments.old) if arguments.old else []
    header = ("metric", "has an interval, %", "holds, %", "short", "wide", "of cells", "lowest cell", "width", "fd5afd2: holds, %",
              "here, %", "width beside it", "in cells", "simulations")  # fmt: skip
    parts = [table(header, summary(new, old))]
    if wilson is not None:
        parts += [EXACT, table(("error rate", *(f"n {n:,}" for n in SIZES)), exact())]
    write_page(arguments, "How often intervals cover the truth", ABOUT, *parts)
