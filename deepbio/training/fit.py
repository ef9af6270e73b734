"""`fit`: train a model on a data set, under any strategy, reproducibly."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import keras
import tensorflow as tf

from deepbio.datasets import Dataset
from deepbio.devices import choose_strategy
from deepbio.devices.cluster import Cluster
from deepbio.devices.machine import EnergyMeter
from deepbio.errors import DeepbioError, TrainingError, advise_calls
from deepbio.files import writable_folder
from deepbio.inference.calibrate import check_method, fit_postprocessing
from deepbio.inference.evaluate import evaluate
from deepbio.inference.positions import match_dataset
from deepbio.specs import Task
from deepbio.training.averaging import loss_of, wise_ft
from deepbio.training.callbacks import as_list
from deepbio.training.checkpoints.checkpoint import Checkpoints, State
from deepbio.training.checkpoints.preemption import preemption_request
from deepbio.training.checkpoints.resume import latest_for, run_identity
from deepbio.training.guards import check_arguments, check_data, check_model, check_order
from deepbio.training.logs import HistoryLog
from deepbio.training.run import Run, write_run
from deepbio.training.settings import Settings, TrainingSettings, resolve
from deepbio.training.trainer import Preempted, Trainer
from deepbio.training.working_copy import copy_weights_back, restored, working_copy
from deepbio.zoo import describe, model_spec
from deepbio.zoo.preset import DESCRIPTION
from deepbio.zoo.record import attach

if TYPE_CHECKING:
    from deepbio.training.finetuning.plan import FineTuningPlan

log = logging.getLogger("deepbio")


@advise_calls(TrainingError, "Pass arrays as one data set: fit(model, Dataset.from_arrays(x, y), epochs=10).")
def fit(
    model: keras.Model,
    data: Dataset,
    *,
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None = None,
    strategy: str | tf.distribute.Strategy = "auto",
    steps_per_execution: int | None = None,
    resume: bool = False,
    checkpoint_steps: int | None = None,
    checkpoint_minutes: float | None = 5.0,
    keep_checkpoints: int = 2,
    log_dir: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    verbose: bool | str = "auto",
    plan: FineTuningPlan | None = None,
    calibration: str | None = None,
    **settings: Unpack[TrainingSettings],
) -> Run:
    """Train a model on the training split and monitor it on the validation split. The test split is not used.

    With `out`, the run saves checkpoints at the end of each epoch and every few minutes. SIGTERM and the first Ctrl-C then save
    and leave: SIGTERM with exit code 0, Ctrl-C with `KeyboardInterrupt`. On several workers each process calls `fit`; only the
    first writes files.

    After `fit`, the model has its final (or best) weights; its optimizer, compiled state, trainable flags and dtype policies are as
    before, so `model.compile` and `model.fit` work as on any Keras model.

    Args:
        model: Model from `get_model`, or any `keras.Model` that returns logits for `data.task`.
        data: Data set. It is checked for leakage and missing classes first.
        out: Folder of the preset to write.
        seed: Seed of the order of examples, augmentation and dropout. The same model, data, settings, seed and number of replicas
            yield the same weights on a CPU, bit for bit.
        callbacks: Keras callbacks, one or several. One that uses batches makes each step a call of its own. With several replicas
            or another precision, their `model` is a working copy.
        strategy: Where to run; see `deepbio.devices.choose_strategy`.
        steps_per_execution: Number of steps in one call of the graph; `None` finds it by the clock.
        resume: Whether to continue from the newest checkpoint in `out`, if there is one, also in the middle of an epoch.
        checkpoint_steps: Number of steps between checkpoints; `None` for none by steps.
        checkpoint_minutes: Minutes between checkpoints within an epoch; `None` for none by the clock.
        keep_checkpoints: Number of checkpoints to keep. They are removed when the run is finished.
        log_dir: Folder for `history.jsonl`, `history.csv` and TensorBoard's events.
        overwrite: Whether to replace a run in `out`, finished or not.
        verbose: Whether to show progress on standard error; `"auto"` does on a terminal.
        plan: Which layers learn, and how fast; `deepbio.finetune` passes it.
        calibration: `"temperature"`, `"platt"` or `"isotonic"`, fitted to the validation split after training and attached to the
            model, so that `predict` returns calibrated probabilities; see `deepbio.inference.calibrate`.
        **settings: Settings of `deepbio.training.Settings` (`epochs`, `batch_size`, `optimizer`, `learning_rate`, `loss`, `metrics`,
            ...), Keras objects included. The architecture has defaults of its own.

    Returns:
        A `Run` with the model, the settings used, the history per epoch and the evaluation on the validation split.

    Raises:
        DataError: The splits share a group, a class is missing, or a label is out of range.
        ModelError: The model does not fit the data.
        TrainingError: A setting is unknown, a loss is not finite, a worker is lost, or the checkpoints are of another run.
        DeepbioError: `out` cannot be written.

    Example:
        >>> import keras
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> data = load_dataset("xor")
        >>> model = get_model("mlp", dataset=data, seed=0)
        >>> run = fit(model, data, epochs=2, optimizer=keras.optimizers.Adam(0.01), metrics=["auroc"], verbose=False)
        >>> sorted(run.history)
        ['learning_rate', 'loss', 'seconds', 'val_accuracy', 'val_auroc', 'val_loss']
    """
    if (backend := keras.backend.backend()) != "tensorflow":
        raise TrainingError(
            f"fit trains on TensorFlow; Keras runs on {backend}. Set KERAS_BACKEND=tensorflow before Python starts, or use model.fit. "
            "predict and evaluate work on JAX and PyTorch, too."
        )
    seed, record = check_arguments(model, data, seed), describe(model)
    chosen = resolve(
        model_spec(record.architecture).training if record.architecture else {}, settings, kind=data.task.kind
    )
    check_model(model, data)
    if plan is None and not model.trainable_variables:
        raise TrainingError(
            f"All layers of {model.name} are frozen. Set model.trainable = True, or that of its last layer."
        )
    check_data(data)
    whole, data = data, match_dataset(model, data)
    if chosen.loss == "ordinal":
        check_order(data)
    if calibration is not None:
        check_method(data.task, calibration)
    cluster = Cluster(choose_strategy(strategy))
    checkpoints = None
    if out is not None:
        checkpoints = Checkpoints(
            Path(out), keep=keep_checkpoints, every_steps=checkpoint_steps, every_minutes=checkpoint_minutes
        )
    elif resume:
        raise TrainingError("resume=True needs the folder of the run: pass out=... (--out).")
    with contextlib.ExitStack() as locks:
        folder = _prepare_folder(
            out, overwrite=overwrite, resume=resume, checkpoints=checkpoints, cluster=cluster, locks=locks
        )
        scale = {"mean": (), "std": ()} if record.task is None else {"mean": record.task.mean, "std": record.task.std}
        task = replace(data.task, **scale) if data.task.kind == "regression" else data.task  # as the model was built
        origin = {"name": data.name, "options": data.options}
        known = {
            "input": data.input,
            "task": task,
            "outputs": data.task.outputs,
            "reading": data.reading,
            "dataset": origin,
        }
        attach(model, replace(record, postprocessing=None, metrics=chosen.metrics_by_name(data.task.kind), **known))

        identity = run_identity(model, whole, chosen, seed=seed)
        if plan is not None:
            identity["plan"] = plan.to_dict()
        state = latest_for(checkpoints, identity, cluster) if checkpoints is not None and resume else None
        called = as_list(callbacks)
        if log_dir is not None and cluster.is_chief:
            called.append(HistoryLog(log_dir))
        if plan is not None and plan.solved is not None:
            head = plan.solved
            trained = {"loss": [head.loss], "seconds": [head.seconds]}, {}, head.seconds, None
        else:
            trained = _trained(
                model, data, chosen, task=task, cluster=cluster, seed=seed, identity=identity, callbacks=called, plan=plan,
                steps_per_execution=steps_per_execution, checkpoints=checkpoints, state=state, verbose=verbose,
            )  # fmt: skip
        history, user_metrics, seconds, joules = trained
        if calibration is not None:
            postprocessing = fit_postprocessing(model, data.valid, method=calibration, reference=data.train)
            attach(model, replace(describe(model), postprocessing=postprocessing))
        evaluation = evaluate(model, data.valid)
        if plan is not None and plan.solved is not None:
            history["val_loss"] = [loss_of(task, evaluation.y, evaluation.p)]
        run = Run(model, chosen, history, evaluation, user_metrics, seed, seconds, folder, plan, joules)
        if folder is not None and checkpoints is not None and cluster.is_chief:
            write_run(run, whole, folder)
            checkpoints.remove()
        cluster.highest([0.0])  # no worker leaves before the run is written
        return run


_Trained = tuple[dict[str, list[float]], dict[str, float], float, float | None]


def _trained(
    model: keras.Model,
    data: Dataset,
    chosen: Settings,
    *,
    task: Task,
    cluster: Cluster,
    seed: int,
    identity: dict[str, Any],
    callbacks: list[Any],
    steps_per_execution: int | None,
    checkpoints: Checkpoints | None,
    state: State | None,
    verbose: bool | str,
    plan: FineTuningPlan | None,
) -> _Trained:
    """Train by gradient steps; return history, the user's metrics, seconds and joules."""
    meter = EnergyMeter()
    with restored(model), preemption_request(enabled=checkpoints is not None) as request:
        lora = plan is not None and plan.needs_copy
        before = model.get_weights() if plan is not None and plan.average else []
        copy = working_copy(
            model, cluster, precision=chosen.precision, sync_batch_norm=chosen.sync_batch_norm, always=lora
        )
        with cluster.strategy.scope():
            applied = None if plan is None else plan.apply(copy, seed=seed)
        try:
            trainer = Trainer(
                copy, data, chosen, task=task, cluster=cluster, seed=seed, run=identity, callbacks=callbacks,
                steps_per_execution=steps_per_execution, checkpoints=checkpoints, request=request, plan=applied,
            )  # fmt: skip
            history = trainer.train(resume=state, verbose=verbose)
        except Preempted as moment:
            who = "Ctrl-C" if request.by_keyboard else "SIGTERM"
            log.warning("Asked to end (%s): saved at %s. Go on with resume=True (--resume).", who, moment)
            raise (KeyboardInterrupt if request.by_keyboard else SystemExit(0)) from None
        finally:
            if applied is not None:
                applied.release()
        if lora and applied is not None:
            applied.finish(model)
        else:
            copy_weights_back(copy, model)
    if plan is not None and plan.average:
        share = wise_ft(model, before, data.valid, task)
        log.info("WiSE-FT: the validation split chose %g of the fine-tuned weights.", share)
    joules = meter.joules() if state is None else None  # a resumed run measured only a part
    return history, trainer.user_metrics, trainer.seconds, joules


