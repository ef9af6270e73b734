"""`deepbio fit`: train a model on a data set and write a run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import key_values, load_tensorflow
from deepbio.cli.finetune import tune
from deepbio.cli.options import with_groups
from deepbio.cli.own_data import DataOptions, load_data
from deepbio.cli.recipe import plan_of_recipe, read_recipe
from deepbio.cli.training_options import TrainingOptions, report_run
from deepbio.errors import DeepbioError


@with_groups
def fit(
    model: Annotated[str | None, typer.Argument(help="Model; `deepbio models` lists them.")] = None,
    dataset: Annotated[str | None, typer.Argument(help="Data set; `deepbio datasets` lists them.")] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; default runs/MODEL-DATASET.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Recipe (recipe.yaml) of a run to train again.")] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Option of the model; repeatable.")
    ] = None,
    training: TrainingOptions,
    data: DataOptions,
) -> None:
    """Train a model on a data set; write weights, card, recipe, history and report to a folder."""
    config, settings, seed = key_values(options or [], option="--set"), training.settings(), training.seed
    name, data_options = data.read(dataset)
    plan: dict[str, Any] = {}
    if recipe is not None:
        plan = read_recipe(recipe)
        model, config = model or plan["model"]["name"], {**plan["model"]["config"], **config}
        settings = {**plan["training"], **settings}
        if not data.files():
            name, data_options = name or plan["dataset"]["name"], {**plan["dataset"]["options"], **data_options}
    planned_seed = settings.pop("seed", 0)
    seed = planned_seed if seed is None else seed
    if model is None or name is None:
        raise DeepbioError(
            "Expected a model and a data set, for example: deepbio fit dna_cnn uci_splice --out runs/splice"
        )
    if plan.get("finetune"):
        if config != plan["model"]["config"]:
            raise DeepbioError("A recipe of a fine-tuned run fixes the options of its model; leave out --set.")
        source, how = plan_of_recipe(plan["finetune"])
        loaded = load_data(name, data_options)
        folder = out or Path("runs") / f"{Path(source).name}-{loaded.name}-tuned"
        tune(source, loaded, out=folder, seed=seed, how=how, training=training, settings=settings)
        return
    folder = out or Path("runs") / f"{model}-{name}"

    from deepbio.zoo.get_model import preset_folder
    from deepbio.zoo.registry import model_spec

    if preset_folder(model) is None:
        model_spec(model)  # a typo is reported before anything is loaded
    loaded = load_data(name, data_options)
    load_tensorflow()
    from deepbio import training as trainer
    from deepbio import zoo

    execution = training.execution()
    built = zoo.get_model(model, dataset=loaded, seed=seed, **config)
    run = trainer.fit(built, loaded, out=folder, seed=seed, **execution, **settings)
    report_run(f"{model} on {name}", run, folder)
