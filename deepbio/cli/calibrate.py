"""`deepbio calibrate`: fit calibration, thresholds and prediction sets to the validation split, and store them in the run."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import key_values, load_tensorflow, note
from deepbio.cli.options import Run
from deepbio.cli.trained import read_figures, training_data


def calibrate(
    run: Run,
    method: Annotated[str, typer.Option(help="Method: temperature, platt, isotonic or none.")] = "temperature",
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="AIM=VALUE",
            help="Aim of the decision threshold: maximize=f1, sensitivity=0.95, specificity=0.9 or precision=0.8.",
        ),
    ] = None,
    coverage: Annotated[
        float | None, typer.Option(help="Fraction of examples whose prediction set must contain the true label.")
    ] = None,
    by_class: Annotated[bool, typer.Option("--by-class", help="Coverage of every class, not on average.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Removal of what was stored.")] = False,
) -> None:
    """Fit calibration, thresholds and coverage to the validation split of a run and store them in its preset.json."""
    from deepbio.zoo.preset import read_preset, write_postprocessing

    if forget:
        write_postprocessing(run, None)
        _forget_figures(run, ("valid", "test"))
        note(f"{run}: predictions are the uncalibrated outputs of the network.")
        return
    origin = read_preset(run).get("dataset")
    load_tensorflow()
    from deepbio import inference, metrics
    from deepbio.zoo import describe, get_model
    from deepbio.zoo.preset import write_json
    from deepbio.zoo.record import attach

    model = get_model(str(run))
    data = training_data(run, origin, input=describe(model).input)
    aim = key_values([threshold], option="--threshold") if threshold else None
    postprocessing = inference.fit_postprocessing(
        model, data.valid, method=method, threshold=aim, coverage=coverage, by_class=by_class, reference=data.train
    )
    attach(model, replace(describe(model), postprocessing=postprocessing))
    write_postprocessing(run, postprocessing)
    _forget_figures(run, ("test",))
    figures = read_figures(run)
    if "valid" in figures:
        write_json(run / "metrics.json", {**figures, "valid": inference.evaluate(model, data.valid).to_dict()})
    if postprocessing.calibration is not None:
        values = {k: v for k, v in postprocessing.calibration.to_dict().items() if isinstance(v, (str, float))}
        typer.echo(", ".join(f"{k} {v:.4g}" if isinstance(v, float) else str(v) for k, v in values.items()))
        if data.task.kind in ("binary", "multiclass"):
            for name, used in (("before", False), ("after", True)):
                p = inference.predict(model, data.valid, calibrated=used)
                typer.echo(f"calibration error {name}: {metrics.ece_interval(data.valid.y, p)} (validation split)")
    if postprocessing.thresholds:
        typer.echo(
            f"positive from {', '.join(f'{t:.4g}' for t in postprocessing.thresholds)} on ({postprocessing.aim})"
        )
    if postprocessing.conformal is not None:
        typer.echo(f"sets or intervals that contain the true value {postprocessing.conformal.coverage:.0%} of the time")
    note(f"Stored in {run / 'preset.json'}; {postprocessing.examples} validation examples.")


def _forget_figures(run: Path, splits: tuple[str, ...]) -> None:
    """Remove metrics from metrics.json that are no longer those of the run's predictions."""
    from deepbio.zoo.preset import write_json

    figures = read_figures(run)
    old = [split for split in splits if figures.pop(split, None) is not None]
    for split in old:
        note(
            f"The metrics of the {split} split in metrics.json were of other predictions and are removed; see deepbio card."
        )
    if old:
        write_json(run / "metrics.json", figures)
