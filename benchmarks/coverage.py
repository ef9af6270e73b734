"""How often bootstrap intervals cover the truth, on simulated data, beside other intervals from the same resamples.

python benchmarks/coverage.py [--runs 2000] [--n-resamples 1000] [--out benchmarks/results/coverage.md]
"""

from collections.abc import Callable

import numpy as np
from _table import script, table, write_page
from scipy.special import expit, logit, ndtr, ndtri

from deepbio.metrics import accuracy, auprc, auroc, bootstrap_distribution, interval, pearson
from deepbio.metrics.resampling import independent_units

Z = float(ndtri(0.975))
WAYS = ("deepbio", "logit, normal quantile", "percentile", "BCa", "basic, logit")


def ranked(positives: int, negatives: int, shift: float) -> Callable:
    def draw(rng, times=1):
        y = np.repeat([1, 0], [positives * times, negatives * times])
        return y, rng.normal(size=len(y)) + shift * y

    return draw


def correlated(n: int, r: float) -> Callable:
    def draw(rng, times=1):
        y = rng.normal(size=n * times)
        return y, r * y + np.sqrt(1 - r * r) * rng.normal(size=n * times)

    return draw


def right_with(n: int, fraction: float) -> Callable:
    def draw(rng, times=1):
        y = rng.integers(0, 2, n * times)
        return y, np.where(rng.random(n * times) < fraction, y, 1 - y).astype(float)

    return draw


# name, metric, simulation, truth (None: from a very large sample), stratified, bounds
CASES = (
    ("AUROC .80, 100 + 200", auroc, ranked(100, 200, 1.2), float(ndtr(1.2 / 2**0.5)), True, (0, 1)),
    ("AUROC .96, 33 + 67", auroc, ranked(33, 67, 2.5), float(ndtr(2.5 / 2**0.5)), True, (0, 1)),
    ("AUROC .80, 20 + 20", auroc, ranked(20, 20, 1.2), float(ndtr(1.2 / 2**0.5)), True, (0, 1)),
    ("AUPRC .68, 100 + 200", auprc, ranked(100, 200, 1.2), None, True, (0, 1)),
    ("AUPRC .68, 200 + 400", auprc, ranked(200, 400, 1.2), None, True, (0, 1)),
    ("AUPRC .37, 30 + 270", auprc, ranked(30, 270, 1.2), None, True, (0, 1)),
    ("AUPRC .81, 30 + 270", auprc, ranked(30, 270, 2.5), None, True, (0, 1)),
    ("AUPRC .96, 100 + 200", auprc, ranked(100, 200, 2.8), None, True, (0, 1)),
    ("Pearson .6, 300", pearson, correlated(300, 0.6), 0.6, False, (-1, 1)),
    ("Pearson .6, 50", pearson, correlated(50, 0.6), 0.6, False, (-1, 1)),
    ("accuracy .8, 200", accuracy, right_with(200, 0.8), 0.8, False, (0, 1)),
)


def row(name, metric, draw, truth, stratified, bounds, *, runs: int, n_resamples: int) -> list[str]:
    if truth is None:
        truth = float(np.mean([metric(*draw(np.random.default_rng(10**6 + i), 200)) for i in range(20)]))
    hits, below, above = dict.fromkeys(WAYS, 0), 0, 0
    for run in range(runs):
        y, p = draw(np.random.default_rng(run))
        found = intervals(metric, y, p, y if stratified else None, bounds, n_resamples=n_resamples, seed=run)
        for way, (low, high) in found.items():
            hits[way] += low <= truth <= high
        below += truth < found["deepbio"][0]
        above += truth > found["deepbio"][1]
    cells = [f"{100 * hits[way] / runs:.1f}" for way in WAYS]
    return [name, f"{cells[0]} ({100 * below / runs:.1f}, {100 * above / runs:.1f})", *cells[1:]]


def intervals(metric, y, p, strata, bounds, *, n_resamples: int, seed: int) -> dict[str, tuple[float, float]]:
    value = float(metric(y, p))
    resampled = bootstrap_distribution(metric, y, p, n_resamples=n_resamples, seed=seed, strata=strata)
    units = independent_units(len(y), strata=strata)
    ours, plain = (interval(value, resampled, bounds=bounds, units=n) for n in (units, None))
    low, width = bounds[0], bounds[1] - bounds[0]
    scaled = logit(np.clip((resampled - low) / width, 1e-6, 1 - 1e-6))
    centre = logit(np.clip((value - low) / width, 1e-6, 1 - 1e-6))
    return {
        "deepbio": (ours.low, ours.high),
        "logit, normal quantile": (plain.low, plain.high),
        "percentile": tuple(np.quantile(resampled, [0.025, 0.975])),
        "BCa": bca(metric, y, p, value, resampled),
        "basic, logit": tuple(low + width * expit(2 * centre - np.quantile(scaled, [0.975, 0.025]))),
    }


def bca(metric, y, p, value: float, resampled: np.ndarray) -> tuple[float, float]:
    """Bias-corrected and accelerated (Efron 1987, doi:10.1080/01621459.1987.10478410), the jackknife over all examples."""
    n = len(y)
    left_out = metric(y, p, weights=np.ones((n, n), np.uint8) - np.eye(n, dtype=np.uint8))
    apart = left_out.mean() - left_out
    acceleration = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
    below = (np.sum(resampled < value) + 0.5 * np.sum(resampled == value)) / len(resampled)
    bias, ends = ndtri(np.clip(below, 1e-4, 1 - 1e-4)), np.array([-Z, Z])
    return tuple(np.quantile(resampled, ndtr(bias + (bias + ends) / (1 - acceleration * (bias + ends)))))


@script(__doc__, runs=2000, n_resamples=1000)
def main(arguments):
    rows = [row(*case, runs=arguments.runs, n_resamples=arguments.n_resamples) for case in CASES]
    covered = {cells[0]: float(cells[1].split()[0]) for cells in rows}
    outside = [f"{name} ({percent})" for name, percent in covered.items() if not 93 <= percent <= 97]
    about = (
        f"95% was asked for; {arguments.runs} simulated data sets per row, so a standard error of "
        f"{100 * np.sqrt(0.95 * 0.05 / arguments.runs):.1f} points. Positives + negatives, or examples. In brackets: misses with "
        "the truth below and above the interval, for deepbio's own."
    )
    last = f"Outside of 93 to 97%: {', '.join(outside) or 'none'}."
    lines = table(("case", *WAYS), rows)
    write_page(arguments, "How often intervals cover the truth", about, lines, last)
