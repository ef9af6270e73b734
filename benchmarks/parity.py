"""The same run on 1, 2 and 4 logical devices and in 2 processes: how far losses, weights and metrics lie apart.

    python benchmarks/parity.py [--out benchmarks/results/parity.md]

The runs are those of `tests/training/test_parity.py`, which holds them to its bounds: four families without dropout, 67 examples
in batches of 16, so that the last batch of each of the three epochs has three, compiled. Seeds: weights 1, order 2.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from tests.training.parity_runs import FAMILIES, STRATEGIES, parity_runs

NAMES = {"cpu:2": "2 logical devices", "cpu:4": "4 logical devices", "multiworker": "2 processes"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    import keras
    import tensorflow as tf

    lines = [
        "# One run on many devices",
        "",
        "`python benchmarks/parity.py`: four families without dropout, 67 examples in batches of 16 for three epochs (the last",
        "batch has three examples), compared with the same run on one device. Largest differences: loss of a step relative to",
        "that on one device, final weights and final metrics absolute. Adam blows rounding up where the exact gradient is",
        "zero, so its losses are compared for ten steps.",
        "Seeds: weights 1, order 2. "
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}, {os.cpu_count()} CPU cores ({platform.machine()}).",
        "",
        "| model | where | SGD: loss, all 15 steps | SGD: weights | Adam: loss, 10 steps | Adam: metrics |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        found = {o: parity_runs(o, Path(scratch), seconds=900) for o in ("sgd", "adam")}
    for family in FAMILIES:
        for strategy in STRATEGIES:

            def apart(optimizer, what, relative=False, steps=None, family=family, strategy=strategy):
                many, one = (found[optimizer][s][0][f"{family}|{what}"][:steps] for s in (strategy, "one"))
                return np.abs(many / one - 1 if relative else many - one).max()

            lines.append(
                f"| `{family}` | {NAMES[strategy]} | {apart('sgd', 'losses', True):.1e} | {apart('sgd', 'weights'):.1e} "
                f"| {apart('adam', 'losses', True, 10):.1e} | {apart('adam', 'metrics'):.1e} |"
            )
            print(lines[-1], flush=True)
    lines += ["", "The tests allow 1e-5, 1e-4, 1e-5 and 0.01."]
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
