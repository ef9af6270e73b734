"""`deepbio evaluate`: the metrics of a trained model on a split, or on the user's own files."""

from typing import Annotated

import numpy as np
import typer

from deepbio.cli.console import load_tensorflow, show_json
from deepbio.cli.options import BootstrapSeed, DataName, Devices, Json, Model, Resamples, with_groups
from deepbio.cli.own_data import DataOptions
from deepbio.cli.trained import choose_split, devices_of, evaluation_data, trained

Tta = Annotated[
    list[str] | None,
    typer.Option(
        help="Test-time augmentation: flip, dihedral or shift of images, reverse_complement or shift of DNA; repeatable."
    ),
]


@with_groups
def evaluate(
    model: Model,
    dataset: DataName = None,
    *,
    split: Annotated[
        str | None, typer.Option(help="Split: train, valid, test or all; default test, and all of your own files.")
    ] = None,
    data: DataOptions,
    n_resamples: Resamples = 1000,
    seed: BootstrapSeed = 0,
    metric: Annotated[
        list[str] | None, typer.Option(help="Metric beside those of the task, such as quadratic_kappa; repeatable.")
    ] = None,
    tta: Tta = None,
    strategy: Devices = "auto",
    json: Json = False,
) -> None:
    """Print the metrics of a trained model on a split, or on your own files, with 95% intervals.

    Own files are read as those of training were, evaluated whole, and their labels matched by name.
    """
    if split is not None:
        choose_split(split, ("train", "valid", "test", "all"))
    folder = trained(model)
    load_tensorflow()
    from deepbio.inference import predict
    from deepbio.inference.evaluate import compare, metrics_of
    from deepbio.inference.positions import match_positions
    from deepbio.zoo import describe, get_model

    chosen = devices_of(strategy)
    built = get_model(folder)
    record = describe(built)
    found, split, parts = evaluation_data(model, record, dataset, data, split)
    parts = [match_positions(built, part, found.task) for part in parts]
    p = np.concatenate([predict(built, part, task=found.task, tta=tta or None, strategy=chosen) for part in parts])
    groups = [part.groups for part in parts]
    result = compare(
        found.task,
        np.concatenate([np.asarray(part.y) for part in parts]),
        p,
        groups=None if any(each is None for each in groups) else np.concatenate([np.asarray(each) for each in groups]),
        names=[*metrics_of(record, found.task), *(metric or ())],
        n_resamples=n_resamples,
        seed=seed,
    )
    if json:
        show_json({"model": model, "dataset": found.name, "split": split, **result.to_dict()})
        return
    typer.echo(f"{model} on {found.name}, {split if split == 'all' else f'{split} split'}: {result}")
    if result.confusion is not None and len(found.labels) <= 12:
        width = max(8, *(len(label) for label in found.labels))
        typer.echo("Confusion matrix (truth in rows):")
        for label, row in [("", found.labels), *zip(found.labels, result.confusion, strict=True)]:
            typer.echo(f"{label:>{width}}" + "".join(f"{count:>{width + 1}}" for count in row))
