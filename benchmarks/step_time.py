"""Time of a training step: deepbio's loop against Keras's own `Model.fit`, same model, batches and process.

    python benchmarks/step_time.py [--rounds 7] [--out benchmarks/results/step_time.md]

Both train on the same arrays with the same optimizer and batch size, without validation; Keras shuffles as it does by default.
Keras runs twice: with its defaults, and with `steps_per_execution=32`, the setting with which its own overhead is smallest and
which a user must know of. deepbio runs with and without `jit_compile`. All take turns, so that a busy machine slows each; each
round is one epoch after three warm-up epochs. The figure is the ratio of the median times per step, with the range of the rounds'
ratios. XLA takes part in the first three rounds only. `resnet18` has 16 filters in its first block instead of 64, so that a step
takes as long as those of the others. The first epoch is that of a new model, with building and tracing, in turns as well; the first
turn of the process, in which TensorFlow starts, does not count.
"""

import time

import numpy as np
from _table import script, table, write_page

FIRST = 4  # turns of a first epoch, of which the first does not count
XLA = "deepbio, XLA"
XLA_ROUNDS = 3  # rounds with XLA, which no ratio uses and which takes four times as long for a convolution
# model, modality, largest value, input shape, kind of the task, outputs, examples, batch size, options
CASES = (
    ("logistic", "table", None, (30,), "binary", 1, 16_384, 32, {}),
    ("mlp", "table", None, (30,), "binary", 1, 16_384, 32, {}),
    ("dna_cnn", "dna", 4, (60,), "multiclass", 3, 4_096, 64, {}),
    ("image_cnn", "image", 256, (28, 28, 1), "multiclass", 10, 2_048, 64, {}),
    ("note_lstm", "text", 2_000, (128,), "multiclass", 50, 1_024, 64, {"vocabulary_size": 2_000}),
    ("resnet18", "image", 256, (28, 28, 1), "multiclass", 10, 256, 32, {"stem": "cifar", "filters": 16}),
    ("basset", "dna", 4, (600,), "multilabel", 164, 128, 32, {}),
    ("bpnet", "dna", 4, (2_114,), "profile", 1, 32, 8, {"filters": 64}),
)


def ways_of(name, modality, high, shape, kind, outputs, examples, batch_size, config):
    """Return functions that build a model and return a function which trains it for one epoch, by the name of the way."""
    import keras
    import tensorflow as tf

    from deepbio.datasets import Split
    from deepbio.specs import ModelInput, Task
    from deepbio.training.steps.feed import make_feed
    from deepbio.training.steps.loop import StepLoop
    from deepbio.training.steps.losses import loss_for
    from deepbio.training.steps.step import Step
    from deepbio.zoo import get_model

    def model():
        return get_model(name, input_shape=shape, outputs=outputs, seed=0, **config), keras.optimizers.Adam(1e-3)

    random, task = np.random.Generator(np.random.Philox(0)), Task(kind, outputs)
    x = random.normal(size=(examples, *shape)) if high is None else random.integers(0, high, (examples, *shape))
    x = x.astype(ModelInput(modality, shape).dtype)
    size = (examples, *model()[0].output_shape[1:]) if kind in ("multilabel", "profile") else examples
    y = random.integers(0, outputs if kind == "multiclass" else 2, size)
    feed, strategy = make_feed(Split(x, y), batch_size=batch_size, seed=0), tf.distribute.get_strategy()

    def theirs(steps_per_execution):
        network, optimizer = model()
        if kind == "profile":
            loss = loss_for(task)  # Keras has no multinomial likelihood of a profile
        elif kind == "multiclass":
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        else:
            loss = keras.losses.BinaryCrossentropy(from_logits=True)
        network.compile(optimizer=optimizer, loss=loss, steps_per_execution=steps_per_execution)
        return lambda epoch: network.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)

    def ours(jit_compile):
        network, optimizer = model()
        step = Step(network, optimizer, loss_for(task), feed, strategy=strategy, jit_compile=jit_compile)
        loop, callbacks = StepLoop(step), keras.callbacks.CallbackList([], model=network)
        return lambda epoch: loop.epoch(epoch, callbacks=callbacks)

    ways = {"keras": lambda: theirs(1), "keras, 32 steps": lambda: theirs(32), "deepbio": lambda: ours(False)}
    if modality != "text":  # XLA takes no LSTM
        ways[XLA] = lambda: ours(True)
    return ways, -(-examples // batch_size)


def timed(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def first_epochs(ways) -> str:
    """Return the ratio of deepbio's first epoch to the faster one of Keras, with building and tracing."""
    times = {name: [] for name in ways if name != XLA}
    for turn in range(FIRST):
        for name in sorted(times, reverse=turn % 2 == 1):
            times[name].append(timed(lambda build: build()(0), ways[name]))
    medians = {name: np.median(found[1:]) for name, found in times.items()}
    ours = np.array(times["deepbio"][1:])
    best = min((name for name in medians if name != "deepbio"), key=medians.__getitem__)
    ratios = ours / np.array(times[best][1:])
    return f"{medians['deepbio'] / medians[best]:.2f} ({ratios.min():.2f} to {ratios.max():.2f})"


def row(case, rounds) -> list[str]:
    ways, steps = ways_of(*case)
    first = first_epochs(ways)
    runs = {name: build() for name, build in ways.items()}
    times = {name: [] for name in runs}
    for name, run in runs.items():
        for epoch in range(1 if name == XLA else 3):  # trace, and let the loop find its number of steps per call
            run(epoch)
    for epoch in range(rounds):
        for name, run in runs.items():
            if name != XLA or epoch < XLA_ROUNDS:
                times[name].append(1e3 * timed(run, 3 + epoch) / steps)
    ours, figures = np.array(times["deepbio"]), [f"{np.median(times['deepbio']):.3f}"]
    for name in ("keras", "keras, 32 steps"):
        ratios, median = ours / np.array(times[name]), np.median(times[name])
        figures += [f"{median:.3f}", f"{np.median(ours) / median:.2f} ({ratios.min():.2f} to {ratios.max():.2f})"]
    xla = f"{np.median(times[XLA]):.3f}" if XLA in times else "-"
    return [f"`{case[0]}`", str(case[7]), *figures, xla, first]


@script(__doc__, rounds=7, models=[case[0] for case in CASES])
def main(arguments):
    rows = [row(case, arguments.rounds) for case in CASES if case[0] in arguments.models]
    about = (
        "deepbio's loop against Keras's `Model.fit` on the same model, batches and process, in turns, "
        f"{arguments.rounds} rounds of one epoch. Seed 0. Beside each ratio: the range of the rounds. The column XLA is deepbio with "
        "`jit_compile=True` (XLA), which does not take an LSTM. `resnet18` has 16 filters in its first block. The last column is the "
        "first epoch, with building and tracing, over that of the faster Keras."
    )
    header = ("model", "batch", "deepbio, ms per step", "Keras, ms", "ratio", "Keras, 32 steps per execution, ms", "ratio",
              "deepbio, XLA, ms", "first epoch, ratio")  # fmt: skip
    write_page(arguments, "Time of a training step", about, table(header, rows))
