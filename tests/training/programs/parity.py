"""Train families and save losses, weights and metrics: `parity.py OUT-{}.npz STRATEGY,... 'OPTIMIZER|FAMILY' ...`."""

import sys

import keras
import numpy as np

from deepbio.datasets import Dataset, Split
from deepbio.devices import choose_strategy
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.zoo import get_model

BATCH, EXAMPLES = 16, 67  # the last batch has three examples, so that one of four replicas gets none
FAMILIES = {
    "mlp": ("table", (12,), {"units": (16,)}),
    "dna_cnn": ("dna", (24,), {"filters": 8, "units": 8, "stem_kernel_size": 7, "dropout": 0.0, "head_dropout": 0.0}),
    "image_cnn": ("image", (8, 8, 1), {"filters": (4,), "dropout": 0.0}),
    "note_lstm": ("text", (12,), {"vocabulary_size": 20, "embedding_dim": 8, "units": 8, "dropout": 0.0}),
}
SETTINGS = {
    "sgd": {"optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.9, "clip_norm": 0.5},
    "adam": {"optimizer": "adam", "learning_rate": 0.003},
}


class Losses(keras.callbacks.Callback):
    """The loss of every step."""

    def __init__(self):
        super().__init__()
        self.found = []

    def on_train_batch_end(self, batch, logs=None):
        self.found.append(logs["loss"])


def dataset(modality, shape):
    random = np.random.Generator(np.random.Philox(7))

    def split(n):
        y = np.arange(n) % 3
        shift = y.reshape(-1, *[1] * len(shape))
        x = {
            "table": lambda: random.normal(size=(n, *shape)) + shift,
            "dna": lambda: np.where(random.random((n, *shape)) < 0.3, shift, random.integers(0, 5, (n, *shape))),
            "image": lambda: random.integers(0, 100, (n, *shape)) + 50 * shift,
            "text": lambda: np.where(random.random((n, *shape)) < 0.3, 2 + shift, random.integers(0, 20, (n, *shape))),
        }[modality]()
        return Split(x.astype(ModelInput(modality, shape).dtype), y.astype(np.int64))

    return Dataset(
        "parity", Task.classify(("a", "b", "c")), ModelInput(modality, shape), *map(split, (EXAMPLES, 41, 9))
    )


def main(out, names, *runs):
    for name in names.split(","):
        np.savez(out.format(name), **trained(choose_strategy(name), runs))


def trained(strategy, runs):
    found = {}
    for name in runs:
        optimizer, family = name.split("|")
        modality, shape, options = FAMILIES[family]
        data = dataset(modality, shape)
        model, losses = get_model(family, dataset=data, seed=1, **options), Losses()
        run = fit(
            model, data, seed=2, epochs=3, batch_size=BATCH, schedule="constant", patience=0, weight_decay=0.0,
            strategy=strategy, callbacks=[losses], verbose=False, **SETTINGS[optimizer],
        )  # fmt: skip
        found[f"{name}|losses"] = np.array(losses.found)
        found[f"{name}|weights"] = np.concatenate([w.ravel() for w in model.get_weights()])
        found[f"{name}|metrics"] = np.array([run.history["val_loss"][-1], run.history["val_accuracy"][-1]])
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
