"""The options of training that `deepbio fit` and `deepbio finetune` share, and what they print of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.augment import read_augment
from deepbio.cli.console import key_values, note

_PANEL = "Checkpoints, logs and devices"


@dataclass(frozen=True)
class TrainingOptions:
    """What the command line says about training."""

    seed: Annotated[int | None, typer.Option(help="Random seed of new weights, order and dropout; default 0.")] = None
    epochs: Annotated[int | None, typer.Option(help="Number of epochs.")] = None
    batch_size: Annotated[int | None, typer.Option(help="Number of examples per batch, over all devices.")] = None
    learning_rate: Annotated[float | None, typer.Option(help="Learning rate at its peak.")] = None
    optimizer: Annotated[str | None, typer.Option(help="Optimizer: adam, adamw, lion, nadam, rmsprop or sgd.")] = None
    patience: Annotated[
        int | None, typer.Option(help="Number of epochs without progress before training stops; 0 for no early stop.")
    ] = None
    class_weight: Annotated[
        str | None, typer.Option(help="Class weights: 'balanced', or label=weight,label=weight.")
    ] = None
    augment: Annotated[
        str | None,
        typer.Option(help="Augmentation: a policy or operations; `deepbio augment list` lists them."),
    ] = None
    precision: Annotated[str | None, typer.Option(help="Precision: float32, mixed_bfloat16 or mixed_float16.")] = None
    calibration: Annotated[
        str | None,
        typer.Option(help="Calibration to fit to the validation split: temperature, platt or isotonic."),
    ] = None
    train: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Other setting of the training; repeatable.")
    ] = None
    strategy: Annotated[
        str,
        typer.Option(help="Devices: auto, one, mirrored, multiworker, slurm or cpu:N.", rich_help_panel=_PANEL),
    ] = "auto"
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continuation of the run from its last checkpoint.", rich_help_panel=_PANEL),
    ] = False
    checkpoint_steps: Annotated[
        int | None, typer.Option(min=1, help="Number of steps between checkpoints.", rich_help_panel=_PANEL)
    ] = None
    checkpoint_minutes: Annotated[
        float, typer.Option(min=0, help="Minutes between checkpoints within an epoch.", rich_help_panel=_PANEL)
    ] = 5.0
    log_dir: Annotated[
        Path | None,
        typer.Option(help="Folder for logs as JSON lines, CSV and TensorBoard events.", rich_help_panel=_PANEL),
    ] = None
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replacement of a run that is already in the folder.", rich_help_panel=_PANEL),
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.", rich_help_panel=_PANEL)] = False

    def settings(self) -> dict[str, Any]:
        """Return the settings of training that were named, as keywords of `fit`."""
        weight = self.class_weight
        named = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "optimizer": self.optimizer,
            "patience": self.patience,
            "class_weight": weight
            if weight in (None, "balanced")
            else key_values(weight.split(","), option="--class-weight"),
            "augment": read_augment(self.augment),
            "precision": self.precision,
            "calibration": self.calibration,
        }
        others = key_values(self.train or [], option="--train")
        return {name: value for name, value in {**named, **others}.items() if value is not None}

    def execution(self) -> dict[str, Any]:
        """Return how training is run, as keywords of `fit`. Builds the strategy, so call it before the first tensor."""
        from deepbio.devices import choose_strategy

        return {
            "strategy": choose_strategy(self.strategy),
            "resume": self.resume,
            "checkpoint_steps": self.checkpoint_steps,
            "checkpoint_minutes": self.checkpoint_minutes,
            "log_dir": self.log_dir,
            "overwrite": self.overwrite,
            "verbose": not self.quiet,
        }


def report_run(title: str, run: Any, folder: Path) -> None:
    """Print the validation metrics of a run and the next step."""
    note(f"{title}: {len(run.history['loss'])} epochs in {run.seconds:.1f} s. Validation split:")
    typer.echo(str(run.valid))
    note(f"Written to {folder}. The test split is untouched; once all is decided: deepbio evaluate {folder}")
