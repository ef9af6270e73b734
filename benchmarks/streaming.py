"""Streaming a data set that does not fit: 2 million windows of 1,000 bp over a memory-mapped genome.

    python benchmarks/streaming.py [--windows 2000000] [--epochs 6] [--basset-steps 12] [--out benchmarks/results/streaming.md]

The genome is simulated (a file of random bytes 0 to 3, one per base). Two measurements, both through deepbio's own feed and step loop:

1. Memory: a small model sees every window in every epoch. Resident memory is read from /proc at the end of each epoch, the
   process's own (anonymous) apart from pages of the mapped file, which the system may drop whenever it likes.
2. Data wait: `basset` (Kelley et al. 2016, doi:10.1101/gr.200535.115) on 1,000 bp trains for a few steps per epoch; the fraction of
   the time that the step waited for its batch.

Exits with 1 if own memory exceeds 500 MiB, or the wait 5%.
"""

import gc
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _table import script, table, write_page

from deepbio.datasets import Split
from deepbio.layers import OneHot
from deepbio.specs import Task
from deepbio.training.steps.feed import make_feed
from deepbio.training.steps.loop import StepLoop
from deepbio.training.steps.losses import loss_for
from deepbio.training.steps.step import Step
from deepbio.zoo import get_model

LENGTH = 1000
MAX_MEMORY, MAX_WAIT = 500, 0.05  # MiB of own memory in every epoch, fraction of the time


class Windows:
    """Source of windows of a genome in a memory-mapped file."""

    def __init__(self, genome: np.ndarray, starts: np.ndarray):
        self.genome, self.starts = genome, starts
        self.shape, self.dtype = (len(starts), LENGTH), np.dtype(np.uint8)

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, indices):
        return self.genome[self.starts[indices][:, None] + np.arange(LENGTH)]


def simulate(path: Path, bases: int) -> np.ndarray:
    random = np.random.Generator(np.random.Philox(0))
    with path.open("wb") as file:
        for first in range(0, bases, 10_000_000):
            file.write(random.integers(0, 4, min(10_000_000, bases - first), dtype=np.uint8).tobytes())
    return np.memmap(path, np.uint8, mode="r")


def memory() -> tuple[float, float]:
    """Return resident MiB: of the process itself, and of mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith("Rss")}
    return sizes["RssAnon"], sizes["RssFile"]


def small(outputs):
    inputs = keras.Input((LENGTH,), dtype="uint8")
    x = keras.layers.Conv1D(4, 19, strides=19)(OneHot()(inputs))
    return keras.Model(inputs, keras.layers.Dense(outputs)(keras.layers.GlobalMaxPooling1D()(x)))


def epochs(model, windows: Windows, labels: np.ndarray, batch_size: int, numbers, **settings):
    """Yield the loop and the seconds of each epoch."""
    feed = make_feed(Split(windows, labels), batch_size=batch_size, seed=0)
    loss, strategy = loss_for(Task("multilabel", model.output_shape[-1])), tf.distribute.get_strategy()
    loop = StepLoop(Step(model, keras.optimizers.Adam(1e-3), loss, feed, strategy=strategy))
    for epoch in numbers:
        start = time.perf_counter()
        loop.epoch(epoch, callbacks=keras.callbacks.CallbackList([]), **settings)
        yield loop, time.perf_counter() - start
        gc.collect()


@script(__doc__, windows=2_000_000, bases=1_000_000_000, epochs=6, basset_steps=12)
def main(arguments):
    n, steps, own, waits, every, basset = arguments.windows, arguments.basset_steps, [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        genome = simulate(Path(folder) / "genome.u8", arguments.bases)
        random = np.random.Generator(np.random.Philox(1))
        starts = random.integers(0, arguments.bases - LENGTH, n)
        labels = random.integers(0, 2, (n, 4)).astype(np.float32)
        for loop, took in epochs(small(4), Windows(genome, starts), labels, 512, range(arguments.epochs)):
            gc.collect()
            anonymous, mapped = memory()
            own.append(anonymous)
            sizes = f"{anonymous:,.0f}", f"{mapped:,.0f}"
            every.append([len(own), f"{loop.steps:,}", f"{took / 60:.1f}", *sizes, f"{loop.waited / took:.0%}"])
            print(*every[-1], flush=True)
        few, model = slice(64 * steps), get_model("basset", input_shape=LENGTH, outputs=4, seed=0)
        windows, numbers = Windows(genome, starts[few]), range(arguments.epochs + 1)
        for loop, took in epochs(model, windows, labels[few], 64, numbers, steps_per_call=min(4, steps)):
            waits.append(loop.waited / took)
            basset.append([len(basset), f"{took / loop.steps:.2f}", f"{waits[-1]:.2%}"])
            print(*basset[-1], flush=True)
    growth = max(own[1:], default=own[0]) - own[0]
    parts = [
        "## Memory: every window, a small model, batches of 512",
        table(("epoch", "steps", "minutes", "own memory, MiB", "mapped pages, MiB", "data wait"), every),
        f"Own memory grew by {growth:.0f} MiB from the end of the first epoch to the highest after it. The windows as an "
        f"array would take {n * LENGTH / 2**20:,.0f} MiB. The bound that the script checks: {MAX_MEMORY} MiB of own "
        "memory in every epoch. Here the step is so short that gathering is what takes the time.",
        "## Data wait: `basset`, batches of 64",
        f"{steps} steps per epoch (a whole one would take days on this machine), after one to warm up.",
        table(("epoch", "seconds per step", "data wait"), basset[1:]),
    ]
    about = f"{n:,} windows of {LENGTH} bp of a simulated genome of {arguments.bases:,} bp in a memory-mapped file."
    write_page(arguments, "Streaming 2 million windows", about, *parts)
    sys.exit(max(waits[1:]) >= MAX_WAIT or max(own) >= MAX_MEMORY)
