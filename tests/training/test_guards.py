"""What stops a run, and what it says."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.devices.cluster import Cluster
from deepbio.devices.sharding import shard_in_graph, shards, times_counted
from deepbio.errors import DeepbioError, LostWorkerError, TrainingError
from deepbio.training import fit
from deepbio.training.guards import batch_description, check_finite, lost_workers_named
from deepbio.training.steps.feed import make_feed
from deepbio.zoo import get_model


@pytest.fixture(scope="module")
def xor():
    return load_dataset("xor")


def test_a_class_that_validation_lacks_is_logged(xor, caplog):
    ones = np.flatnonzero(xor.valid.y == 1)
    lacking = Dataset("lacking", xor.task, xor.input, xor.train, xor.valid.take(ones), xor.test)
    with caplog.at_level(logging.WARNING), pytest.warns(match="undefined"):
        fit(get_model("mlp", dataset=xor, seed=0), lacking, epochs=1, verbose=False)
    assert "the validation split lacks same" in caplog.text


class OwnModel(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.head = keras.layers.Dense(1)

    def call(self, x):
        return self.head(x)


def sequential(*layers):
    return keras.Sequential([keras.Input((2,)), *layers], name="own")


def frozen():
    model = sequential(keras.layers.Dense(1))
    model.trainable = False
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (OwnModel, "functional API"),
        (lambda: keras.Sequential([keras.layers.Dense(1)], name="own"), "is not built"),
        (frozen, r"All layers of own are frozen\. Set model\.trainable"),
        (lambda: sequential(keras.layers.Dense(1, activation="sigmoid")), "own ends in a sigmoid or softmax"),
        (
            lambda: sequential(sequential(keras.layers.Dense(1), keras.layers.Activation("sigmoid"))),
            "own ends in a sigmoid",
        ),
    ],
)
def test_a_model_that_cannot_be_trained_gives_one_error(xor, make, message):
    with pytest.raises(DeepbioError, match=message):
        fit(make(), xor, epochs=1, verbose=False)


def test_an_empty_validation_split_is_refused(xor):
    empty = Dataset("empty", xor.task, xor.input, xor.train, xor.valid.take([]), xor.test)
    with pytest.raises(TrainingError, match="validation split, and it is empty"):
        fit(get_model("mlp", dataset=xor), empty, verbose=False)


def test_a_loss_that_is_not_finite_names_step_examples_and_their_values(xor):
    feed = make_feed(xor.train, batch_size=4, seed=0)
    describe_batch = batch_description(xor, feed, 0)
    with pytest.raises(TrainingError, match=r"became nan at epoch 1, step 13\. Its batch: train:\d+.*inputs from -?\d"):
        check_finite(np.array([0.1, np.nan, np.inf], np.float32), epoch=0, first=11, describe_batch=describe_batch)
    x = np.array(xor.train.x)
    x[:] = np.inf
    broken = Dataset("b", xor.task, xor.input, Split(x, xor.train.y, xor.train.ids), xor.valid, xor.test)
    assert "input not finite: train:" in batch_description(broken, feed, 0)(0)


def test_a_lost_worker_is_reported_with_what_to_do(monkeypatch):
    cluster = Cluster(tf.distribute.get_strategy())
    with pytest.raises(tf.errors.UnavailableError), lost_workers_named(cluster):
        raise tf.errors.UnavailableError(None, None, "peer down")
    monkeypatch.setattr(cluster, "workers", 2)
    with pytest.raises(LostWorkerError, match=r"lost contact.*peer down.*--resume"), lost_workers_named(cluster):
        raise tf.errors.UnavailableError(None, None, "peer down")


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("examples", [1, 3, 4, 16, 67])
def test_shards_cover_a_batch_evenly_and_none_is_empty(examples, parts):
    own = shards(examples, parts)
    counts = np.bincount(np.concatenate([np.arange(a, b) for a, b in own]), minlength=examples)
    times = int(times_counted(tf.constant(examples), parts))
    assert counts.tolist() == [times] * examples
    sizes = own[:, 1] - own[:, 0]
    assert sizes.min() >= 1
    assert sizes.max() - sizes.min() <= 1
    in_graph = [[int(v) for v in shard_in_graph(tf.constant(examples), tf.constant(k), parts)] for k in range(parts)]
    assert in_graph == own.tolist()
