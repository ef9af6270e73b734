"""The options of training that `deepbio fit` and `deepbio finetune` share, and what they print of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.augment import read_augment
from deepbio.cli.console import key_values, note

_Text = str | None
_Whole = int | None
_Number = float | None


def _run(help: str, *flags: str, min: float | None = None) -> Any:
    return typer.Option(*flags, min=min, help=help, rich_help_panel="Checkpoints, logs and devices")


@dataclass(frozen=True)
class TrainingOptions:
    """What the command line says about training."""

    seed: Annotated[_Whole, typer.Option(help="Random seed of new weights, order and dropout; default 0.")] = None
    epochs: Annotated[_Whole, typer.Option(help="Number of epochs.")] = None
    batch_size: Annotated[_Whole, typer.Option(help="Number of examples per batch, over all devices.")] = None
    learning_rate: Annotated[_Number, typer.Option(help="Learning rate at its peak.")] = None
    optimizer: Annotated[_Text, typer.Option(help="Optimizer: adam, adamw, lion, nadam, rmsprop or sgd.")] = None
    patience: Annotated[
        _Whole, typer.Option(help="Number of epochs without progress before an early stop; 0 for none.")
    ] = None
    class_weight: Annotated[_Text, typer.Option(help="Class weights: 'balanced', or label=weight,label=weight.")] = None
    augment: Annotated[_Text, typer.Option(help="Augmentation: policy or operations; see `deepbio augment list`.")] = (
        None
    )
    precision: Annotated[_Text, typer.Option(help="Precision: float32, mixed_bfloat16 or mixed_float16.")] = None
    calibration: Annotated[_Text, typer.Option(help="Calibration at the end: temperature, platt or isotonic.")] = None
    train: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Other setting of the training; repeatable.")
    ] = None
    strategy: Annotated[str, _run("Devices: auto, one, mirrored, multiworker, slurm or cpu:N.")] = "auto"
    resume: Annotated[bool, _run("Continuation of the run from its last checkpoint.", "--resume")] = False
    checkpoint_steps: Annotated[_Whole, _run("Number of steps between checkpoints.", min=1)] = None
    checkpoint_minutes: Annotated[float, _run("Minutes between checkpoints within an epoch.", min=0)] = 5.0
    log_dir: Annotated[Path | None, _run("Folder for logs: JSON lines, CSV and TensorBoard events.")] = None
    overwrite: Annotated[bool, _run("Replacement of a run that is already in the folder.", "--overwrite")] = False
    quiet: Annotated[bool, _run("Silence: no progress bar.", "--quiet")] = False

    def settings(self) -> dict[str, Any]:
        """Return the settings of training that were named, as keywords of `fit`."""
        plain = ("epochs", "batch_size", "learning_rate", "optimizer", "patience", "precision", "calibration")
        named = {name: getattr(self, name) for name in plain}
        named |= {"class_weight": self.class_weight, "augment": read_augment(self.augment)}
        if self.class_weight not in (None, "balanced"):
            named["class_weight"] = key_values(str(self.class_weight).split(","), option="--class-weight")
        named |= key_values(self.train or [], option="--train")
        return {name: value for name, value in named.items() if value is not None}

    def execution(self) -> dict[str, Any]:
        """Return how training is run, as keywords of `fit`. Builds the strategy, so call it before the first tensor."""
        from deepbio.devices import choose_strategy

        plain = ("resume", "checkpoint_steps", "checkpoint_minutes", "log_dir", "overwrite")
        chosen = {name: getattr(self, name) for name in plain}
        return {**chosen, "strategy": choose_strategy(self.strategy), "verbose": not self.quiet}


def report_run(title: str, run: Any, folder: Path) -> None:
    """Print the validation metrics of a run and the next step."""
    epochs = len(run.history["loss"])
    done = f"{epochs} epoch{'s' if epochs > 1 else ''}"
    if run.plan is not None and run.plan.solved is not None:
        done = f"head solved (linear probe, penalty strength {1 / run.plan.solved.strength:g})"
    note(f"{title}: {done} in {run.seconds:.1f} s. Validation split:")
    typer.echo(str(run.valid))
    note(f"Written to {folder}. The test split is untouched; once all is decided: deepbio evaluate {folder}")
