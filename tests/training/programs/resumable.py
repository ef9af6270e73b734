"""Train one model with dropout, moving average, early stopping and plateau; print the hash of the final weights.

`resumable.py OUT MODEL` continues where a killed process stopped.
"""

import os
import sys
import time

import keras
import numpy as np

from deepbio.datasets import Dataset, Split
from deepbio.devices import choose_strategy
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.zoo import get_model, weights_hash

MODELS = {
    "mlp": ("table", (12,), {"units": (16,), "dropout": 0.3}),
    "dna_cnn": ("dna", (24,), {"filters": 8, "units": 8, "stem_kernel_size": 7}),
}


PAUSE = float(os.environ.get("SLOW", "0"))


class Slow(keras.callbacks.Callback):
    """Leave a killer time to strike within an epoch."""

    def on_train_batch_end(self, batch, logs=None):
        time.sleep(PAUSE)


def slow_disk(sync=os.fsync):
    """Leave a killer time to strike while a checkpoint is written, before it has its name."""

    def fsync(descriptor):
        time.sleep(PAUSE)
        sync(descriptor)

    os.fsync = fsync


def main(out, name):
    slow_disk()
    strategy = choose_strategy()
    modality, shape, options = MODELS[name]
    random = np.random.Generator(np.random.Philox(7))

    def split(n):
        y = np.arange(n) % 3
        x = random.normal(size=(n, *shape)) + y[:, None] if modality == "table" else random.integers(0, 5, (n, *shape))
        return Split(x.astype(ModelInput(modality, shape).dtype), y.astype(np.int64))

    data = Dataset("small", Task.classify(("a", "b", "c")), ModelInput(modality, shape), *map(split, (203, 41, 9)))
    model = get_model(name, dataset=data, seed=1, **options)
    fit(
        model, data, out=out, seed=2, epochs=int(os.environ.get("EPOCHS", "6")), batch_size=16, optimizer="adamw", ema=0.9,
        schedule="plateau", patience=4, learning_rate=0.01, strategy=strategy, resume=True, checkpoint_steps=3,
        callbacks=[Slow()], steps_per_execution=1, verbose=False,
    )  # fmt: skip
    print(weights_hash(model))


if __name__ == "__main__":
    main(*sys.argv[1:])
