"""`fit`: train a model on a data set, under any strategy, reproducibly."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from deepbio.datasets import Dataset
from deepbio.devices import choose_strategy
from deepbio.devices.cluster import Cluster
from deepbio.devices.machine import EnergyMeter
from deepbio.errors import DeepbioError, TrainingError
from deepbio.files import writable_folder
from deepbio.inference.calibrate import check_method, fit_postprocessing
from deepbio.inference.evaluate import evaluate
from deepbio.training.checkpoints.checkpoint import Checkpoints
from deepbio.training.checkpoints.preemption import watch_for_preemption
from deepbio.training.checkpoints.resume import latest_for, run_identity
from deepbio.training.guards import check_data, check_model
from deepbio.training.logs.history_log import HistoryLog
from deepbio.training.run import Run, write_run
from deepbio.training.settings import resolve
from deepbio.training.trainer import Preempted, Trainer
from deepbio.training.working_copy import bring_back, working_copy
from deepbio.zoo import describe, model_spec
from deepbio.zoo.preset import DESCRIPTION
from deepbio.zoo.record import attach

if TYPE_CHECKING:
    from deepbio.training.finetuning.tuning import Tuning

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
    resume: bool = False,
    checkpoint_steps: int | None = None,
    checkpoint_minutes: float | None = 5.0,
    keep_checkpoints: int = 2,
    log_dir: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    verbose: bool | str = "auto",
    tuning: Tuning | None = None,
    calibration: str | None = None,
    **settings: Any,
) -> Run:
    """Train a model on the training split, watch it on the validation split, leave the test split alone.

    With `out`, the run saves checkpoints at each epoch's end and every few minutes, and takes SIGTERM as a request to save
    and leave with exit code 0; the first Ctrl-C likewise, which then raises `KeyboardInterrupt`. On several workers each
    process calls this; only the first writes files.

    Args:
        model: from `get_model`, or any `keras.Model` that gives logits for `data.task`.
        data: checked for leakage and missing classes first.
        out: folder of the preset to write.
        seed: of the order of examples and of dropout. The same model, data, settings, seed and number of replicas give the
            same weights on a CPU.
        epochs, batch_size: see `deepbio.training.Settings`; the model's registration has defaults.
        callbacks: any Keras callbacks. Those that look at single batches make each step a call of its own. With several
            replicas or another precision, their `model` is a working copy; `model` has its weights when `fit` returns.
        strategy: where to run; see `deepbio.devices.choose_strategy`.
        steps_per_execution: steps in one call of the graph; found by the clock where it is not given.
        resume: go on from the newest checkpoint in `out`, in the middle of an epoch too; start where there is none.
        checkpoint_steps: save every so many steps as well.
        checkpoint_minutes: save within an epoch after so many minutes; `None` for never.
        keep_checkpoints: how many to keep. They are removed when the run is finished.
        log_dir: folder for `history.jsonl`, `history.csv` and TensorBoard's events.
        overwrite: replace a run that stands in `out`, finished or not.
        verbose: show progress on standard error; `"auto"` does on a terminal.
        tuning: what is frozen and how fast each layer learns; `deepbio.finetune` gives it.
        calibration: fit `"temperature"`, `"platt"` or `"isotonic"` to the validation split when training is over, so that
            `predict` gives calibrated probabilities; see `deepbio.inference.calibrate`.
        settings: any other of `deepbio.training.Settings` (`optimizer`, `learning_rate`, `precision`, `patience`, ...).

    Raises:
        DataError: the splits share a group, a class is missing, or a label is out of range.
        ModelError, TrainingError: the model does not fit the data, an unknown setting, a loss that is not finite, a worker that
            is lost, or checkpoints of another run.
        DeepbioError: `out` cannot be written.
    """
    record = describe(model)
    defaults = model_spec(record.architecture).training if record.architecture else {}
    chosen = resolve(defaults, {"epochs": epochs, "batch_size": batch_size, **settings})
    check_model(model, data)
    check_data(data)
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
    folder = _check_out(out, overwrite=overwrite, resume=resume, checkpoints=checkpoints, cluster=cluster)
    attach(model, replace(record, input=data.input, task=data.task, outputs=data.task.outputs, postprocessing=None))

    run_facts = run_identity(model, data, chosen, seed=seed)
    if tuning is not None:
        run_facts["tuning"] = tuning.to_dict()
    state = latest_for(checkpoints, run_facts, cluster) if checkpoints is not None and resume else None
    copy = working_copy(
        model, cluster, precision=chosen.precision, sync_batch_norm=chosen.sync_batch_norm,
        always=tuning is not None and tuning.needs_copy,
    )  # fmt: skip
    tuner = None
    if tuning is not None:
        with cluster.strategy.scope():
            tuner = tuning.tuner(copy, seed=seed)
    everyone = [*callbacks, *([HistoryLog(log_dir)] if log_dir is not None and cluster.is_chief else [])]
    meter = EnergyMeter()
    with watch_for_preemption(wanted=checkpoints is not None) as request:
        trainer = Trainer(
            copy, data, chosen, cluster=cluster, seed=seed, run=run_facts, callbacks=everyone,
            steps_per_execution=steps_per_execution, checkpoints=checkpoints, request=request, tuner=tuner,
        )  # fmt: skip
        try:
            history = trainer.train(resume=state, verbose=verbose)
        except Preempted as moment:
            who = "Ctrl-C" if request.by_keyboard else "SIGTERM"
            log.warning("Asked to end (%s): saved at %s. Go on with resume=True (--resume).", who, moment)
            raise (KeyboardInterrupt if request.by_keyboard else SystemExit(0)) from None
    joules = meter.joules() if state is None else None  # of a resumed run only a part was seen
    if tuner is not None:
        tuner.finish(model)
    if tuning is None or not tuning.needs_copy:
        bring_back(copy, model)
    if calibration is not None:
        postprocessing = fit_postprocessing(model, data.valid, method=calibration)
        attach(model, replace(describe(model), postprocessing=postprocessing))
    run = Run(model, chosen, history, evaluate(model, data.valid), seed, trainer.seconds, folder, tuning, joules)
    if folder is not None and checkpoints is not None and cluster.is_chief:
        write_run(run, data, folder)
        checkpoints.remove()
    cluster.highest([0.0])  # no worker leaves before the run is written
    return run


def _check_out(
    out: str | os.PathLike[str] | None,
    *,
    overwrite: bool,
    resume: bool,
    checkpoints: Checkpoints | None,
    cluster: Cluster,
) -> Path | None:
    """Make the run's folder, unless what stands there should stay. Only the chief writes; the others wait for its word."""
    if out is None or checkpoints is None:
        return None
    folder, problem = Path(out), ""
    if cluster.is_chief:
        if (folder / DESCRIPTION).exists() and not overwrite:
            problem = f"{folder} already holds a run. Choose another folder, or pass overwrite=True (--overwrite)."
        elif checkpoints.files() and not (overwrite or resume):
            problem = (
                f"{folder} holds a run that is not finished. Pass resume=True (--resume) to go on with it, or "
                "overwrite=True (--overwrite) to start again."
            )
        try:
            writable_folder(folder)
            if not problem and overwrite and not resume:
                checkpoints.remove()
        except DeepbioError as error:
            problem = problem or str(error)
    problem = cluster.text_from_chief(problem)  # all of them stop, or none
    if problem:
        raise TrainingError(problem)
    return folder
