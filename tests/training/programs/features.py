"""Checks that need logical devices of their own: prints one line of JSON; `features.py` under `cpu:2`."""

import json

import keras
import numpy as np
import tensorflow as tf

from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.devices import choose_strategy
from deepbio.devices.cluster import Cluster
from deepbio.errors import TrainingError
from deepbio.training import fit
from deepbio.training.working_copy import working_copy
from deepbio.zoo import get_model, weights_hash

strategy = choose_strategy("cpu:2")
xor = load_dataset("xor")
found = {}


class Stream:
    def __init__(self, x):
        self._x, self.shape, self.dtype = x, x.shape, x.dtype

    def __len__(self):
        return len(self._x)

    def __getitem__(self, indices):
        return self._x[indices]


def trained(data=xor, *, strategy=strategy, dropout=0.0, **settings):
    model = get_model("mlp", dataset=data, seed=0, dropout=dropout, units=(8,))
    run = fit(model, data, seed=3, epochs=2, batch_size=33, strategy=strategy, verbose=False, **settings)
    return model, run


def flat(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


one = trained(strategy="one")[0]
streamed = Dataset("s", xor.task, xor.input, Split(Stream(xor.train.x), xor.train.y), xor.valid, xor.test)
found["stream"] = float(np.abs(flat(trained(streamed)[0]) - flat(one)).max())
found["accumulate"] = float(np.abs(flat(trained(accumulate=3)[0]) - flat(one)).max())
found["accumulate streamed"] = float(np.abs(flat(trained(streamed, accumulate=3)[0]) - flat(one)).max())
found["ema"] = float(np.abs(flat(trained(ema=0.9)[0]) - flat(trained(ema=0.9, strategy="one")[0])).max())


def own_objects(**settings):
    """Train with the user's optimizer, schedule, loss and metric."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 13, 0.5)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, global_clipnorm=0.5)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return trained(optimizer=optimizer, loss=loss, metrics=[keras.metrics.AUC(name="auc")], **settings)


(many, run), (alone, run_alone) = own_objects(), own_objects(strategy="one")
found["keras objects"] = float(np.abs(flat(many) - flat(alone)).max())
found["keras metric"] = abs(run.user_metrics["auc"] - run_alone.user_metrics["auc"])
found["dropout repeats"] = len({weights_hash(trained(dropout=0.5)[0]) for _ in range(2)})
found["float16"] = trained(precision="mixed_float16")[1].history["loss"]
try:
    trained(jit_compile=True)
except TrainingError as error:
    found["jit"] = str(error)

copy = working_copy(get_model("mlp", dataset=xor, dropout=0.5, batch_norm=True, units=(64,)), Cluster(strategy))
found["synchronized"] = [
    layer.synchronized for layer in copy.layers if isinstance(layer, keras.layers.BatchNormalization)
]
from deepbio.training.working_copy import seed_dropout  # noqa: E402

seed_dropout(copy, strategy, 5)
drop = next(layer for layer in copy.layers if isinstance(layer, keras.layers.Dropout))
masks = tf.function(lambda: strategy.run(lambda: drop(tf.ones((1, 64)), training=True)))()
a, b = (value.numpy() for value in strategy.experimental_local_results(masks))
found["replicas drop differently"] = bool((a != b).any())

plain_input = keras.Input((2,), dtype="float32")
plain = keras.Model(plain_input, keras.layers.Dense(1)(keras.layers.BatchNormalization()(plain_input)))
before = plain.get_weights()
fit(plain, xor, epochs=1, strategy=strategy, verbose=False)
found["plain model moved"] = any((x != y).any() for x, y in zip(before, plain.get_weights(), strict=True))
print(json.dumps(found))
