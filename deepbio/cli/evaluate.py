"""`deepbio evaluate`: the metrics of a trained model on a split, or on the user's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from deepbio.cli.console import load_tensorflow, show_json
from deepbio.cli.options import BootstrapSeed, Json, Model, Resamples, with_groups
from deepbio.cli.own_data import DataOptions, load_data
from deepbio.cli.trained import choose_split, data_for_model, trained, training_data
from deepbio.errors import DeepbioError

if TYPE_CHECKING:
    from deepbio.datasets import Dataset
    from deepbio.zoo.record import ModelRecord

Tta = Annotated[
    list[str] | None,
    typer.Option(
        help="Test-time augmentation: flip, dihedral or shift of images, reverse_complement or shift of DNA; repeatable."
    ),
]


@with_groups
def evaluate(
    model: Model,
    dataset: Annotated[str | None, typer.Argument(help="Data set; default the one the model was trained on.")] = None,
    *,
    split: Annotated[
        str | None, typer.Option(help="Split: train, valid, test or all; default test, and all of your own files.")
    ] = None,
    data: DataOptions,
    n_resamples: Resamples = 1000,
    seed: BootstrapSeed = 0,
    tta: Tta = None,
    json: Json = False,
) -> None:
    """Print the metrics of a trained model on a split, with 95% intervals."""
    own = bool(data.files())
    split = choose_split(split or ("all" if own else "test"), ("train", "valid", "test", "all"))
    name, options = data.read(dataset)
    folder = trained(model)
    load_tensorflow()
    from deepbio.inference import predict
    from deepbio.inference.evaluate import compare
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    record = describe(built)
    found = data_for_model(record, str(name), options) if own else _named(model, record, name, options)
    parts = [part for where, part in found.splits() if split in (where, "all")]
    p = np.concatenate([predict(built, part, task=found.task, tta=tta or None) for part in parts])
    groups = [part.groups for part in parts]
    result = compare(
        found.task,
        np.concatenate([np.asarray(part.y) for part in parts]),
        p,
        groups=None if any(each is None for each in groups) else np.concatenate([np.asarray(each) for each in groups]),
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


def _named(model: str, record: ModelRecord, name: str | None, options: dict[str, Any]) -> Dataset:
    """Load a data set by name; by default the one that the model was trained on, with the options of that run."""
    origin = record.dataset or {}
    if name in (None, origin.get("name")):
        changed = {"options": {**origin.get("options", {}), **options}, "fingerprint": None} if options else {}
        data = training_data(model, {**origin, **changed})
    else:
        data = load_data(str(name), options)
    if data.task != record.task:
        raise DeepbioError(f"{model} predicts {record.task}; {name} asks for {data.task}.")
    return data
