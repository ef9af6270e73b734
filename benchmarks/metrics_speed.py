"""Time of bootstrap intervals: one call of deepbio's metrics against a loop that calls scikit-learn for each resample.

    python benchmarks/metrics_speed.py [--labels 919] [--examples 100000] [--draws 1000] [--out benchmarks/results/metrics_speed.md]

1. A small case is run whole both ways, on the same resamples; the values must agree to 1e-12.
2. The large case (macro AUROC over all labels, a share of labels about as rare as in DeepSEA) is run whole by deepbio. The loop
   would take hours, so some of its calls are timed, spread over labels and draws, and their median is multiplied by the number
   of calls. That favours the loop: averaging over labels and drawing the resamples are not counted for it.
3. `summarize` of 1,000 binary examples, nine metrics with 1,000 draws.

All times are CPU time of one process with one thread, so that a busy machine does not count; medians where something is
repeated.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy loads

import numpy as np
import scipy
import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score

from deepbio.metrics import auprc, auroc, bootstrap_distribution, bootstrap_weights, summarize
from deepbio.specs import Task


def example(labels: int, examples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return rare labels and scores that find them fairly well."""
    random = np.random.default_rng(seed)
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


def whole_case(name, ours, theirs, labels=20, examples=10_000, draws=50):
    """Run both ways whole and compare; give a row of the table."""
    y, p = example(labels, examples)

    def loop():
        values = []
        for weights in bootstrap_weights(examples, draws=draws, seed=0):
            for row in weights:
                drawn = np.repeat(np.arange(examples), row)
                values.append(np.mean([theirs(y[drawn, j], p[drawn, j]) for j in range(labels)]))
        return np.array(values)

    fast, found = seconds(lambda: bootstrap_distribution(ours, y, p, draws=draws, seed=0), repeats=3)
    slow, expected = seconds(loop)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    return f"| {name}, macro | {labels} x {examples:,} | {draws:,} | {slow:.2f} s | {fast:.2f} s | {slow / fast:.0f} |"


def large_case(labels: int, examples: int, draws: int, calls: int):
    """Run deepbio whole, time some calls of the loop; give a row of the table and what was timed."""
    y, p = example(labels, examples)
    fast, _ = seconds(lambda: bootstrap_distribution(auroc, y, p, draws=draws, seed=0))
    random = np.random.default_rng(1)
    times = []
    for _ in range(calls):
        drawn = random.integers(0, examples, examples)
        truth, scores = y[drawn, j := int(random.integers(labels))], p[drawn, j]
        times.append(seconds(lambda truth=truth, scores=scores: roc_auc_score(truth, scores))[0])
    one = float(np.median(times))
    slow = one * labels * draws
    row = f"| AUROC, macro | {labels} x {examples:,} | {draws:,} | {slow:,.0f} s (estimated) | {fast:.0f} s | {slow / fast:.0f} |"
    spread = f"median {1000 * one:.1f} ms, {1000 * min(times):.1f} to {1000 * max(times):.1f} ms"
    return row, f"{calls} calls of `roc_auc_score` on resamples ({spread})"


def processor() -> str:
    """Return the name of the processor where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=919)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--calls", type=int, default=100, help="calls of the loop that are timed in the large case")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/metrics_speed.md"))
    given = parser.parse_args()

    rows = [whole_case("AUROC", auroc, roc_auc_score), whole_case("AUPRC", auprc, average_precision_score)]
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 1000)
    p = 1 / (1 + np.exp(-(random.normal(size=1000) + y)))
    small, _ = seconds(lambda: summarize(Task("binary", 1), y, p), repeats=7)
    row, timed = large_case(given.labels, given.examples, given.draws, given.calls)
    rows.append(row)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

    text = f"""# Time of bootstrap intervals

    python benchmarks/metrics_speed.py --labels {given.labels} --examples {given.examples} --draws {given.draws}

| metric | labels x examples | draws | loop over scikit-learn | deepbio | times faster |
|---|---|---|---|---|---|
{chr(10).join(rows)}

The first two rows were run whole both ways on the same resamples, and the values agree to 1e-12. In the last row the loop is
estimated from {timed}. All times are CPU time of one thread.

`summarize` of 1,000 binary examples (nine metrics, 1,000 draws): {small:.2f} s, median of 7. Peak memory of the whole script:
{peak:.1f} GiB, of which the truth and the scores of the last row are {given.labels * given.examples * 5 / 2**30:.1f} GiB.

{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__},
scikit-learn {sklearn.__version__}.
"""
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
