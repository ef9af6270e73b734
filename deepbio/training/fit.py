"""`fit`: train a model on a data set, under any strategy, reproducibly."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio import metrics
from deepbio.datasets import Dataset, epoch_order
from deepbio.datasets.files import writable_folder
from deepbio.errors import TrainingError
from deepbio.training.evaluate import evaluate
from deepbio.training.feed import make_feed
from deepbio.training.inference import model_outputs
from deepbio.training.loop import StepLoop
from deepbio.training.losses import class_weights, loss_for
from deepbio.training.optimizers import make_optimizer
from deepbio.training.progress import Progress
from deepbio.training.run import Run, write_run
from deepbio.training.settings import Settings, resolve
from deepbio.training.strategy import choose_strategy
from deepbio.zoo import describe, model_spec
from deepbio.zoo.preset import DESCRIPTION
from deepbio.zoo.record import attach

log = logging.getLogger("deepbio")


def fit(
    model: keras.Model,
    data: Dataset,
    *,
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    epochs: int | None = None,
    batch_size: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    strategy: str | tf.distribute.Strategy = "auto",
    steps_per_execution: int | None = None,
    overwrite: bool = False,
    verbose: bool | str = "auto",
    **settings: Any,
) -> Run:
    """Train a model on the training split, watch it on the validation split, leave the test split alone.

    Args:
        model: from `get_model`, or any `keras.Model` that gives logits for `data.task`.
        data: checked for leakage and missing classes first.
        out: folder of the preset to write.
        seed: of the order of examples and of dropout. The same model, data, settings and seed give the same weights on a CPU.
        epochs, batch_size: see `deepbio.training.Settings`; the model's registration has defaults.
        callbacks: any Keras callbacks. Those that look at single batches make each step a call of its own.
        strategy: where to run; see `deepbio.training.choose_strategy`.
        steps_per_execution: steps in one call of the graph; found by the clock where it is not given.
        overwrite: replace a run that stands in `out`.
        verbose: show progress on standard error; `"auto"` does on a terminal.
        settings: any other of `deepbio.training.Settings` (`optimizer`, `learning_rate`, `schedule`, `patience`, ...).

    Raises:
        DataError: the splits share a group, a class is missing, or a label is out of range.
        ModelError, TrainingError: the model does not fit the data, an unknown setting, or a loss that is not finite.
        DeepbioError: `out` cannot be written.
    """
    record = describe(model)
    defaults = model_spec(record.architecture).training if record.architecture else {}
    chosen = resolve(defaults, {"epochs": epochs, "batch_size": batch_size, **settings})
    _check_model(model, data)
    data.check_leakage()
    data.check_classes()
    data.check_values()
    folder = _check_out(out, overwrite)
    attach(model, replace(record, input=data.input, task=data.task, outputs=data.task.outputs))
    start = time.perf_counter()
    history = _train(
        model, data, chosen, seed=seed, callbacks=callbacks, strategy=choose_strategy(strategy),
        steps_per_execution=steps_per_execution, verbose=verbose,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    run = Run(model, chosen, history, evaluate(model, data.valid), seed, seconds, folder)
    if folder is not None:
        write_run(run, data, folder)
    return run


def _train(
    model: keras.Model,
    data: Dataset,
    settings: Settings,
    *,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback],
    strategy: tf.distribute.Strategy,
    steps_per_execution: int | None,
    verbose: bool | str,
) -> dict[str, list[float]]:
    feed = make_feed(data.train, batch_size=settings.batch_size, seed=seed)
    loss = loss_for(data.task, settings.loss, label_smoothing=settings.label_smoothing)
    steps = -(-len(data.train) // settings.batch_size)
    _seed_dropout(model, seed)
    with strategy.scope():
        optimizer = make_optimizer(settings, steps=steps * settings.epochs)
        model.compile(optimizer=optimizer)
        loop = StepLoop(
            model, optimizer, loss, feed, strategy=strategy,
            class_weight=class_weights(data.task, data.train.y, settings.class_weight),
        )  # fmt: skip
    monitor, mode = _monitor(data, settings)
    own = _own_callbacks(settings, monitor, mode)
    everyone = keras.callbacks.CallbackList(
        [*own, *callbacks], add_history=True, model=model, epochs=settings.epochs, steps=steps, verbose=0
    )
    per_call = steps_per_execution or (1 if any(map(_watches_batches, callbacks)) else None)

    def blame(epoch: int):
        def batch_ids(step: int) -> str:
            order = epoch_order(len(data.train), seed=seed, epoch=epoch)
            ids = data.train.names(order[step * settings.batch_size : (step + 1) * settings.batch_size])
            return ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")

        return batch_ids

    model.stop_training = False
    with Progress(epochs=settings.epochs, steps=steps, examples=len(data.train), verbose=verbose) as progress:
        everyone.on_train_begin()
        for epoch in range(settings.epochs):
            began = time.perf_counter()
            progress.start_epoch()
            everyone.on_epoch_begin(epoch)
            losses = loop.epoch(
                epoch, callbacks=everyone, steps_per_call=per_call, blame=blame(epoch),
                watch=lambda done, mean, epoch=epoch: progress.step(epoch, done, mean),
            )  # fmt: skip
            logs = {"loss": float(losses.mean()), **_validate(model, data, loss, monitor)}
            logs["learning_rate"] = float(tf.convert_to_tensor(optimizer.learning_rate))
            progress.end_epoch(epoch, logs)
            logs["seconds"] = time.perf_counter() - began
            everyone.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        if settings.ema is not None:
            optimizer.finalize_variable_values(model.trainable_variables)
        everyone.on_train_end()
    history = next(c for c in everyone.callbacks if isinstance(c, keras.callbacks.History))
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def _validate(model: keras.Model, data: Dataset, loss, monitor: str) -> dict[str, float]:
    logits = model_outputs(model, data.valid.x)
    y = np.asarray(data.valid.y)
    logs = {"val_loss": float(tf.reduce_mean(loss(y, tf.constant(logits))))}
    name = monitor.removeprefix("val_")
    if data.task.is_classification:
        logs["val_accuracy"] = metrics.value("accuracy", data.task, y, data.task.apply_link(logits))
    if monitor not in logs:
        logs[monitor] = metrics.value(name, data.task, y, data.task.apply_link(logits))
    return logs


def _monitor(data: Dataset, settings: Settings) -> tuple[str, str]:
    name = settings.monitor.removeprefix("val_")
    mode = "min" if name == "loss" else metrics.direction(name)
    if len(data.valid) == 0:
        raise TrainingError(
            f"{data.name}: fit watches the validation split, and it is empty. Split again with some examples in it."
        )
    return f"val_{name}", mode


def _own_callbacks(settings: Settings, monitor: str, mode: str) -> list[keras.callbacks.Callback]:
    own: list[keras.callbacks.Callback] = []
    if settings.schedule == "plateau":
        own.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor, mode=mode, factor=0.5, patience=max((settings.patience or 10) // 2, 1)
            )
        )
    if settings.patience is not None:
        own.append(
            keras.callbacks.EarlyStopping(monitor, mode=mode, patience=settings.patience, restore_best_weights=True)
        )
    return own


def _watches_batches(callback: keras.callbacks.Callback) -> bool:
    hooks = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
    return any(getattr(type(callback), hook) is not getattr(keras.callbacks.Callback, hook) for hook in hooks)


def _seed_dropout(model: keras.Model, seed: int) -> None:
    """Start every random layer from the run's seed, so that model, data, settings and seed decide the run."""
    states = [v for v in model.non_trainable_variables if v.path.endswith("seed_generator_state")]
    for i, state in enumerate(states):
        words = np.random.SeedSequence([seed, i]).generate_state(1)
        state.assign(np.array([words[0], 0], dtype=np.uint32))


def _check_model(model: keras.Model, data: Dataset) -> None:
    from deepbio.errors import ModelError

    if describe(model).link_built_in:
        raise TrainingError(
            "This model has its link built in (activation='auto'), which is for export. Build it without to train it."
        )
    expected = tuple(model.input_shape[1:])
    if expected != data.input.shape:
        raise ModelError(
            f"The model takes input of shape {expected}; {data.name} has {data.input.shape}. Use get_model(..., dataset=...)."
        )
    found = model.output_shape[-1]
    if found != data.task.outputs:
        raise ModelError(
            f"The model has {found} output(s); {data.name} needs {data.task.outputs}. Use get_model(..., dataset=...)."
        )


def _check_out(out: str | os.PathLike[str] | None, overwrite: bool) -> Path | None:
    if out is None:
        return None
    folder = Path(out)
    if (folder / DESCRIPTION).exists() and not overwrite:
        raise TrainingError(
            f"{folder} already holds a run. Choose another folder, or pass overwrite=True (--overwrite)."
        )
    return writable_folder(folder)
