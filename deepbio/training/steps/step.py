"""One training step under any `tf.distribute` strategy: gradients of each replica's shard, summed, clipped and applied once.

The loss is divided by the size of the global batch, so that shards of different size count as they should. Gradients are summed
before they are clipped, so that clipping uses the norm of the whole batch.
"""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from deepbio.augment import Augmentation, Augmented
from deepbio.devices.graph import in_graph
from deepbio.devices.precision import LossScale, computes_in_float16
from deepbio.errors import TrainingError
from deepbio.training.steps.adversarial import AdversarialTraining
from deepbio.training.steps.feed import Batch, Feed
from deepbio.training.steps.losses import Loss
from deepbio.training.steps.recompute import Recomputed
from deepbio.training.working_copy import layers_of

WORTH_TWO_GRAPHS = 100  # steps per epoch


class Step:
    """A training step to call inside a graph, in cross-replica context. Create it in the strategy's scope.

    Args:
        model: Model created in the strategy's scope.
        optimizer: Optimizer created there, too. Its `_all_reduce_sum_gradients` is replaced.
        loss: Function `(y, logits) -> (batch,)`.
        class_weight: One weight per class, or `None`.
        augment: Augmentation of each replica's shard, a function of `(seed, epoch, step, replica, part)`.
        augmented_epochs: Number of first epochs that are augmented; `None` for all.
        adversarial: How images are perturbed against the model after augmentation; `None` trains on them as they are.
        accumulate: Number of micro-batches per batch, each with its own forward and backward pass.
        recompute: Whether the backward pass computes activations again (one replica only).
        jit_compile: Whether XLA compiles the step (one replica only).

    Raises:
        TrainingError: XLA cannot compile the step safely.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: Loss,
        feed: Feed,
        *,
        strategy: tf.distribute.Strategy,
        class_weight: Sequence[float] | None = None,
        augment: Augmentation | None = None,
        augmented_epochs: int | None = None,
        adversarial: AdversarialTraining | None = None,
        seed: int = 0,
        accumulate: int = 1,
        recompute: bool = False,
        jit_compile: bool = False,
    ) -> None:
        self.feed, self.strategy = feed, strategy
        self._augment, self._augmented_epochs, self._seed = augment, augmented_epochs, seed
        self._model, self._optimizer, self._loss, self._adversarial = model, optimizer, loss, adversarial
        self._weights = None if class_weight is None else tf.constant(class_weight, tf.float32)
        self._variables = model.trainable_variables
        self._replicas = strategy.num_replicas_in_sync
        self._parts = accumulate
        if not optimizer.built:  # a plan builds it with more variables, if some are frozen for a while
            optimizer.build(self._variables)
        # Keras would clip each replica's gradients and then sum them; here it receives their sum.
        optimizer._all_reduce_sum_gradients = lambda pairs: pairs  # type: ignore[attr-defined]
        self.loss_scale = LossScale() if computes_in_float16(layers_of(model)) else None
        self._sums = self._make_sums() if self._collects else []
        if recompute and self._replicas > 1:
            raise TrainingError("recompute=True works on one replica. Leave it out, or use one device.")
        self.forward = Recomputed(model) if recompute else functools.partial(model, training=True)
        if jit_compile:
            _check_jit(model, self._replicas, self._collects)
        self._whole = in_graph(self._learn, jit_compile=True) if jit_compile else self._learn

    @property
    def sized_steps(self) -> int:
        """Number of the first steps for which a graph may be built that knows the size of the batch, and is faster for it.

        Where the last batch is smaller, it needs a graph of its own, whose building pays for an epoch of many steps only.
        """
        feed = self.feed
        worth = feed.full_steps == feed.steps or feed.full_steps >= WORTH_TWO_GRAPHS
        return feed.full_steps if worth and self._replicas == 1 and not self._collects else 0

    def __call__(
        self, state: Any, epoch: tf.Tensor, step: tf.Tensor, size: int | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Train on batch `step`. Return its loss and the seconds that it waited for data.

        Args:
            size: Number of examples of a batch of the first `sized_steps`; None for any batch.
        """
        fetched, waited = self._fetch(state, step)
        if self._collects:
            return self._collected(fetched, (epoch, step)), waited
        run = functools.partial(self._one_pass, size=size)
        return self._total(self.strategy.run(run, args=(fetched, (epoch, step)))), waited

    def _fetch(self, state, step):
        if not self.feed.waits:
            return self.feed.fetch(state, step), tf.constant(0.0, tf.float64)
        with tf.control_dependencies([step]):
            before = tf.timestamp()
        with tf.control_dependencies([before]):
            fetched = self.feed.fetch(state, step)
        with tf.control_dependencies(fetched):
            after = tf.timestamp()
        return fetched, after - before

    @property
    def _collects(self) -> bool:
        return self._parts > 1 or self.loss_scale is not None

    def _one_pass(self, fetched, place, *, size: int | None):
        return self._whole(*self._prepared(self.feed.batch(fetched, size=size), place, 0))

    def _prepared(self, found: Batch, place, part):
        """Return the batch to learn from, what TRADES keeps beside it, the divisor and the weights."""
        batch, beside = self._perturbed(self._augmented(found.x, found.y, place, part), place, part)
        return batch, beside, found.divisor, found.sample_weight

    def _position(self, place, part) -> list[Any]:
        """Return the position in training, of which all random changes are a function, however the data arrive."""
        context = tf.distribute.get_replica_context()
        replica = context.replica_id_in_sync_group if context is not None else 0
        return [self._seed, *place, replica, part]

    def _augmented(self, x, y, place, part) -> Augmented:
        """Augment this replica's shard."""
        if self._augment is None:
            return Augmented(x, y)
        augment, (epoch, _), where = self._augment, place, self._position(place, part)
        if self._augmented_epochs is None:
            return augment(x, y, where)
        return tf.cond(epoch < self._augmented_epochs, lambda: augment(x, y, where), lambda: augment.unchanged(x, y))

    def _perturbed(self, batch: Augmented, place, part) -> tuple[Augmented, Any]:
        """Return the batch to learn from, and the perturbed images of TRADES, which the clean ones stay beside."""
        if self._adversarial is None:
            return batch, None
        x = self._adversarial.perturb(
            self._model, batch.x, lambda logits: self._loss_of(batch, logits), self._position(place, part)
        )
        return (batch, x) if self._adversarial.attack == "trades" else (batch._replace(x=x), None)

    def _learn(self, batch, beside, divisor, sample_weight):
        value, gradients = self._gradients(batch, beside, divisor, sample_weight, 1.0)
        self._optimizer.apply_gradients(zip(self._summed(gradients), self._variables, strict=True))
        return value

    def _gradients(self, batch, beside, divisor, sample_weight, scale):
        with tf.GradientTape() as tape:
            logits = self._logits(batch.x)
            each = self._loss_of(batch, logits)
            if self._adversarial is not None and beside is not None:
                each += self._adversarial.penalty(logits, self._logits(beside))
            if sample_weight is not None:
                each *= sample_weight
            value = tf.reduce_sum(each) / tf.cast(divisor, tf.float32)
            total = value
            if self._model.losses:
                penalties = tf.add_n([tf.cast(penalty, tf.float32) for penalty in self._model.losses])
                total += penalties / (self._replicas * self._parts)
            total *= scale
        # dense, because Keras's clipping and Adam square the rows of a sparse gradient before they add up those of one word
        return value, [None if g is None else tf.convert_to_tensor(g) for g in tape.gradient(total, self._variables)]

    def _logits(self, x):
        logits = self.forward(x)
        return tf.cast(logits, tf.float32) if logits.dtype in (tf.float16, tf.bfloat16) else logits

    def _loss_of(self, batch: Augmented, logits):
        each = self._weighted_loss(batch.y, logits)
        if batch.other_y is not None:  # two examples in one: the weighted mean of the losses of both labels
            each += batch.other_weight * (self._weighted_loss(batch.other_y, logits) - each)
        return each

    def _weighted_loss(self, y, logits):
        each = tf.cast(self._loss(y, logits), tf.float32)
        return each if self._weights is None else each * tf.gather(self._weights, y)

    def _summed(self, gradients):
        """Return the gradients summed over the replicas."""
        if self._replicas == 1:
            return gradients
        known = [g for g in gradients if g is not None]
        context = tf.distribute.get_replica_context()
        assert context is not None
        reduced = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, known) if known else [])
        return [None if g is None else next(reduced) for g in gradients]

    def _collected(self, fetched, place):
        """Add up the gradients of the micro-batches in variables of each replica, then apply them if they are finite."""
        parts, strategy = self._parts, self.strategy
        value = tf.constant(0.0)
        for part in tf.range(parts):
            value += self._total(strategy.run(self._add_part, args=(fetched, place, part)))
        gradients, finite = strategy.run(self._take_sums)
        if self.loss_scale is None:
            strategy.run(self._apply, args=(gradients,))
        else:
            all_finite = strategy.experimental_local_results(finite)[0]  # sums over replicas, so equal on all
            if all_finite:
                strategy.run(self._apply, args=(gradients,))
            self.loss_scale.update(all_finite)
        return value

    def _add_part(self, fetched, place, part):
        prepared = self._prepared(self.feed.batch(fetched, part=part, parts=self._parts), place, part)
        scale = 1.0 if self.loss_scale is None else self.loss_scale.value
        value, gradients = self._gradients(*prepared, scale)
        for total, gradient in zip(self._sums, gradients, strict=True):
            if gradient is not None:
                total.assign_add(tf.cast(gradient, total.dtype))
        return value

    def _take_sums(self):
        sums = self._summed([tf.identity(total) for total in self._sums])
        with tf.control_dependencies(sums):
            for total in self._sums:
                total.assign(tf.zeros_like(total))
        if self.loss_scale is not None:
            sums = [total / tf.cast(self.loss_scale.value, total.dtype) for total in sums]
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(total)) for total in sums])
        return sums, finite

    def _apply(self, gradients):
        self._optimizer.apply_gradients(zip(gradients, self._variables, strict=True))

    def _total(self, values):
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None)

    def _make_sums(self) -> list[tf.Variable]:
        local = {"synchronization": tf.VariableSynchronization.ON_READ, "aggregation": tf.VariableAggregation.SUM}
        return [tf.Variable(tf.zeros(v.shape, v.dtype), trainable=False, **local) for v in self._variables]


def _check_jit(model: keras.Model, replicas: int, collects: bool) -> None:
    if replicas > 1:
        raise TrainingError(
            "jit_compile with more than one replica is unsafe (Keras issues 18716, 19005, 20763). Leave it out, or use one device."
        )
    if collects:
        raise TrainingError("jit_compile does not work with accumulate or mixed_float16. Leave one of them out.")
    recurrent = [layer.name for layer in layers_of(model) if isinstance(layer, keras.layers.RNN)]
    if recurrent:
        raise TrainingError(
            f"jit_compile excludes cuDNN's LSTM and GRU, which are faster; this model has {recurrent[0]!r}. Leave it out."
        )
