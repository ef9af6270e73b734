"""`deepbio evaluate` and `deepbio predict`: what a trained model says, and how often it is right."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import key_values, note, show_json
from deepbio.cli.own_data import load_data
from deepbio.cli.quiet import load_tensorflow
from deepbio.errors import DeepbioError, nearest

Tta = Annotated[
    list[str] | None,
    typer.Option(
        help="Average over views: flip, dihedral or shift of images; reverse_complement or shift of DNA; repeatable."
    ),
]
Model = Annotated[str, typer.Argument(help="A run's folder, or a pretrained model.")]


def evaluate(
    model: Model,
    dataset: Annotated[str | None, typer.Argument(help="A data set; the one it was trained on by default.")] = None,
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    data_options: Annotated[
        list[str] | None, typer.Option("--data", metavar="KEY=VALUE", help="An option of the data set.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    tta: Tta = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the metrics of a trained model on a split, with 95% intervals."""
    if split not in ("train", "valid", "test"):
        raise DeepbioError(f"Unknown split {split!r}. {nearest(split, ('train', 'valid', 'test'))}")
    folder = trained(model)
    load_tensorflow()
    from deepbio import inference
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    trained_on = describe(built).dataset or {}
    name = dataset or trained_on.get("name")
    if name is None:
        raise DeepbioError(f"{model} does not say what it was trained on; name a data set.")
    same = name == trained_on.get("name")
    given = key_values(data_options or [], option="--data")
    options = {**(trained_on.get("options", {}) if same else {}), **given}
    data = load_data(name, options, fingerprint=trained_on.get("fingerprint") if same and not given else None)
    if data.task != describe(built).task:
        raise DeepbioError(f"{model} predicts {describe(built).task}; {name} asks for {data.task}.")
    found = inference.evaluate(built, dict(data.splits())[split], draws=draws, seed=seed, tta=tta or None)
    if json:
        show_json({"model": model, "dataset": name, "split": split, **found.to_dict()})
        return
    typer.echo(f"{model} on {name}, {split} split: {found}")
    if found.confusion is not None and len(data.labels) <= 12:
        width = max(8, *(len(label) for label in data.labels))
        typer.echo("Confusion matrix (truth in rows):")
        typer.echo(" " * width + "".join(f"{label:>{width + 1}}" for label in data.labels))
        for label, row in zip(data.labels, found.confusion, strict=True):
            typer.echo(f"{label:>{width}}" + "".join(f"{count:>{width + 1}}" for count in row))


def predict(
    model: Model,
    file: Annotated[Path, typer.Argument(help="FASTA, CSV or TSV, a text file of notes, or an image folder.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A TSV file; standard output by default.")] = None,
    sets: Annotated[bool, typer.Option("--sets", help="Add the labels of the prediction set (see calibrate).")] = False,
    unusual: Annotated[
        bool, typer.Option("--unusual", help="Add the share of validation examples that looked less strange.")
    ] = False,
    uncertainty: Annotated[
        str | None, typer.Option(help="'dropout': add the entropy and disagreement of passes with dropout on.")
    ] = None,
    tta: Tta = None,
) -> None:
    """Predict every example of a file and write TSV: id, label, probabilities (calibrated where the preset says how)."""
    if not file.exists():
        raise DeepbioError(f"Expected a file or folder at {file}; there is none.")
    folder = trained(model)
    load_tensorflow()
    from deepbio.files import write_atomically
    from deepbio.inference.inputs import as_source
    from deepbio.inference.predict import prediction_rows
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    record = describe(built)
    source, ids = as_source(record.input, file)

    from deepbio import inference

    unsure = None
    if uncertainty is not None:
        if tta:
            raise DeepbioError("Give either --tta or --uncertainty.")
        if uncertainty != "dropout":
            raise DeepbioError(
                f"One run's uncertainty is 'dropout'; received {uncertainty!r}. Ensembles are for Python."
            )
        unsure = inference.predict(built, source, uncertainty="dropout")  # type: ignore[arg-type]
    p = inference.predict(built, source, tta=tta or None) if unsure is None else unsure.mean  # type: ignore[arg-type]
    header, rows = prediction_rows(
        record.task, ids, p, thresholds=record.postprocessing.thresholds if record.postprocessing else ()
    )
    more: dict[str, list[str]] = {}
    if sets:
        held = inference.predict_sets(built, source)  # type: ignore[arg-type]
        names = record.task.labels if record.task is not None and record.task.labels else range(held.shape[1])
        more["set"] = [";".join(str(n) for n, inside in zip(names, one, strict=True) if inside) for one in held]
    if unusual:
        ranks = inference.ood_score(built, source, rank=True)  # type: ignore[arg-type]
        more["ood_score"] = [f"{rank:.3f}" for rank in ranks]
    if unsure is not None:
        more |= {"entropy": [f"{e:.6g}" for e in unsure.entropy]} if unsure.entropy is not None else {}
        more["disagreement"] = [f"{d:.6g}" for d in unsure.disagreement]
    header, rows = [*header, *more], [[*row, *extra] for row, *extra in zip(rows, *more.values(), strict=True)]
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows([header, *rows])
    if out is None:
        typer.echo(text.getvalue(), nl=False)
        return
    with write_atomically(out) as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")
    note(f"{len(rows)} predictions written to {out}.")


def trained(model: str) -> str:
    """Return the model's name or folder where it has weights; raise with the nearest names otherwise."""
    from deepbio.zoo.get_model import preset_folder
    from deepbio.zoo.registry import list_models

    if preset_folder(model) is None:
        if model in list_models():
            raise DeepbioError(
                f"{model} is an architecture without weights. Give a run's folder: deepbio fit {model} DATASET writes one."
            )
        raise DeepbioError(
            f"There is no run or pretrained model {model!r}. {nearest(model, list_models(pretrained=True))}"
        )
    return model
