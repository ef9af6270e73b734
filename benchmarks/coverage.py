"""How often bootstrap intervals hold the truth, on simulated data, beside other ways to make them from the same resamples.

python benchmarks/coverage.py [--runs 2000] [--draws 1000] [--out benchmarks/results/coverage.md]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
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


def right_with(n: int, share: float) -> Callable:
    def draw(rng, times=1):
        y = rng.integers(0, 2, n * times)
        return y, np.where(rng.random(n * times) < share, y, 1 - y).astype(float)

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    error = 100 * np.sqrt(0.95 * 0.05 / arguments.runs)
    lines = [
        "# How often intervals hold the truth",
        "",
        f"`python benchmarks/coverage.py --runs {arguments.runs} --draws {arguments.draws}`. 95% was asked for;",
        f"{arguments.runs} simulated data sets a row, so a standard error of {error:.1f} points. Positives + negatives, or",
        "examples. In brackets: misses with the truth below and above the interval, for deepbio's own.",
        "",
        f"| case | {' | '.join(WAYS)} |",
        f"|{'---|' * (1 + len(WAYS))}",
    ]
    for case in CASES:
        lines.append(row(*case, runs=arguments.runs, draws=arguments.draws))
        print(lines[-1], flush=True)
    outside = [f"{line.split(' | ')[0][2:]} ({share})" for line in lines[8:] if not 93 <= (share := _share(line)) <= 97]
    lines += ["", f"Outside of 93 to 97%: {', '.join(outside) or 'none'}."]
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _share(line: str) -> float:
    return float(line.split(" | ")[1].split(" ")[0])


def row(name, metric, draw, truth, stratified, bounds, *, runs: int, draws: int) -> str:
    if truth is None:
        truth = float(np.mean([metric(*draw(np.random.default_rng(10**6 + i), 200)) for i in range(20)]))
    hits, below, above = dict.fromkeys(WAYS, 0), 0, 0
    for run in range(runs):
        y, p = draw(np.random.default_rng(run))
        strata = y if stratified else None
        found = intervals(metric, y, p, strata, bounds, draws=draws, seed=run)
        for way, (low, high) in found.items():
            hits[way] += low <= truth <= high
        below += truth < found["deepbio"][0]
        above += truth > found["deepbio"][1]
    cells = [f"{100 * hits[way] / runs:.1f}" for way in WAYS]
    cells[0] += f" ({100 * below / runs:.1f}, {100 * above / runs:.1f})"
    return f"| {name} | {' | '.join(cells)} |"


def intervals(metric, y, p, strata, bounds, *, draws: int, seed: int) -> dict[str, tuple[float, float]]:
    value = float(metric(y, p))
    drawn = bootstrap_distribution(metric, y, p, draws=draws, seed=seed, strata=strata)
    units = independent_units(len(y), strata=strata)
    ours, plain = (interval(value, drawn, bounds=bounds, units=n) for n in (units, None))
    low, width = bounds[0], bounds[1] - bounds[0]
    scaled = logit(np.clip((drawn - low) / width, 1e-6, 1 - 1e-6))
    centre = logit(np.clip((value - low) / width, 1e-6, 1 - 1e-6))
    return {
        "deepbio": (ours.low, ours.high),
        "logit, normal quantile": (plain.low, plain.high),
        "percentile": tuple(np.quantile(drawn, [0.025, 0.975])),
        "BCa": bca(metric, y, p, value, drawn),
        "basic, logit": tuple(low + width * expit(2 * centre - np.quantile(scaled, [0.975, 0.025]))),
    }


def bca(metric, y, p, value: float, drawn: np.ndarray) -> tuple[float, float]:
    """Bias-corrected and accelerated (Efron 1987, doi:10.1080/01621459.1987.10478410), the jackknife over all examples."""
    n = len(y)
    left_out = metric(y, p, weights=np.ones((n, n), np.uint8) - np.eye(n, dtype=np.uint8))
    apart = left_out.mean() - left_out
    acceleration = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
    bias = ndtri(np.clip((np.sum(drawn < value) + 0.5 * np.sum(drawn == value)) / len(drawn), 1e-4, 1 - 1e-4))
    ends = np.array([-Z, Z])
    return tuple(np.quantile(drawn, ndtr(bias + (bias + ends) / (1 - acceleration * (bias + ends)))))


if __name__ == "__main__":
    main()
