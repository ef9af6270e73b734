"""Time of a training step: deepbio's loop against Keras's own `Model.fit`, same model, batches and process.

    python benchmarks/step_time.py [--rounds 7] [--out benchmarks/results/step_time.md]

Both train on the same arrays with the same optimizer and batch size, without validation; Keras shuffles as it does by default.
Keras runs twice: with its defaults, and with `steps_per_execution=32`, the setting with which its own overhead is smallest and
which a user must know of. deepbio runs with and without `jit_compile`. All take turns, so that a busy machine slows each; each
round is one epoch after three warm-up epochs. The figure is the ratio of the median times a step, with the range of the rounds'
ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from deepbio.datasets import Split
from deepbio.specs import ModelInput, Task
from deepbio.training.steps.feed import make_feed
from deepbio.training.steps.loop import StepLoop
from deepbio.training.steps.losses import loss_for
from deepbio.training.steps.step import Step
from deepbio.zoo import get_model

CASES = (
    # model, input shape, outputs, examples, batch size, options
    ("logistic", (30,), 1, 16_384, 32, {}),
    ("mlp", (30,), 1, 16_384, 32, {}),
    ("dna_cnn", (60,), 3, 16_384, 64, {}),
    ("image_cnn", (28, 28, 1), 10, 4_096, 64, {}),
    ("note_lstm", (128,), 50, 2_048, 64, {"vocabulary_size": 2_000}),
)


def measure(name, shape, outputs, examples, batch_size, options, rounds):
    random = np.random.Generator(np.random.Philox(0))
    modality = {"logistic": "table", "mlp": "table", "dna_cnn": "dna", "image_cnn": "image", "note_lstm": "text"}[name]
    spec = ModelInput(modality, shape)
    high = {"table": None, "dna": 4, "image": 256, "text": 2_000}[modality]
    x = random.normal(size=(examples, *shape)) if high is None else random.integers(0, high, (examples, *shape))
    x = x.astype(spec.dtype)
    y = random.integers(0, max(outputs, 2), examples)
    task = Task("binary", 1) if outputs == 1 else Task("multiclass", outputs)

    loss = (
        keras.losses.BinaryCrossentropy(from_logits=True)
        if outputs == 1
        else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )

    def compiled(steps_per_execution):
        model = get_model(name, input_shape=shape, outputs=outputs, seed=0, **options)
        model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss, steps_per_execution=steps_per_execution)
        return model

    theirs, theirs_tuned = compiled(1), compiled(32)

    feed = make_feed(Split(x, y), batch_size=batch_size, seed=0)

    def our_epochs(jit_compile):
        """Return a function that trains for one epoch."""
        model = get_model(name, input_shape=shape, outputs=outputs, seed=0, **options)
        optimizer, strategy = keras.optimizers.Adam(1e-3), tf.distribute.get_strategy()
        loop = StepLoop(Step(model, optimizer, loss_for(task), feed, strategy=strategy, jit_compile=jit_compile))
        no_callbacks = keras.callbacks.CallbackList([], model=model)
        return lambda epoch: loop.epoch(epoch, callbacks=no_callbacks)

    def their_epoch(_):
        theirs.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)

    def their_tuned_epoch(_):
        theirs_tuned.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)

    our_epoch = our_epochs(False)
    our_xla_epoch = our_epochs(True) if modality != "text" else None  # XLA takes no LSTM
    times = {run: [] for run in (their_epoch, their_tuned_epoch, our_epoch, our_xla_epoch) if run is not None}
    steps = -(-examples // batch_size)
    for run in times:
        for epoch in range(3):  # trace, and let the loop find its number of steps a call
            run(epoch)
    for epoch in range(rounds):
        for run, taken in times.items():
            start = time.perf_counter()
            run(3 + epoch)
            taken.append((time.perf_counter() - start) / steps)
    ours_taken = np.array(times[our_epoch])
    row = [np.median(ours_taken) * 1e3]
    for run in (their_epoch, their_tuned_epoch):
        taken = np.array(times[run])
        ratios = ours_taken / taken
        row += [np.median(taken) * 1e3, np.median(ours_taken) / np.median(taken), ratios.min(), ratios.max()]
    return [*row, np.median(times[our_xla_epoch]) * 1e3 if our_xla_epoch is not None else None]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines = [
        "# Time of a training step",
        "",
        f"`python benchmarks/step_time.py --rounds {arguments.rounds}`: deepbio's loop against Keras's `Model.fit` on the same model,",
        f"batches and process, turn and turn about, {arguments.rounds} rounds of one epoch. Seed 0.",
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}, {os.cpu_count()} CPU cores ({platform.machine()}).",
        "",
        "The steps-per-execution column is Keras with `steps_per_execution=32`. Beside each ratio: the range of the rounds. The last",
        "column is deepbio with `jit_compile=True` (XLA), which does not take an LSTM.",
        "",
        "| model | batch | deepbio, ms a step | Keras, ms | ratio | Keras, 32 steps per execution, ms | ratio | deepbio, XLA, ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for case in CASES:
        ours, plain, ratio, low, high, tuned, tuned_ratio, tuned_low, tuned_high, xla = measure(*case, arguments.rounds)
        lines.append(
            f"| `{case[0]}` | {case[4]} | {ours:.3f} | {plain:.3f} | {ratio:.2f} ({low:.2f} to {high:.2f}) "
            f"| {tuned:.3f} | {tuned_ratio:.2f} ({tuned_low:.2f} to {tuned_high:.2f}) "
            f"| {'-' if xla is None else f'{xla:.3f}'} |"
        )
        print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
