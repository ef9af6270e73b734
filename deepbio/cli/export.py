"""`deepbio export`: a trained model for other runtimes and servers, checked after it is written."""

from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import load_tensorflow, note
from deepbio.cli.options import Model
from deepbio.cli.trained import trained, training_data


def export(
    model: Model,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    format: Annotated[str, typer.Option(help="Format: saved_model, onnx, openvino, litert or torch.")] = "onnx",
    int8: Annotated[bool, typer.Option("--int8", help="Weights in int8 (onnx, litert); the loss is shown.")] = False,
    server: Annotated[
        str | None, typer.Option(help="Layout for a server: tf-serving (saved_model) or triton (onnx).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replacement of an export in the folder.")] = False,
) -> None:
    """Export a model with its activation and calibration inside, and compare its predictions with those of `deepbio predict`.

    With --int8 the metrics of both forms on the validation split of the training data are printed.
    """
    folder = trained(model)
    load_tensorflow()
    from deepbio.export import compare_exported
    from deepbio.export import export as export_model
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    data = training_data(model, describe(built).dataset) if int8 else None
    found = export_model(built, out, format=format, int8=int8, server=server, overwrite=overwrite)
    if data is not None:
        before, after = compare_exported(built, found, data.valid)
        for name, estimate in before.metrics.items():
            typer.echo(f"{name}: {estimate} as float32, {after.metrics[name]} as int8")
    what = "differ from those of deepbio predict by" if int8 else "equal those of deepbio predict; largest difference"
    note(f"{found.folder} written: {found.size:,} bytes. Its golden predictions {what} {found.difference:.1e}.")
    if describe(built).input and describe(built).input.tokenizer:  # type: ignore[union-attr]
        note("Tokenize notes outside of the network, with tokenizer.json and the tokenizers library.")
