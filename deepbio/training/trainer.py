"""`Trainer`: one run in progress: epochs, validation, callbacks, checkpoints."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.augment import augmentation
from deepbio.datasets import Dataset
from deepbio.devices.cluster import Cluster
from deepbio.devices.memory import available_memory, computes_on_host
from deepbio.documents import check_content
from deepbio.errors import TrainingError
from deepbio.inference.forward import distributed_outputs
from deepbio.specs import Task
from deepbio.training.callbacks import own_callbacks, prepare_callbacks, uses_batches
from deepbio.training.checkpoints.callback_state import read_callbacks, write_callbacks
from deepbio.training.checkpoints.checkpoint import Checkpoints, State, TrainerFacts
from deepbio.training.checkpoints.preemption import Request
from deepbio.training.guards import batch_description, check_settings, lost_workers_named
from deepbio.training.logs import Progress
from deepbio.training.settings import Settings
from deepbio.training.steps.adversarial import adversarial_training
from deepbio.training.steps.feed import make_feed
from deepbio.training.steps.loop import StepLoop
from deepbio.training.steps.losses import class_weights, loss_for
from deepbio.training.steps.memory import check_step_memory
from deepbio.training.steps.optimizers import make_optimizer
from deepbio.training.steps.step import Step
from deepbio.training.validation import Validation
from deepbio.training.working_copy import dropout_counters, seed_dropout

if TYPE_CHECKING:
    from deepbio.training.finetuning.plan import AppliedPlan

log = logging.getLogger("deepbio")


class Preempted(Exception):  # noqa: N818 - not an error
    """The run was asked to end and has saved its state."""


class Trainer:
    """A run in progress.

    Args:
        model: Working copy, created in the scope of the cluster's strategy. Its `optimizer` is set to that of the run.
        task: Task of the data, with the scale of the targets that the model was built with.
        run: Identity of the run, which checkpoints store.
        checkpoints: Where to save; `None` saves nothing.
        request: Request to end the process, which is polled after each call of the graph.
        plan: Fine-tuning plan applied to `model`; without one, all layers train alike.
    """

    def __init__(
        self,
        model: keras.Model,
        data: Dataset,
        settings: Settings,
        *,
        task: Task,
        cluster: Cluster,
        seed: int,
        run: dict[str, Any],
        callbacks: Sequence[keras.callbacks.Callback] = (),
        steps_per_execution: int | None = None,
        checkpoints: Checkpoints | None = None,
        request: Request | None = None,
        plan: AppliedPlan | None = None,
    ) -> None:
        self.model, self._data, self._settings, self._cluster, self._seed = model, data, settings, cluster, seed
        self._run, self._checkpoints, self._request = run, checkpoints, request or Request()
        self._plan = plan
        self._trained = model.trainable_variables if plan is None else plan.variables
        strategy = cluster.strategy
        self._augment = augmentation(settings.augment, data.input, data.task)
        weighted = data.train.sample_weight is not None
        check_settings(data, settings, self._augment)
        self._adversarial = adversarial_training(settings.adversarial, data.input, data.task)
        self._feed = make_feed(
            data.train,
            batch_size=settings.batch_size,
            seed=seed,
            sampling=settings.sampling,
            cache=settings.cache,
            cluster=cluster,
        )
        self._weights = class_weights(data.task, data.train.y, settings.class_weight)
        self._loss = loss_for(
            task, settings.loss, label_smoothing=settings.label_smoothing, focal_gamma=settings.focal_gamma,
            adjustment=settings.adjustment, y=data.train.y, weighted=weighted or self._weights is not None,
        )  # fmt: skip
        self._validation = Validation(data, settings, self._loss)
        self.user_metrics: dict[str, float] = {}
        self.steps = self._feed.steps
        self._examples = data.train.examples
        with strategy.scope():
            rates = None if plan is None else plan.rates
            self._optimizer = make_optimizer(settings, steps=self.steps * settings.epochs, rates=rates)
            self._optimizer.build(self._trained)
        model.__dict__["optimizer"] = self._optimizer  # callbacks look for it; compiling would leave more behind
        self._loop = self._make_loop()
        seed_dropout(model, strategy, seed)
        self._outputs = distributed_outputs(model, cluster)
        own = own_callbacks(settings, self._validation.monitor, self._validation.mode)
        prepare_callbacks(callbacks, settings, ["loss", "learning_rate", "seconds", *self._validation.logs])
        self._callbacks = keras.callbacks.CallbackList(
            [*own, *callbacks], add_history=True, model=model, epochs=settings.epochs, steps=self.steps, verbose=0
        )
        self._per_call = steps_per_execution or (1 if any(map(uses_batches, callbacks)) else None)
        self._epoch, self._losses = 0, np.zeros(0, np.float32)
        self._seconds_before, self._began = 0.0, time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds of training so far, including those before a resume."""
        return self._seconds_before + time.perf_counter() - self._began

    def train(self, *, resume: State | None = None, verbose: bool | str = "auto") -> dict[str, list[float]]:
        """Train to the end, from the state `resume` if there is one, and return the history.

        Raises:
            Preempted: The process was asked to end; the state is saved.
        """
        settings, model = self._settings, self.model
        model.stop_training = False
        self._callbacks.on_train_begin()
        if resume is not None:
            self._restore(resume)
        verbose = verbose if self._cluster.is_chief else False
        with Progress(settings.epochs, self.steps, self._examples, verbose=verbose) as progress:
            while self._epoch < settings.epochs and not model.stop_training:
                self._one_epoch(progress)
        if self._optimizer.use_ema:
            self._optimizer.finalize_variable_values(self._trained)
        self._callbacks.on_train_end()
        if settings.metrics:
            self.user_metrics = self._validation.user_metrics(self._outputs(self._data.valid.x))
        history = next(c for c in self._callbacks.callbacks if isinstance(c, keras.callbacks.History)).history
        return {name: [float(v) for v in values] for name, values in history.items()}

    def _make_loop(self) -> StepLoop:
        settings = self._settings
        with self._cluster.strategy.scope():
            step = Step(
                self.model, self._optimizer, self._loss, self._feed, strategy=self._cluster.strategy, class_weight=self._weights,
                augment=self._augment, adversarial=self._adversarial, seed=self._seed,
                augmented_epochs=settings.epochs - settings.clean_epochs if settings.clean_epochs else None,
                accumulate=settings.accumulate, recompute=settings.recompute, jit_compile=settings.jit_compile,
            )  # fmt: skip
            if self._cluster.strategy.num_replicas_in_sync == 1 and computes_on_host():
                examples = min(settings.batch_size, self._examples or settings.batch_size)
                examples = -(-examples // settings.accumulate)
                check_step_memory(self.model, step.forward, examples=examples, free=available_memory())
            return StepLoop(step)

    def _start_stage(self, epoch: int) -> None:
        """Trace the step again if other layers train from this epoch on, because a step contains its variables."""
        if self._plan is None or not self._plan.start_epoch(epoch):
            return
        before = self._loop.loss_scale
        self._loop = self._make_loop()
        if before is not None and self._loop.loss_scale is not None:
            for new, old in zip(self._loop.loss_scale.variables, before.variables, strict=True):
                new.assign(old)

    def _one_epoch(self, progress: Progress) -> None:
        epoch, began = self._epoch, time.perf_counter()
        self._start_stage(epoch)
        progress.start_epoch(done=len(self._losses))
        self._callbacks.on_epoch_begin(epoch)

        def after_call(losses: np.ndarray) -> bool:
            self._losses = losses
            progress.step(epoch, len(losses), float(losses.mean()), waited=self._loop.waited)
            asked, stop = self._cluster.highest([float(self._request.made), float(self.model.stop_training)])
            if self._checkpoints is not None and (asked or self._checkpoints.due(steps=len(losses))):
                self._save()
            if asked:
                raise Preempted(f"epoch {epoch + 1}, step {len(losses)}")
            return self._per_call == 1 and stop > 0  # asked by a hook of a batch

        losses = self._loop.epoch(
            epoch, callbacks=self._callbacks, steps_per_call=self._per_call, done=self._losses, after_call=after_call,
            describe_batch=batch_description(self._data, self._feed, epoch),
            pause_every=self._checkpoints.every_steps if self._checkpoints is not None else None,
        )  # fmt: skip
        raw = None  # the weights themselves, while their moving average replaces them in validation and callbacks
        if self._optimizer.use_ema:
            raw = [variable.numpy() for variable in self._trained]
            self._optimizer.finalize_variable_values(self._trained)
        self._callbacks.on_test_begin()
        with lost_workers_named(self._cluster):
            validation = self._validation(self._outputs(self._data.valid.x), epoch=epoch)
        self._callbacks.on_test_end({name.removeprefix("val_"): value for name, value in validation.items()})
        logs = {"loss": float(losses.mean()), **validation}
        logs["learning_rate"] = float(tf.convert_to_tensor(self._optimizer.learning_rate))
        progress.end_epoch(epoch, logs, waited=self._loop.waited)
        logs["seconds"] = time.perf_counter() - began
        self._callbacks.on_epoch_end(epoch, logs)
        self.model.stop_training = bool(self._cluster.highest([float(self.model.stop_training)])[0])
        if raw is not None:
            for variable, value in zip(self._trained, raw, strict=True):
                variable.assign(value)
        self._epoch, self._losses = epoch + 1, np.zeros(0, np.float32)
        if self._checkpoints is not None and self._checkpoints.due_at_epoch():
            self._save()

    def _variables(self) -> dict[str, Any]:
        scale = self._loop.loss_scale
        groups = {"weights": self.model.weights, "optimizer": self._optimizer.variables}
        groups["loss_scale"] = scale.variables if scale is not None else []
        return {f"{group}/{i}": v for group, variables in groups.items() for i, v in enumerate(variables)}

    def _save(self) -> None:
        if self._checkpoints is None or not self._cluster.is_chief:
            return
        callbacks, arrays = read_callbacks(self._callbacks.callbacks)
        replicas, stop = self._cluster.strategy.num_replicas_in_sync, bool(self.model.stop_training)
        facts = {"callbacks": callbacks, "stop": stop, "seconds": self.seconds, "replicas": replicas}
        arrays |= {name: np.asarray(variable.numpy()) for name, variable in self._variables().items()}
        arrays["dropout"] = dropout_counters(self.model)
        state = State(self._run, self._epoch, self._losses, facts, arrays)
        self._checkpoints.save(state, step=self._epoch * self.steps + len(self._losses))

    def _restore(self, state: State) -> None:
        check_content(state.facts, TrainerFacts, "The checkpoint", error=TrainingError)
        for name, variable in [*self._variables().items(), ("dropout", dropout_counters(self.model))]:
            stored = state.arrays.get(name)
            if stored is None or stored.shape != tuple(variable.shape) or stored.dtype.kind not in "fiub":
                raise TrainingError(
                    f"The checkpoint has no {name} of shape {tuple(variable.shape)}; it is of another model. Choose another "
                    "folder, or pass overwrite=True (--overwrite) to start again."
                )
        for name, variable in self._variables().items():
            variable.assign(state.arrays[name])
        strategy = self._cluster.strategy
        if state.facts["replicas"] != strategy.num_replicas_in_sync:
            log.warning(
                "The run began with %d replica(s) and continues with %d: the batches stay the same, dropout does not.",
                state.facts["replicas"], strategy.num_replicas_in_sync,
            )  # fmt: skip
        seed_dropout(self.model, strategy, self._seed, counters=state.arrays["dropout"])
        write_callbacks(self._callbacks.callbacks, state.facts["callbacks"], state.arrays)
        self._epoch, self._losses = state.epoch, state.losses
        self.model.stop_training = state.facts["stop"]
        self._seconds_before = state.facts["seconds"]
        log.info("Resumed at epoch %d, step %d.", state.epoch + 1, len(state.losses))
