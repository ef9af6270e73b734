"""`deepbio predict`: what a trained model predicts for each example of a file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import key_values, load_tensorflow, note
from deepbio.cli.evaluate import Tta
from deepbio.cli.options import Model, with_groups
from deepbio.cli.over_genome import GenomeOptions, intervals_of, predict_over_genome
from deepbio.cli.own_data import DataOptions
from deepbio.cli.trained import devices_of, trained
from deepbio.errors import DeepbioError
from deepbio.escaping import spreadsheet_tsv


def _prevalence(given: list[str] | None) -> float | dict[str, float] | None:
    """Read `0.01`, or `ill=0.01` once per class."""
    if not given:
        return None
    pairs = [one.rpartition("=") for one in given]
    try:
        values = {name: float(text) for name, _, text in pairs}
    except ValueError as error:
        raise DeepbioError(
            f"--prevalence takes a number such as 0.01, or LABEL=0.01 for each class; received {given}."
        ) from error
    if len(values) < len(pairs) or ("" in values and len(values) > 1):
        raise DeepbioError("--prevalence takes one number, or LABEL=FREQUENCY once for each class.")
    return values.get("", values)


@with_groups
def predict(
    model: Model,
    file: Annotated[
        Path | None, typer.Argument(help="FASTA, BED, VCF, table, notes, .h5ad, image or folder of images.")
    ] = None,
    *,
    data: DataOptions,
    over: GenomeOptions,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="TSV file; default standard output. Over a genome also .bed, .bedgraph or .bw. Folder of masks.",
        ),
    ] = None,
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
    prevalence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[LABEL=]FREQUENCY",
            help="Frequency of the positive label where the predictions are used, or of each class (repeatable).",
        ),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Ids and labels as they are, without ' before those that a spreadsheet would run."),
    ] = False,
) -> None:
    """Predict every example and write TSV: id, label and probabilities, calibrated if the model is.

    A calibrated model adds how often validation examples of about the same probability were right, with a 95% interval, the
    prevalence that the probabilities assume, and the threshold with its sensitivity and specificity.

    Files are read as those of training were: same window, columns and layer, unless you name others. Labels are not needed.

    With --genome and --bed, or --tile for whole chromosomes, predictions are written as they are computed, in constant memory.
    """
    if over.asked(out) or (intervals_of(file, data) and not (sets or ood or uncertainty or tta or prevalence)):
        if sets or ood or uncertainty or tta or prevalence:
            raise DeepbioError(
                "--sets, --ood, --uncertainty, --tta and --prevalence are for tables of windows; leave them out."
            )
        predict_over_genome([trained(one) for one in (model, *(over.ensemble or []))], file, data, over, out, raw=raw)
        return
    options = data.of_a_path() if file is not None else data.files()
    if not options and file is None:
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
    from deepbio.inference.own_files import read_examples, source_options
    from deepbio.inference.prediction_table import meaning_columns, prediction_rows, thresholds_for
    from deepbio.inference.prevalence import for_prevalence
    from deepbio.inference.reading_plan import input_of
    from deepbio.zoo import describe, get_model

    strategy = devices_of(over.strategy)
    built = get_model(folder)
    record = describe(built)
    if file is None:
        options = options | key_values(data.data or [], option="--data")
    else:
        options = source_options(input_of(record), file, options)
    source, ids = read_examples(record, options)
    x: Any = source
    if record.task is not None and record.task.kind == "per_pixel":
        if out is None or sets or ood or uncertainty or prevalence:
            raise DeepbioError(
                "The model predicts masks of images: name their folder with --out FOLDER (with --tta, if any)."
            )
        note(
            f"{len(inference.write_masks(built, x, ids, out, tta=tta or None, strategy=strategy))} masks written to {out}."
        )
        return
    unsure = inference.predict(built, x, uncertainty="dropout") if uncertainty else None
    p = inference.predict(built, x, tta=tta or None, strategy=strategy) if unsure is None else unsure.mean
    wanted = _prevalence(prevalence)
    adjusted = p if wanted is None else for_prevalence(record, p, wanted)
    header, rows = prediction_rows(record.task, ids, adjusted, thresholds=thresholds_for(record, wanted))
    # the bins and the operating point are those of one plain pass
    more = meaning_columns(record, p, wanted) if unsure is None and not tta else {}
    if record.task is not None and record.task.kind in ("binary", "multiclass") and not record.postprocessing:
        note("How often these probabilities are right is not known: `deepbio calibrate RUN` measures it.")
    if wanted is not None and record.postprocessing and record.postprocessing.aim:
        note(f"The threshold was chosen for {record.postprocessing.aim} at another prevalence; decisions are the same.")
    if sets:
        inside = inference.predict_sets(built, x)
        labels = record.task.labels if record.task is not None and record.task.labels else range(inside.shape[1])
        more["set"] = [";".join(str(n) for n, i in zip(labels, one, strict=True) if i) for one in inside]
    if ood:
        more["ood_score"] = [f"{rank:.3f}" for rank in inference.ood_score(built, x, rank=True)]
    if unsure is not None:
        more |= {"entropy": [f"{e:.6g}" for e in unsure.entropy]} if unsure.entropy is not None else {}
        more["disagreement"] = [f"{d:.6g}" for d in unsure.disagreement]
    lines = ([*row, *extra] for row, *extra in zip(rows, *more.values(), strict=True))
    text = spreadsheet_tsv([[*header, *more], *lines], raw=raw)
    if out is None:
        typer.echo(text, nl=False)
        return
    with write_atomically(out) as beside:
        beside.write_text(text, encoding="utf-8")
    note(f"{len(rows)} predictions written to {out}.")
