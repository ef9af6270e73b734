"""`deepbio finetune`: train a trained model on new data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import load_tensorflow, note, show_table
from deepbio.cli.options import Model, with_groups
from deepbio.cli.own_data import DataOptions, load_data
from deepbio.cli.trained import trained
from deepbio.cli.training_options import TrainingOptions, report_run
from deepbio.errors import DeepbioError


@with_groups
def finetune(
    model: Model,
    dataset: Annotated[str | None, typer.Argument(help="Data set; `deepbio datasets` lists them.")] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; default runs/MODEL-DATASET-tuned.")] = None,
    method: Annotated[
        str, typer.Option(help="Method: linear_probe, lp_ft, full or lora; auto chooses by the number of examples.")
    ] = "auto",
    head: Annotated[str, typer.Option(help="Head of the model: new, or keep for the old task.")] = "new",
    freeze: Annotated[
        str | None,
        typer.Option(
            help="Frozen layers: trunk, a number of layer groups from the input, a fraction of them (0.5), or layer,layer*."
        ),
    ] = None,
    unfreeze: Annotated[
        str | None, typer.Option(help="Schedule of unfreezing: gradual, or EPOCH=WHAT,EPOCH=WHAT, such as 2=1,5=all.")
    ] = None,
    layer_decay: Annotated[
        float | None, typer.Option(help="Learning rate of a layer group, as a fraction of that of the next one; 0.8.")
    ] = None,
    lora_rank: Annotated[
        int | None, typer.Option(help="Rank of the LoRA matrices that learn beside the frozen trunk; default no LoRA.")
    ] = None,
    lora_on: Annotated[str, typer.Option(help="Layers with LoRA: names or patterns.")] = "*",
    adapter: Annotated[str, typer.Option(help="Adapter for other input sizes: auto, fit or layers.")] = "auto",
    member: Annotated[int | None, typer.Option(help="Member of an ensemble, from 1.", min=1)] = None,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare", help="Comparison of training from scratch, linear probe, probe and more, full and LoRA."
        ),
    ] = False,
    score: Annotated[
        bool,
        typer.Option("--score", help="Transferability of the trunk on the training split instead of training."),
    ] = False,
    training: TrainingOptions,
    data: DataOptions,
) -> None:
    """Train a trained model on new data: a linear probe, all layers, frozen layers, layer-wise learning rates, or LoRA."""
    name, options = data.read(dataset)
    if name is None:
        raise DeepbioError(
            "Expected a data set by name or your own files, for example: deepbio finetune runs/splice my_data"
        )
    how = {
        "method": method,
        "head": head,
        "freeze": _which(freeze),
        "unfreeze_schedule": _schedule(unfreeze),
        "layer_decay": layer_decay,
        "lora_rank": lora_rank,
        "lora_on": tuple(lora_on.split(",")),
        "adapter": adapter,
        "member": member,
    }
    if compare or score:
        _check_alone("--compare" if compare else "--score", how)
    trained(model)
    folder = out or Path("runs") / f"{Path(model).name}-{name}-{'compared' if compare else 'tuned'}"
    settings, seed = training.settings(), training.seed or 0
    loaded = load_data(name, options)
    if score:
        load_tensorflow()
        from deepbio.training.finetuning import transferability

        typer.echo(str(transferability(model, loaded, adapter=adapter, member=member, seed=seed)))
        return
    if not compare:
        tune(model, loaded, out=folder, seed=seed, how=how, training=training, settings=settings)
        return
    load_tensorflow()
    from deepbio.training.finetuning import APPROACHES, SMALL, compare_approaches

    runs = compare_approaches(
        model,
        loaded,
        approaches=(*APPROACHES, SMALL[loaded.input.modality]),
        out=folder,
        seed=seed,
        adapter=adapter,
        member=member,
        **training.execution(),
        **settings,
    )
    names = list(next(iter(runs.values())).valid.metrics)
    show_table(["approach", *names], [[way, *(run.valid[n] for n in names)] for way, run in runs.items()])
    note(runs.advice)
    note(f"Written to {folder}; {folder / 'report.html'} compares them. The test split is untouched.")


def tune(
    model: str,
    data: Any,
    *,
    out: Path,
    seed: int,
    how: Mapping[str, Any],
    training: TrainingOptions,
    settings: Mapping[str, Any],
) -> None:
    """Fine-tune a model, write the run and print its validation metrics."""
    load_tensorflow()
    from deepbio.training import finetune

    run = finetune(model, data, out=out, seed=seed, **training.execution(), **how, **settings)
    report_run(f"{model} fine-tuned on {data.name}", run, out)


def _check_alone(option: str, how: Mapping[str, Any]) -> None:
    """Raise an error for options that say how one model is tuned, where several ways are compared or none is taken."""
    left_open = {"method": "auto", "head": "new", "lora_on": ("*",)}
    names = {"unfreeze_schedule": "unfreeze"}
    kept = ("adapter", "member")
    odd = [names.get(name, name) for name, value in how.items() if name not in kept and value != left_open.get(name)]
    if odd:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in odd)
        raise DeepbioError(f"{option} does not take {given}: leave out one or the other.")


def _which(text: str | None) -> Any:
    if text is None:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.split(",") if "," in text else text


def _schedule(text: str | None) -> Any:
    if text is None or "=" not in text:
        return text
    pairs = [part.partition("=") for part in text.split(",")]
    try:
        return {int(epoch): _which(what) for epoch, _, what in pairs}
    except ValueError as error:
        raise DeepbioError(f"--unfreeze takes 'gradual' or EPOCH=WHAT,EPOCH=WHAT; received {text!r}.") from error
