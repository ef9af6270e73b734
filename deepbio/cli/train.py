"""`deepbio fit`: train a model on a data set and write a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli import own_data
from deepbio.cli.augment import read_augment
from deepbio.cli.console import key_values, note
from deepbio.cli.finetune import plan_of_recipe, tune
from deepbio.cli.quiet import load_tensorflow
from deepbio.errors import DeepbioError

Texts = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option of the model; repeatable.")
]


def fit(
    model: Annotated[str | None, typer.Argument(help="A model; `deepbio models` lists them.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="A data set; `deepbio datasets` lists them.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/MODEL-DATASET by default.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Train again from a recipe.yaml.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and dropout; 0 by default.")] = None,
    epochs: Annotated[int | None, typer.Option()] = None,
    batch_size: Annotated[int | None, typer.Option()] = None,
    learning_rate: Annotated[float | None, typer.Option()] = None,
    optimizer: Annotated[str | None, typer.Option()] = None,
    patience: Annotated[int | None, typer.Option(help="Epochs without progress before stopping; 0 for none.")] = None,
    class_weight: Annotated[str | None, typer.Option(help="'balanced', or label=weight,label=weight.")] = None,
    augment: Annotated[
        str | None,
        typer.Option(help="light, medical, strong, evoaug, or operations; `deepbio augment list` tells which."),
    ] = None,
    options: Texts = None,
    data_options: Annotated[
        list[str] | None, typer.Option("--data", metavar="KEY=VALUE", help="An option of the data set; repeatable.")
    ] = None,
    train_options: Annotated[
        list[str] | None, typer.Option("--train", metavar="KEY=VALUE", help="Any other training setting; repeatable.")
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
    precision: Annotated[str | None, typer.Option(help="float32, mixed_bfloat16 or mixed_float16.")] = None,
    calibration: Annotated[
        str | None, typer.Option(help="temperature, platt or isotonic: fit it to the validation split at the end.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")] = False,
    checkpoint_steps: Annotated[int | None, typer.Option(min=1, help="Save every so many steps, too.")] = None,
    checkpoint_minutes: Annotated[float, typer.Option(min=0, help="Save within an epoch after so many minutes.")] = 5.0,
    log_dir: Annotated[Path | None, typer.Option(help="Folder for JSON lines, CSV and TensorBoard events.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that stands in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Train a model on a data set; write weights, card, recipe, history and report to a folder."""
    settings = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "optimizer": optimizer,
        "patience": patience,
        "class_weight": _class_weight(class_weight),
        "augment": read_augment(augment),
        "precision": precision,
        "calibration": calibration,
        **key_values(train_options or [], option="--train"),
    }
    config, data_config = key_values(options or [], option="--set"), key_values(data_options or [], option="--data")
    own = own_data.own_options(
        fasta=fasta, table=table, images=images, npz=npz, h5ad=h5ad, genbank=genbank, genome=genome, bed=bed,
        bigwig=bigwig, vcf=vcf, image=image, window=window, label=label, text=text, sequence=sequence, group=group, positive=positive,
        length=length,
    )  # fmt: skip
    if own and dataset is not None:
        raise DeepbioError(f"Give a data set by name or your own files, not both; received {dataset} and files.")
    if recipe is not None:
        plan = _read_recipe(recipe)
        model, dataset = model or plan["model"]["name"], dataset or plan["dataset"]["name"]
        config = {**plan["model"]["config"], **config}
        if not own:
            data_config = {**plan["dataset"]["options"], **data_config}
        settings = {**plan["training"], **{key: value for key, value in settings.items() if value is not None}}
        seed = settings.pop("seed", 0) if seed is None else seed
        if plan.get("finetune"):
            if config != plan["model"]["config"]:
                raise DeepbioError("A recipe of a tuned run fixes the options of its model; leave out --set.")
            source, how = plan_of_recipe(plan["finetune"])
            data = own_data.load_data(own_data.own_name(own) if own else str(dataset), {**data_config, **own})
            settings.pop("seed", None)
            tune(
                source, data, out=out or Path("runs") / f"{Path(source).name}-{data.name}-tuned", seed=seed or 0, how=how,
                strategy=strategy, resume=resume, checkpoint_steps=checkpoint_steps, checkpoint_minutes=checkpoint_minutes,
                log_dir=log_dir, overwrite=overwrite, verbose=not quiet, **settings,
            )  # fmt: skip
            return
    if own:
        data_config, dataset = {**data_config, **own}, own_data.own_name(own)
    if model is None or dataset is None:
        raise DeepbioError(
            "Expected a model and a data set, for example: deepbio fit dna_cnn uci_splice --out runs/splice"
        )
    settings.pop("seed", None)
    seed = 0 if seed is None else seed
    folder = out or Path("runs") / f"{model}-{dataset}"

    from deepbio.zoo.get_model import preset_folder
    from deepbio.zoo.registry import model_spec

    if preset_folder(model) is None:
        model_spec(model)  # a typo is told before anything is loaded
    data = own_data.load_data(dataset, data_config)

    load_tensorflow()
    from deepbio import training, zoo
    from deepbio.devices import choose_strategy

    devices = choose_strategy(strategy)  # before the first tensor: see there
    built = zoo.get_model(model, dataset=data, seed=seed, **config)
    run = training.fit(
        built, data, out=folder, seed=seed, strategy=devices, resume=resume, checkpoint_steps=checkpoint_steps,
        checkpoint_minutes=checkpoint_minutes, log_dir=log_dir, overwrite=overwrite, verbose=not quiet, **settings,
    )  # fmt: skip
    note(f"{model} on {dataset}: {len(run.history['loss'])} epochs in {run.seconds:.1f} s. Validation split:")
    typer.echo(str(run.valid))
    note(f"Written to {folder}. The test split is untouched; when you have decided: deepbio evaluate {folder}")


def _class_weight(text: str | None) -> Any:
    return text if text in (None, "balanced") else key_values((text or "").split(","), option="--class-weight")


def _read_recipe(path: Path) -> dict[str, Any]:
    import yaml

    try:
        plan = yaml.safe_load(path.read_text(encoding="utf-8"))
        for part in ("model", "dataset", "training"):
            plan[part] = dict(plan[part])
        plan["model"]["config"] = dict(plan["model"].get("config") or {})
        plan["dataset"]["options"] = dict(plan["dataset"].get("options") or {})
        if not plan["model"]["name"] or not plan["dataset"]["name"]:
            raise KeyError("name")
    except OSError as error:
        raise DeepbioError(f"Expected a recipe at {path}; {error.strerror}.") from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise DeepbioError(
            f"{path} is not a recipe: expected model, dataset and training, as recipe.yaml of a run has them."
        ) from error
    return plan
