"""Replicas of a `tf.distribute` strategy belong to one machine."""

import pytest
import tensorflow as tf

from deepbio.errors import TrainingError
from deepbio.incremental import replicas


def test_several_machines_are_referred_to_shards(monkeypatch):
    class TwoWorkers:
        workers = 2

    monkeypatch.setattr(replicas, "Cluster", lambda strategy: TwoWorkers())
    with pytest.raises(TrainingError, match="--shards 1/8, .* or --scheduler"):
        replicas.Replicas(None, tf.distribute.get_strategy())  # type: ignore[arg-type]
