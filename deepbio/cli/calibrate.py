"""`deepbio calibrate`: learn from the validation split how to read a run's predictions, and store it in the run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.card import read_figures
from deepbio.cli.console import key_values, note
from deepbio.cli.own_data import load_data
from deepbio.cli.quiet import load_tensorflow
from deepbio.errors import DeepbioError


def calibrate(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    method: Annotated[str, typer.Option(help="temperature, platt, isotonic or none.")] = "temperature",
    threshold: Annotated[
        str | None,
        typer.Option(metavar="AIM=VALUE", help="maximize=f1, sensitivity=0.95, specificity=0.9 or precision=0.8."),
    ] = None,
    coverage: Annotated[float | None, typer.Option(help="How often prediction sets must hold the truth.")] = None,
    by_class: Annotated[bool, typer.Option("--by-class", help="Cover every class that often.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take out what was stored.")] = False,
) -> None:
    """Fit calibration, thresholds and coverage to the validation split of a run and store them in its preset.json."""
    from deepbio.zoo.preset import read_preset, write_postprocessing

    trained_on = read_preset(run).get("dataset") or {}
    if forget:
        write_postprocessing(run, None)
        _forget_figures(run, ("valid", "test"))
        note(f"{run}: predictions are as the network gives them.")
        return
    if not trained_on.get("name"):
        raise DeepbioError(f"{run} does not say what it was trained on; use deepbio.inference.calibrate in Python.")
    load_tensorflow()
    from deepbio import inference, metrics
    from deepbio.zoo import get_model
    from deepbio.zoo.preset import write_json

    data = load_data(trained_on["name"], trained_on.get("options", {}), fingerprint=trained_on.get("fingerprint"))
    model = get_model(str(run), dataset=data)
    aim = key_values([threshold], option="--threshold") if threshold else None
    postprocessing = inference.calibrate(
        model, data.valid, method=method, threshold=aim, coverage=coverage, by_class=by_class
    )
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
        typer.echo(f"yes from {', '.join(f'{t:.4g}' for t in postprocessing.thresholds)} on ({postprocessing.aim})")
    if postprocessing.conformal is not None:
        typer.echo(f"sets or intervals that hold the truth {postprocessing.conformal.coverage:.0%} of the time")
    note(f"Stored in {run / 'preset.json'}; {postprocessing.examples} validation examples.")


def _forget_figures(run: Path, splits: tuple[str, ...]) -> None:
    """Take figures out of metrics.json that are no longer those of the run's predictions."""
    from deepbio.zoo.preset import write_json

    figures = read_figures(run)
    old = [split for split in splits if figures.pop(split, None) is not None]
    for split in old:
        note(
            f"The figures of the {split} split in metrics.json were of other predictions and are gone; see deepbio card."
        )
    if old:
        write_json(run / "metrics.json", figures)
