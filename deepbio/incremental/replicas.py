"""Windows shared among the replicas of a `tf.distribute` strategy: each computes windows of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.devices.cluster import Cluster
from deepbio.errors import TrainingError
from deepbio.incremental.compiled import Compiled
from deepbio.incremental.model import IncrementalModel, Alternates


class Replicas:
    """A cone on every replica of a strategy of one process.

    Args:
        cone: what each window goes through.
        strategy: such as `tf.distribute.MirroredStrategy`. Several machines take `--shards` instead.

    Raises:
        TrainingError: a strategy of several workers.
    """

    def __init__(self, cone: IncrementalModel, strategy: tf.distribute.Strategy) -> None:
        if Cluster(strategy).workers > 1:
            raise TrainingError(
                "Variants are scored by the devices of one machine; received a strategy of several workers. Give each machine a "
                "part of the records instead: --shards 1/8, --shards 2/8, ..."
            )
        self.cone, self.strategy = cone, strategy
        self._compiled: dict[int, Compiled] = {}

    def __call__(self, inputs: Sequence[tuple[np.ndarray, Alternates]]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return what the cone gives of each window, in their order."""
        found: list[Any] = [None] * len(inputs)
        for width, turns in self._turns(inputs):
            for turn in turns:
                full = [*turn, *turn[:1] * (self.strategy.num_replicas_in_sync - len(turn))]
                packed = [tensor for i in full for tensor in self.cone.pack(*inputs[i])]
                for i, outputs in zip(turn, self._function(width)(*packed), strict=False):
                    found[i] = self.cone.unpack(inputs[i][1], *outputs)
        return found

    def _turns(self, inputs: Sequence[tuple[np.ndarray, Alternates]]):
        """Give, for each width, the windows that are computed at a time: such as take about as long as each other."""
        n = self.strategy.num_replicas_in_sync
        widths = [edits.codes.shape[1] for _, edits in inputs]
        cost = [(len(edits.starts), len(codes)) for codes, edits in inputs]
        for width in sorted(set(widths)):
            order = sorted((i for i, w in enumerate(widths) if w == width), key=lambda i: cost[i])
            yield width, [order[k : k + n] for k in range(0, len(order), n)]

    def _function(self, width: int) -> Compiled:
        if width not in self._compiled:
            signature = self.cone.signature(width)

            def each(*packed):
                context = tf.distribute.get_replica_context()
                assert context is not None
                k = int(tf.get_static_value(context.replica_id_in_sync_group))
                return self.cone.run(*packed[k * len(signature) : (k + 1) * len(signature)])

            def together(*packed):
                return self.strategy.experimental_local_results(self.strategy.run(each, args=packed))

            repeated = signature * self.strategy.num_replicas_in_sync
            self._compiled.setdefault(width, Compiled(together, repeated))
        return self._compiled[width]
