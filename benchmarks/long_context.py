"""Memory and time of the whole Enformer on a small machine: one forward pass of 196,608 bases, and a training step at a cut length.

python benchmarks/long_context.py [--forward 196608] [--train 16384] [--out benchmarks/results/long_context.md]

Each row is a process of its own, whose memory is read every 5 ms. The model has all 246,202,049 parameters, in float32.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HEAD = """# Long context on a small machine

`python benchmarks/long_context.py` on an Intel Xeon with AVX-512, TensorFlow 2.21, float32: Enformer with all its parameters, one
example, human head. The process had one core, on which other programs ran at the same time, so the processor seconds of the second
pass say more than the seconds that passed. Resident memory includes the weights (0.9 GiB) and TensorFlow itself (0.7 GiB).
`estimate` is what `deepbio.devices.memory` finds in the traced graph before anything runs, without weights: it leaves out what the
kernels of convolutions take. A step computes activations and gradients of all parameters, without an optimizer; Adam's moments
are another 1.8 GiB.

"""
COLUMNS = [
    "pass", "bases", "recompute", "cores", "seconds, first", "seconds, second", "processor seconds", "memory before, GiB",
    "peak, GiB", "estimate, GiB",
]  # fmt: skip


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) * 1024


class Peak:
    """The largest resident memory inside a block."""

    def __enter__(self):
        self.bytes, self._done = resident(), threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        while not self._done.wait(0.005):
            self.bytes = max(self.bytes, resident())

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


def measure(kind: str, length: int) -> dict:
    """Return the row of one pass: `"forward"`, `"step"` or `"recompute"`."""
    import numpy as np
    import tensorflow as tf

    from deepbio.devices.machine import available_cores
    from deepbio.devices.memory import peak_bytes
    from deepbio.training.steps.recompute import Recomputed
    from deepbio.zoo import get_model

    cut: Any = {} if length == 196_608 else {"cropping": 0}
    model = get_model("enformer", input_shape=length, seed=0, **cut)
    variables = [variable.value for variable in model.trainable_variables]
    forward = Recomputed(model) if kind == "recompute" else lambda x: model(x, training=kind == "step")

    def run(x):
        if kind == "forward":
            return forward(x)
        with tf.GradientTape() as tape:
            rates = tf.exp(forward(x))
            loss = tf.reduce_mean(rates - tf.math.log(rates))
        gradients: Any = tape.gradient(loss, variables)
        return [tf.reduce_sum(tf.abs(g)) for g in gradients]

    x = tf.constant(np.random.Generator(np.random.Philox(0)).integers(0, 4, (1, length)).astype(np.uint8))
    traced = tf.function(run).get_concrete_function(x)
    row = {"kind": kind, "length": length, "estimate": peak_bytes(traced.graph, batch_size=1), "before": resident()}
    row["cores"] = available_cores()
    with Peak() as peak:
        for name in ("first", "second"):
            began, processor = time.perf_counter(), time.process_time()
            found = traced(x)
            values = [float(v) for v in found] if isinstance(found, list) else float(tf.reduce_mean(found))
            row[name], row["processor"] = time.perf_counter() - began, time.process_time() - processor
    return {**row, "peak": peak.bytes, "finite": bool(np.isfinite(values).all())}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--forward", type=int, nargs="*", default=[196_608])
    found.add_argument("--train", type=int, nargs="*", default=[16_384])
    found.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/long_context.md")
    found.add_argument("--row", nargs=2, help=argparse.SUPPRESS)
    return found


def main() -> None:
    """Measure each row in a process of its own, and write the table."""
    arguments = parser().parse_args()
    if arguments.row:
        print(json.dumps(measure(arguments.row[0], int(arguments.row[1]))))
        return
    cases = [("forward", n) for n in arguments.forward]
    cases += [(kind, n) for n in arguments.train for kind in ("step", "recompute")]
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for kind, length in cases:
        command = [sys.executable, __file__, "--row", kind, str(length)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(done.stdout.splitlines()[-1])
        assert row["finite"]
        before, peak, estimate = (f"{row[name] / 2**30:.1f}" for name in ("before", "peak", "estimate"))
        name, again = (
            ("forward", "") if kind == "forward" else ("training step", "yes" if kind == "recompute" else "no")
        )
        lines.append(
            f"| {name} | {length:,} | {again} | {row['cores']} | {row['first']:.0f} | {row['second']:.0f} "
            f"| {row['processor']:.0f} | {before} | {peak} | {estimate} |"
        )
        print(lines[-1], flush=True)
        arguments.out.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
