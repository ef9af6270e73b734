"""`deepbio predict`: what a trained model predicts for each example of a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from deepbio.cli.console import key_values, load_tensorflow, note
from deepbio.cli.evaluate import Tta
from deepbio.cli.options import Model, with_groups
from deepbio.cli.own_data import DataOptions, own_name
from deepbio.cli.trained import data_for_model, trained
from deepbio.errors import DeepbioError

if TYPE_CHECKING:
    from deepbio.zoo.record import ModelRecord


@with_groups
def predict(
    model: Model,
    file: Annotated[
        Path | None, typer.Argument(help="FASTA, CSV or TSV, text file of notes, image or folder of images.")
    ] = None,
    *,
    data: DataOptions,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="TSV file; default standard output.")] = None,
    sets: Annotated[
        bool, typer.Option("--sets", help="Column with the labels of the prediction set; see calibrate.")
    ] = False,
    ood: Annotated[
        bool,
        typer.Option(
            "--ood",
            help="Column with the out-of-distribution score: the fraction of validation examples with a lower one.",
        ),
    ] = False,
    uncertainty: Annotated[
        str | None, typer.Option(help="Columns with the entropy and disagreement of passes with dropout: 'dropout'.")
    ] = None,
    tta: Tta = None,
) -> None:
    """Predict every example and write TSV: id, label and probabilities, calibrated if the model is.

    The examples are those of a file, or of your own files with the columns named. Labels are not needed.
    """
    files = data.files()
    if bool(files) == (file is not None):
        raise DeepbioError(
            "Expected either a file or options of your own data, for example: deepbio predict MODEL my.fa"
        )
    if file is not None and not file.exists():
        raise DeepbioError(f"Expected a file or folder at {file}; there is none.")
    if uncertainty not in (None, "dropout"):
        raise DeepbioError(
            f"The uncertainty of one run is 'dropout'; received {uncertainty!r}. Ensembles are for Python."
        )
    if uncertainty and tta:
        raise DeepbioError("Expected --tta or --uncertainty; received both.")
    folder = trained(model)
    load_tensorflow()
    from deepbio import inference
    from deepbio.files import write_atomically
    from deepbio.inference.inputs import as_source
    from deepbio.inference.predict import prediction_rows
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    record = describe(built)
    examples, names = (file, None) if file is not None else _examples(record, data, files)
    source, ids = as_source(record.input, examples)
    x: Any = source
    unsure = inference.predict(built, x, uncertainty="dropout") if uncertainty else None
    p = inference.predict(built, x, tta=tta or None) if unsure is None else unsure.mean
    thresholds = record.postprocessing.thresholds if record.postprocessing else ()
    header, rows = prediction_rows(record.task, ids if names is None else names, p, thresholds=thresholds)
    more: dict[str, list[str]] = {}
    if sets:
        inside = inference.predict_sets(built, x)
        labels = record.task.labels if record.task is not None and record.task.labels else range(inside.shape[1])
        more["set"] = [";".join(str(n) for n, i in zip(labels, one, strict=True) if i) for one in inside]
    if ood:
        more["ood_score"] = [f"{rank:.3f}" for rank in inference.ood_score(built, x, rank=True)]
    if unsure is not None:
        more |= {"entropy": [f"{e:.6g}" for e in unsure.entropy]} if unsure.entropy is not None else {}
        more["disagreement"] = [f"{d:.6g}" for d in unsure.disagreement]
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow([*header, *more])
    writer.writerows([*row, *extra] for row, *extra in zip(rows, *more.values(), strict=True))
    if out is None:
        typer.echo(text.getvalue(), nl=False)
        return
    with write_atomically(out) as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")
    note(f"{len(rows)} predictions written to {out}.")


def _examples(record: ModelRecord, data: DataOptions, files: dict[str, Any]) -> tuple[Any, list[str] | None]:
    """Return the examples of the user's files, in their order, and their names, or None to take those of the file.

    If the labels decide which examples there are (features of a GenBank file, variants of a VCF), the data set is built and
    its splits follow one another.
    """
    from deepbio.datasets.build.intervals import read_intervals
    from deepbio.datasets.readers import ImageFiles, read_fasta, read_images, read_table
    from deepbio.genome import GenomeWindows, open_genome
    from deepbio.sequence import encode, resize

    shape, length = record.input.shape if record.input is not None else None, files.get("length")
    more = key_values(data.data or [], option="--data")
    if isinstance(files.get("fasta"), str):
        if length is None:
            return files["fasta"], None
        records = read_fasta(files["fasta"], same_names="number")
        return resize(records.codes, length), list(records.ids)
    if "folder" in files:
        images = read_images(files["folder"], shape=shape, window=files.get("window"))
        return images, list(images.ids)
    column = next((files[role] for role in ("text", "sequence", "image") if role in files), None)
    if "csv" in files and column is None:
        return files["csv"], None
    if column is not None:
        path = Path(files.get("csv") or files["manifest"])
        table = read_table(path, text=column, **{name: more[name] for name in ("id", "encoding") if name in more})
        texts = table.texts or []
        if "manifest" in files:
            paths = [Path(more.get("folder", path.parent)) / name for name in texts]
            images = ImageFiles(paths, ids=texts, shape=shape, window=files.get("window"))
            return images, list(images.ids)
        cropped = resize([encode(each) for each in texts], length) if "sequence" in files and length else texts
        return cropped, list(table.ids)
    if isinstance(files.get("bed"), str):
        regions = read_intervals(files["bed"], more.get("features", ["gene"]))
        rows = zip(regions.chromosomes, regions.starts, regions.ends, strict=True)
        names = [f"{chromosome}:{start}-{end}" for chromosome, start, end in rows]
        return GenomeWindows(open_genome(files["genome"]), regions, length=files["length"]), names
    parts = [part for _, part in data_for_model(record, own_name(files), data.read()[1]).splits()]
    x = np.concatenate([part.x[np.arange(len(part))] for part in parts])
    return x, [name for part in parts for name in part.names(np.arange(len(part)))]
