"""`deepbio finetune`: train a trained model on new data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli import own_data
from deepbio.cli.console import key_values, note, show_table
from deepbio.cli.quiet import load_tensorflow
from deepbio.errors import DeepbioError


def finetune(
    model: Annotated[
        str, typer.Argument(help="Pretrained: a name of `deepbio models --pretrained`, or a run's folder.")
    ],
    dataset: Annotated[str | None, typer.Argument(help="A data set; `deepbio datasets` lists them.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/MODEL-DATASET-tuned by default.")] = None,
    head: Annotated[str, typer.Option(help="new, or keep the old task's.")] = "new",
    freeze: Annotated[
        str | None, typer.Option(help="trunk, a number of levels from the input, a share (0.5), or layer,layer*.")
    ] = None,
    unfreeze: Annotated[str | None, typer.Option(help="gradual, or EPOCH=WHAT,EPOCH=WHAT, such as 2=1,5=all.")] = None,
    layer_decay: Annotated[float, typer.Option(help="Learning rate of a level as a share of the next one's.")] = 0.8,
    lora_rank: Annotated[
        int | None, typer.Option(help="Freeze the trunk and learn thin matrices of this rank.")
    ] = None,
    lora_on: Annotated[str, typer.Option(help="Layers that get them: names or patterns.")] = "*",
    adapter: Annotated[str, typer.Option(help="For other input sizes: auto, fit or layers.")] = "auto",
    compare: Annotated[
        bool, typer.Option("--compare", help="Train from scratch, as linear probe, in full and by LoRA, side by side.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of new weights, order and dropout.")] = 0,
    epochs: Annotated[int | None, typer.Option()] = None,
    batch_size: Annotated[int | None, typer.Option()] = None,
    learning_rate: Annotated[float | None, typer.Option()] = None,
    train_options: Annotated[
        list[str] | None, typer.Option("--train", metavar="KEY=VALUE", help="Any other training setting; repeatable.")
    ] = None,
    data_options: Annotated[
        list[str] | None, typer.Option("--data", metavar="KEY=VALUE", help="An option of the data set; repeatable.")
    ] = None,
    fasta: own_data.Fasta = None,
    table: own_data.Table = None,
    images: own_data.Images = None,
    npz: own_data.Npz = None,
    h5ad: own_data.H5ad = None,
    genbank: own_data.Genbank = None,
    genome: own_data.Genome = None,
    bed: own_data.Bed = None,
    bigwig: own_data.Bigwig = None,
    vcf: own_data.Vcf = None,
    image: own_data.Image = None,
    window: own_data.Window = None,
    label: own_data.Label = None,
    text: own_data.Text = None,
    sequence: own_data.Sequences = None,
    group: own_data.Group = None,
    positive: own_data.Positive = None,
    length: own_data.Length = None,
    strategy: Annotated[str, typer.Option(help="auto, one, mirrored, multiworker, slurm or cpu:N.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that stands in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Train a trained model on new data: part frozen, rates by depth, or LoRA."""
    own = own_data.own_options(
        fasta=fasta, table=table, images=images, npz=npz, h5ad=h5ad, genbank=genbank, genome=genome, bed=bed,
        bigwig=bigwig, vcf=vcf, image=image, window=window, label=label, text=text, sequence=sequence, group=group,
        positive=positive, length=length,
    )  # fmt: skip
    if bool(own) == (dataset is not None):
        raise DeepbioError(
            "Give a data set by name or your own files, for example: deepbio finetune runs/splice my_data"
        )
    name = own_data.own_name(own) if own else str(dataset)
    options = key_values(data_options or [], option="--data")
    settings = {
        "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate,
        **key_values(train_options or [], option="--train"),
    }  # fmt: skip
    how = {
        "head": head, "freeze": _which(freeze), "unfreeze_schedule": _schedule(unfreeze), "layer_decay": layer_decay,
        "lora_rank": lora_rank, "lora_on": tuple(lora_on.split(",")), "adapter": adapter,
    }  # fmt: skip
    folder = out or Path("runs") / f"{Path(model).name}-{name}-{'compared' if compare else 'tuned'}"
    running = {"strategy": strategy, "resume": resume, "overwrite": overwrite, "verbose": not quiet}
    data = own_data.load_data(name, {**options, **own})
    if not compare:
        tune(model, data, out=folder, seed=seed, how=how, **running, **settings)
        return
    load_tensorflow()
    from deepbio.devices import choose_strategy
    from deepbio.training.finetuning import APPROACHES, compare_approaches

    running["strategy"] = choose_strategy(strategy)
    runs = compare_approaches(
        model, data, approaches=tuple(APPROACHES), out=folder, seed=seed, adapter=adapter, **running, **settings
    )
    names = list(next(iter(runs.values())).valid.metrics)
    show_table(["approach", *names], [[way, *(run.valid[n] for n in names)] for way, run in runs.items()])
    note(f"Written to {folder}; {folder / 'report.html'} has the four side by side. The test split is untouched.")


def tune(
    model: str, data: Any, *, out: Path, seed: int, how: Mapping[str, Any], strategy: str = "auto", **options: Any
) -> None:
    """Fine-tune, write the run and print its validation figures."""
    load_tensorflow()
    from deepbio import training
    from deepbio.devices import choose_strategy

    devices = choose_strategy(strategy)  # before the first tensor: see there
    run = training.finetune(model, data, out=out, seed=seed, strategy=devices, **how, **options)
    note(f"{model} tuned on {data.name}: {len(run.history['loss'])} epochs in {run.seconds:.1f} s. Validation split:")
    typer.echo(str(run.valid))
    note(f"Written to {out}. The test split is untouched; when you have decided: deepbio evaluate {out}")


def plan_of_recipe(entry: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the model that a recipe of a tuned run started from, and how it was tuned.

    Raises:
        DeepbioError: it started from a model in memory, which nobody else has.
    """
    origin = dict(entry.get("origin") or {})
    if not origin.get("model"):
        raise DeepbioError(
            "This recipe tunes a model that was in memory and has no name. Save that model as a preset and name it as "
            "finetune: origin: model: in the recipe."
        )
    schedule = entry.get("unfreeze_schedule")
    if isinstance(schedule, Mapping):
        schedule = {int(epoch): what for epoch, what in schedule.items()}
    how = {key: entry[key] for key in ("freeze", "layer_decay", "lora_rank", "lora_on") if key in entry}
    how |= {key: origin[key] for key in ("head", "adapter") if key in origin}
    return str(origin["model"]), {**how, "unfreeze_schedule": schedule}


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
