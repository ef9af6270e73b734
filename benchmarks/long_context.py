"""Memory and time of the whole Enformer on a small machine: one forward pass of 196,608 bases, and a training step at a cut length.

python benchmarks/long_context.py [--forward 196608] [--train 16384] [--out FILE]

Each row is a process of its own, whose memory is read every 5 ms. The model has all 246,202,049 parameters, in float32.
"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from _table import script, table, write_page

ABOUT = """TensorFlow 2.21, float32: Enformer with all its parameters, one example, human head. Programs that ran on the machine at the
same time share its cores, so the processor seconds of the second pass say more than the seconds that passed. Resident memory includes
the weights (0.9 GiB) and TensorFlow itself (0.7 GiB). `estimate` is what `deepbio.devices.memory` finds in the traced graph before
anything runs, without weights: it leaves out what the kernels of convolutions take. A step computes activations and gradients of all
parameters, without an optimizer; Adam's moments are another 1.8 GiB."""
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


@script(__doc__, forward=[196_608], train=[16_384], row="")
def main(arguments):
    """Measure each row in a process of its own, and write the table."""
    if arguments.row:
        kind, length = arguments.row.split(":")
        print(json.dumps(measure(kind, int(length))))
        return
    cases = [("forward", n) for n in arguments.forward]
    cases += [(kind, n) for n in arguments.train for kind in ("step", "recompute")]
    rows = []
    for kind, length in cases:
        command = [sys.executable, __file__, "--row", f"{kind}:{length}"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(done.stdout.splitlines()[-1])
        assert row["finite"]
        memory = [f"{row[name] / 2**30:.1f}" for name in ("before", "peak", "estimate")]
        seconds = [f"{row[name]:.0f}" for name in ("first", "second", "processor")]
        name, again = (
            ("forward", "") if kind == "forward" else ("training step", "yes" if kind == "recompute" else "no")
        )
        rows.append([name, f"{length:,}", again, row["cores"], *seconds, *memory])
    write_page(arguments, "Long context on a small machine", " ".join(ABOUT.split()), table(COLUMNS, rows))