def _prepare_folder(
    out: str | os.PathLike[str] | None,
    *,
    overwrite: bool,
    resume: bool,
    checkpoints: Checkpoints | None,
    cluster: Cluster,
    locks: contextlib.ExitStack,
) -> Path | None:
    """Create and lock the run's folder, unless it contains a run to be kept. The chief decides; the other workers follow."""
    from filelock import FileLock, Timeout

    if out is None or checkpoints is None:
        return None
    folder, problem = Path(out), ""
    if cluster.is_chief:
        if (folder / DESCRIPTION).exists() and not overwrite:
            problem = f"{folder} already contains a run. Choose another folder, or pass overwrite=True (--overwrite)."
        elif checkpoints.files() and not (overwrite or resume):
            problem = (
                f"{folder} contains a run that is not finished. Pass resume=True (--resume) to continue it, or overwrite=True "
                "(--overwrite) to start again."
            )
        try:
            writable_folder(folder)
            if not problem:
                lock = folder / ".fit.lock"
                locks.enter_context(FileLock(lock, timeout=0))
                locks.callback(lock.unlink, missing_ok=True)
            if not problem and overwrite and not resume:
                checkpoints.remove()
        except Timeout:
            problem = f"Another process trains in {folder} at this moment. Wait for it, or choose another folder."
        except DeepbioError as error:
            problem = problem or str(error)
    if problem := cluster.text_from_chief(problem):  # every worker stops, or none
        raise TrainingError(problem)
    return folder
