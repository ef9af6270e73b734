"""Time of bootstrap intervals: one call of deepbio's metrics against a loop that calls scikit-learn for each resample.

    python benchmarks/metrics_speed.py [--labels 919] [--examples 100000] [--n-resamples 1000] [--out FILE]

1. A small case is run whole both ways, on the same resamples; the values must agree to 1e-12.
2. The large case (macro AUROC over all labels, about as rare as in DeepSEA) is run whole by deepbio. The loop would take hours, so
   some of its calls are timed, spread over labels and resamples, and their median is multiplied by the number of calls. That
   favours the loop: averaging over labels and drawing the resamples are not counted for it.
3. `summarize` of 1,000 binary examples, nine metrics with 1,000 resamples.

All times are CPU time of one process with one thread, so that a busy machine does not count; medians where something is repeated.
"""

import os
import resource
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy loads

import numpy as np
from _table import script, table, write_page
from sklearn.metrics import average_precision_score, roc_auc_score

from deepbio.metrics import auprc, auroc, bootstrap_distribution, bootstrap_weights, summarize
from deepbio.specs import Task


def example(labels: int, examples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rare labels and scores that find them fairly well."""
    random = np.random.default_rng(0)
    rates = random.uniform(0.005, 0.08, labels)
    y = random.random((examples, labels), dtype=np.float32) < rates
    p = random.normal(size=(examples, labels)).astype(np.float32) + 1.5 * y.astype(np.float32)
    return y.astype(np.uint8), p


def seconds(function, repeats: int = 1) -> tuple[float, object]:
    """Return the median time and the last result."""
    times, result = [], None
    for _ in range(repeats):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return float(np.median(times)), result


def whole_case(name, ours, theirs, labels=20, examples=10_000, n_resamples=50) -> list[str]:
    """Run both ways whole and compare; return a row of the table."""
    y, p = example(labels, examples)

    def loop():
        values = []
        for row in np.concatenate(list(bootstrap_weights(examples, n_resamples=n_resamples, seed=0))):
            drawn = np.repeat(np.arange(examples), row)
            values.append(np.mean([theirs(y[drawn, j], p[drawn, j]) for j in range(labels)]))
        return np.array(values)

    fast, found = seconds(lambda: bootstrap_distribution(ours, y, p, n_resamples=n_resamples, seed=0), repeats=3)
    slow, expected = seconds(loop)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    sizes = f"{labels} x {examples:,}", f"{n_resamples:,}"
    return [f"{name}, macro", *sizes, f"{slow:.2f} s", f"{fast:.2f} s", f"{slow / fast:.0f}"]


def large_case(labels: int, examples: int, n_resamples: int, calls: int) -> tuple[list[str], str]:
    """Run deepbio whole, time some calls of the loop; return a row of the table and what was timed."""
    y, p = example(labels, examples)
    fast, _ = seconds(lambda: bootstrap_distribution(auroc, y, p, n_resamples=n_resamples, seed=0))
    random, times = np.random.default_rng(1), []
    for _ in range(calls):
        drawn = random.integers(0, examples, examples)
        truth, scores = y[drawn, j := int(random.integers(labels))], p[drawn, j]
        times.append(1000 * seconds(lambda truth=truth, scores=scores: roc_auc_score(truth, scores))[0])
    slow = float(np.median(times)) / 1000 * labels * n_resamples
    timed = f"median {np.median(times):.1f} ms, {min(times):.1f} to {max(times):.1f} ms"
    sizes = f"{labels} x {examples:,}", f"{n_resamples:,}"
    row = ["AUROC, macro", *sizes, f"{slow:,.0f} s (estimated)", f"{fast:.0f} s", f"{slow / fast:.0f}"]
    return row, f"{calls} calls of `roc_auc_score` on resamples ({timed})"


@script(__doc__, labels=919, examples=100_000, n_resamples=1000, calls=100)
def main(arguments):
    rows = [whole_case("AUROC", auroc, roc_auc_score), whole_case("AUPRC", auprc, average_precision_score)]
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 1000)
    p = 1 / (1 + np.exp(-(random.normal(size=1000) + y)))
    small, _ = seconds(lambda: summarize(Task("binary", 1), y, p), repeats=7)
    row, timed = large_case(arguments.labels, arguments.examples, arguments.n_resamples, arguments.calls)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = arguments.labels * arguments.examples * 5 / 2**30
    parts = [
        table(
            ("metric", "labels x examples", "resamples", "loop over scikit-learn", "deepbio", "times faster"),
            [*rows, row],
        ),
        "The first two rows were run whole both ways on the same resamples, and the values agree to 1e-12. In the last row the loop "
        f"is estimated from {timed}. All times are CPU time of one thread.",
        f"`summarize` of 1,000 binary examples (nine metrics, 1,000 resamples): {small:.2f} s, median of 7. Peak memory of the whole "
        f"script: {peak:.1f} GiB, of which the truth and the scores of the last row are {size:.1f} GiB.",
    ]
    write_page(arguments, "Time of bootstrap intervals", "", *parts)
