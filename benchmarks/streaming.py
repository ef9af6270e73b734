"""Streaming a data set that does not fit: 2 million windows of 1,000 bp over a memory-mapped genome.

    python benchmarks/streaming.py [--windows 2000000] [--epochs 6] [--basset-steps 12] [--out benchmarks/results/streaming.md]

The genome is simulated (a file of random bytes 0 to 3, one a base). Two measurements, both through `deepbio`'s own feed and step loop:

1. Memory: a small model sees every window in every epoch. Resident memory is read from /proc at the end of each epoch, the
   process's own (anonymous) apart from pages of the mapped file, which the system may drop whenever it likes.
2. Data wait: `basset` (Kelley et al. 2016, doi:10.1101/gr.200535.115) on 1,000 bp trains for a few steps an epoch. The share is the
   time that the step stood waiting for its batch.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from deepbio.datasets import Split
from deepbio.layers import OneHot
from deepbio.specs import Task
from deepbio.training.steps.feed import make_feed
from deepbio.training.steps.loop import StepLoop
from deepbio.training.steps.losses import loss_for
from deepbio.training.steps.step import Step
from deepbio.zoo import get_model

LENGTH = 1000
BOUND = 500  # MiB of own memory, in every epoch


class Windows:
    """Windows of a genome in a memory-mapped file: a source."""

    def __init__(self, path: Path, starts: np.ndarray):
        self._genome = np.memmap(path, np.uint8, mode="r")
        self._starts = starts
        self.shape, self.dtype = (len(starts), LENGTH), np.dtype(np.uint8)

    def __len__(self):
        return len(self._starts)

    def __getitem__(self, indices):
        return self._genome[self._starts[indices][:, None] + np.arange(LENGTH)]


def simulate(path: Path, bases: int):
    random = np.random.Generator(np.random.Philox(0))
    with path.open("wb") as file:
        for first in range(0, bases, 10_000_000):
            file.write(random.integers(0, 4, min(10_000_000, bases - first), dtype=np.uint8).tobytes())


def memory():
    """Return resident MiB: of the process itself, and of mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith("Rss")}
    return sizes["RssAnon"], sizes["RssFile"]


def small(outputs):
    inputs = keras.Input((LENGTH,), dtype="uint8")
    x = keras.layers.Conv1D(4, 19, strides=19)(OneHot()(inputs))
    return keras.Model(inputs, keras.layers.Dense(outputs)(keras.layers.GlobalMaxPooling1D()(x)))


def loop_of(model, feed):
    loss = loss_for(Task("multilabel", model.output_shape[-1]))
    return StepLoop(Step(model, keras.optimizers.Adam(1e-3), loss, feed, strategy=tf.distribute.get_strategy()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=2_000_000)
    parser.add_argument("--bases", type=int, default=1_000_000_000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--basset-steps", type=int, default=12)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines = [
        "# Streaming 2 million windows",
        "",
        f"`python benchmarks/streaming.py`: {arguments.windows:,} windows of {LENGTH} bp at random places of a simulated genome of "
        f"{arguments.bases:,} bp in a memory-mapped file.",
        f"TensorFlow {tf.__version__}, {os.cpu_count()} CPU cores ({platform.machine()}).",
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "genome.u8"
        simulate(path, arguments.bases)
        random = np.random.Generator(np.random.Philox(1))
        windows = Windows(path, random.integers(0, arguments.bases - LENGTH, arguments.windows))
        labels = random.integers(0, 2, (arguments.windows, 4)).astype(np.float32)
        callbacks = keras.callbacks.CallbackList([])

        loop = loop_of(small(4), make_feed(Split(windows, labels), batch_size=512, seed=0))
        lines += [
            "", "## Memory: every window, a small model, batches of 512", "",
            "| epoch | steps | minutes | own memory, MiB | mapped pages, MiB | data wait |", "|---|---|---|---|---|---|",
        ]  # fmt: skip
        own = []
        for epoch in range(arguments.epochs):
            start = time.perf_counter()
            loop.epoch(epoch, callbacks=callbacks)
            took = time.perf_counter() - start
            gc.collect()
            anonymous, mapped = memory()
            own.append(anonymous)
            lines.append(
                f"| {epoch + 1} | {loop.steps:,} | {took / 60:.1f} | {anonymous:,.0f} | {mapped:,.0f} | {loop.waited / took:.0%} |"
            )
            print(lines[-1], flush=True)
        growth = max(own[1:], default=own[0]) - own[0]
        lines += [
            "",
            f"Own memory grew by {growth:.0f} MiB from the end of the first epoch to the highest after it. The windows as an array "
            f"would take {arguments.windows * LENGTH / 2**20:,.0f} MiB.",
            f"The bound that the script holds: {BOUND} MiB of own memory in every epoch.",
            "Here the step is so short that gathering is what takes the time.",
        ]

        few = arguments.basset_steps * 64
        chosen = windows
        lines += [
            "", "## Data wait: `basset`, batches of 64", "",
            f"{arguments.basset_steps} steps an epoch (a whole one would take days on this machine), after one to warm up.", "",
            "| epoch | seconds a step | data wait |", "|---|---|---|",
        ]  # fmt: skip
        feed = make_feed(Split(_First(chosen, few), labels[:few]), batch_size=64, seed=0)
        loop = loop_of(get_model("basset", input_shape=LENGTH, outputs=4, seed=0), feed)
        loop.epoch(0, callbacks=callbacks)
        shares = []
        for epoch in range(1, arguments.epochs + 1):
            start = time.perf_counter()
            loop.epoch(epoch, callbacks=callbacks, steps_per_call=4)
            took = time.perf_counter() - start
            shares.append(loop.waited / took)
            lines.append(f"| {epoch} | {took / loop.steps:.2f} | {shares[-1]:.2%} |")
            print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")
    assert max(shares) < 0.05, shares
    assert max(own) < BOUND, own


class _First:
    """The first examples of a source."""

    def __init__(self, source, count):
        self._source = source
        self.shape, self.dtype = (count, *source.shape[1:]), source.dtype

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, indices):
        return self._source[indices]


if __name__ == "__main__":
    main()
