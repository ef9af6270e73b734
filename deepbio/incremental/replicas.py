"""Windows divided among the replicas of a `tf.distribute` strategy: each replica computes windows of its own."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.devices.cluster import Cluster
from deepbio.errors import TrainingError
from deepbio.incremental.compiled import Compiled
from deepbio.incremental.model import Alternates, IncrementalModel


class Replicas:
    """An incremental model on every replica of a strategy of one process.

    Args:
        model: Model of every window.
        strategy: Strategy such as `tf.distribute.MirroredStrategy`. Several machines take `--scheduler` or `--shards` instead.

    Raises:
        TrainingError: the strategy has several workers.
    """

    def __init__(self, model: IncrementalModel, strategy: tf.distribute.Strategy) -> None:
        if Cluster(strategy).workers > 1:
            raise TrainingError(
                "Variants are scored by the devices of one machine; received a strategy of several workers. Divide the records "
                "among the machines instead: --shards 1/8, --shards 2/8, ..., or --scheduler ADDRESS of a Dask cluster."
            )
        self.model, self.strategy = model, strategy
        self._compiled = Compiled(self._run)

    def __call__(self, inputs: Sequence[tuple[np.ndarray, Alternates]]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the outputs of the model for each window, in order."""
        n = self.strategy.num_replicas_in_sync
        found: list[Any] = [None] * len(inputs)
        for turn in self._turns(inputs):
            full = [*turn, *turn[:1] * (n - len(turn))]
            packed = [tensor for i in full for tensor in self.model.pack(*inputs[i])]
            signature = self.model.signature(inputs[turn[0]][1].codes.shape[1])
            for i, outputs in zip(turn, self._compiled(signature * n, *packed), strict=False):
                found[i] = self.model.unpack(inputs[i][1], *outputs)
        return found

    def _turns(self, inputs: Sequence[tuple[np.ndarray, Alternates]]) -> Iterator[list[int]]:
        """Return the windows that are computed at a time: of one width, and of about equal cost."""
        n = self.strategy.num_replicas_in_sync
        widths = [alternates.codes.shape[1] for _, alternates in inputs]
        cost = [(len(alternates.starts), len(codes)) for codes, alternates in inputs]
        for width in sorted(set(widths)):
            order = sorted((i for i, w in enumerate(widths) if w == width), key=lambda i: cost[i])
            yield from (order[k : k + n] for k in range(0, len(order), n))

    def _run(self, *packed):
        size = len(packed) // self.strategy.num_replicas_in_sync

        def each(*packed):
            context = tf.distribute.get_replica_context()
            assert context is not None
            k = int(tf.get_static_value(context.replica_id_in_sync_group))
            return self.model.run(*packed[k * size : (k + 1) * size])

        return self.strategy.experimental_local_results(self.strategy.run(each, args=packed))
