"""Time of a training step: deepbio's loop against Keras's own `Model.fit`, same model, batches and process.

    python benchmarks/step_time.py [--rounds 7] [--out benchmarks/results/step_time.md]

Both train on the same arrays with the same optimizer and batch size, without validation; Keras shuffles as it does by default.
Keras runs twice: with its defaults, and with `steps_per_execution=32`, the setting with which its own overhead is smallest and
which a user must know of. deepbio runs with and without `jit_compile`. All take turns, so that a busy machine slows each; each
round is one epoch after three warm-up epochs. The figure is the ratio of the median times per step, with the range of the rounds'
ratios.
"""

import time

import numpy as np
from _table import script, table, write_page

# model, modality, largest value, input shape, outputs, examples, batch size, options
CASES = (
    ("logistic", "table", None, (30,), 1, 16_384, 32, {}),
    ("mlp", "table", None, (30,), 1, 16_384, 32, {}),
    ("dna_cnn", "dna", 4, (60,), 3, 16_384, 64, {}),
    ("image_cnn", "image", 256, (28, 28, 1), 10, 4_096, 64, {}),
    ("note_lstm", "text", 2_000, (128,), 50, 2_048, 64, {"vocabulary_size": 2_000}),
)


def epochs_of(name, modality, high, shape, outputs, examples, batch_size, config):
    """Return functions that train for one epoch, by the name of the way, and the number of steps."""
    import keras
    import tensorflow as tf

    from deepbio.datasets import Split
    from deepbio.specs import ModelInput, Task
    from deepbio.training.steps.feed import make_feed
    from deepbio.training.steps.loop import StepLoop
    from deepbio.training.steps.losses import loss_for
    from deepbio.training.steps.step import Step
    from deepbio.zoo import get_model

    random, binary = np.random.Generator(np.random.Philox(0)), outputs == 1
    x = random.normal(size=(examples, *shape)) if high is None else random.integers(0, high, (examples, *shape))
    x, y = x.astype(ModelInput(modality, shape).dtype), random.integers(0, max(outputs, 2), examples)
    task = Task("binary", 1) if binary else Task("multiclass", outputs)
    feed, strategy = make_feed(Split(x, y), batch_size=batch_size, seed=0), tf.distribute.get_strategy()

    def model():
        return get_model(name, input_shape=shape, outputs=outputs, seed=0, **config), keras.optimizers.Adam(1e-3)

    def theirs(steps_per_execution):
        network, optimizer = model()
        losses = keras.losses.BinaryCrossentropy, keras.losses.SparseCategoricalCrossentropy
        loss = losses[not binary](from_logits=True)
        network.compile(optimizer=optimizer, loss=loss, steps_per_execution=steps_per_execution)
        return lambda epoch: network.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)

    def ours(jit_compile):
        network, optimizer = model()
        step = Step(network, optimizer, loss_for(task), feed, strategy=strategy, jit_compile=jit_compile)
        loop, callbacks = StepLoop(step), keras.callbacks.CallbackList([], model=network)
        return lambda epoch: loop.epoch(epoch, callbacks=callbacks)

    ways = {"keras": theirs(1), "keras, 32 steps": theirs(32), "deepbio": ours(False)}
    if modality != "text":  # XLA takes no LSTM
        ways["deepbio, XLA"] = ours(True)
    return ways, -(-examples // batch_size)


def row(case, rounds) -> list[str]:
    ways, steps = epochs_of(*case)
    times = {name: [] for name in ways}
    for run in ways.values():
        for epoch in range(3):  # trace, and let the loop find its number of steps per call
            run(epoch)
    for epoch in range(rounds):
        for name, run in ways.items():
            start = time.perf_counter()
            run(3 + epoch)
            times[name].append(1e3 * (time.perf_counter() - start) / steps)
    ours, figures = np.array(times["deepbio"]), [f"{np.median(times['deepbio']):.3f}"]
    for name in ("keras", "keras, 32 steps"):
        ratios, median = ours / np.array(times[name]), np.median(times[name])
        figures += [f"{median:.3f}", f"{np.median(ours) / median:.2f} ({ratios.min():.2f} to {ratios.max():.2f})"]
    xla = f"{np.median(times['deepbio, XLA']):.3f}" if "deepbio, XLA" in times else "-"
    return [f"`{case[0]}`", str(case[6]), *figures, xla]


@script(__doc__, rounds=7, models=[case[0] for case in CASES])
def main(arguments):
    rows = [row(case, arguments.rounds) for case in CASES if case[0] in arguments.models]
    about = (
        "deepbio's loop against Keras's `Model.fit` on the same model, batches and process, in turns, "
        f"{arguments.rounds} rounds of one epoch. Seed 0. Beside each ratio: the range of the rounds. The last column is deepbio with "
        "`jit_compile=True` (XLA), which does not take an LSTM."
    )
    header = ("model", "batch", "deepbio, ms per step", "Keras, ms", "ratio", "Keras, 32 steps per execution, ms", "ratio",
              "deepbio, XLA, ms")  # fmt: skip
    write_page(arguments, "Time of a training step", about, table(header, rows))
