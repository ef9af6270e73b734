"""The same run on 1, 2 and 4 logical devices and in 2 processes: how far losses, weights and metrics differ.

    python benchmarks/parity.py [--out benchmarks/results/parity.md]

The runs are those that `tests/training/test_parity.py` bounds, by the same program `tests/training/programs/parity.py`: four
families without dropout, 67 examples in batches of 16, so that the last batch of each of the three epochs has three, compiled.
Seeds: weights 1, order 2.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _table import ROOT, script, table, write_page

FAMILIES = ("mlp", "dna_cnn", "image_cnn", "note_lstm")
NAMES = {"cpu:2": "2 logical devices", "cpu:4": "4 logical devices", "multiworker": "2 processes"}
PROGRAM = ROOT / "tests/training/programs/parity.py"


def cluster() -> list[str]:
    """Return the TF_CONFIG of each of two workers on this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return [json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}}) for i in range(2)]


def runs(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Train every family on one device and by each strategy, all at once; return what the first process of each saved."""
    files, processes = {}, []
    for strategy in ("one", *NAMES):
        for i, config in enumerate(cluster() if strategy == "multiworker" else [""]):
            file = folder / f"{{}}-{i}.npz"
            files.setdefault(strategy, str(file).format(strategy))
            variables = {**os.environ, "PYTHONPATH": str(ROOT), **({"TF_CONFIG": config} if config else {})}
            trained = [f"{optimizer}|{family}" for optimizer in ("sgd", "adam") for family in FAMILIES]
            processes.append(subprocess.Popen([sys.executable, PROGRAM, file, strategy, *trained], env=variables))
    codes = [process.wait(timeout=900) for process in processes]
    if any(codes):
        sys.exit("A run failed.")
    return {strategy: dict(np.load(file)) for strategy, file in files.items()}


@script(__doc__)
def main(arguments):
    with tempfile.TemporaryDirectory() as folder:
        found = runs(Path(folder))

    def apart(family, strategy, optimizer, what, relative=False, steps=None):
        many, one = (found[s][f"{optimizer}|{family}|{what}"][:steps] for s in (strategy, "one"))
        return f"{np.abs(many / one - 1 if relative else many - one).max():.1e}"

    kinds = (("sgd", "losses", True), ("sgd", "weights"), ("adam", "losses", True, 10), ("adam", "metrics"))
    rows = [
        [f"`{family}`", NAMES[strategy], *(apart(family, strategy, *kind) for kind in kinds)]
        for family in FAMILIES
        for strategy in NAMES
    ]
    header = ("model", "where", "SGD: loss, all 15 steps", "SGD: weights", "Adam: loss, 10 steps", "Adam: metrics")
    about = (
        "Four families without dropout, 67 examples in batches of 16 for three epochs (the last batch has three examples), compared "
        "with the same run on one device. Largest differences: loss of a step relative to that on one device, final weights and final "
        "metrics absolute. Adam amplifies rounding where the exact gradient is zero, so its losses are compared for ten steps."
    )
    last = "The tests allow 1e-5, 1e-4, 1e-5 and 0.01."
    write_page(arguments, "One run on many devices", about, table(header, rows), last)
