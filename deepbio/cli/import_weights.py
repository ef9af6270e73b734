"""`deepbio import`: published weights in their authors' own files, as a preset."""

from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import key_values, load_tensorflow, note, show_json, show_table
from deepbio.cli.options import Json
from deepbio.errors import DeepbioError
from deepbio.escaping import terminal_text


def import_weights(
    format: Annotated[str | None, typer.Argument(help="Published form, such as torchxrayvision.")] = None,
    file: Annotated[
        str | None, typer.Argument(help="Weight file (safetensors, PyTorch, .h5, .keras) or hf://user/repo/file.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="KEY=VALUE", help="Option of the format; repeatable.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of these weights, if it is another one.")] = None,
    all_formats: Annotated[bool, typer.Option("--list", help="Formats, instead of an import.")] = False,
    json: Json = False,
) -> None:
    """Import weights from the file of their authors, without running code from it, and write a preset.

    --list prints the formats; with the name of one, its options, licence, and how to get its files.
    """
    from deepbio.zoo.importers.importer import importer, importers

    if all_formats or format is None:
        chosen = importers().values() if format is None else [importer(format)]
        facts = [
            {
                "format": one.name,
                "summary": one.summary,
                "models": list(one.architectures),
                "options": one.options(),
                "licence": one.licence or "not stated by the authors: state it with --licence",
                "citation": one.citation,
                "repository": one.repository,
                "get": one.get,
            }
            for one in chosen
        ]
        if json:
            show_json(facts)
        elif format is None:
            rows = [(one["format"], " ".join(one["models"]), one["summary"]) for one in facts]
            show_table(["format", "models", "summary"], rows)
        else:
            typer.echo(terminal_text("\n".join(f"{key}: {_plain(value)}" for key, value in facts[0].items())))
        return
    if file is None or out is None:
        raise DeepbioError("Expected FORMAT, FILE and --out FOLDER. `deepbio import --list` prints the formats.")
    chosen = importer(format)  # an unknown name is an error before TensorFlow is loaded
    load_tensorflow()
    from deepbio.zoo.importers import import_weights as run
    from deepbio.zoo.published import published_licence

    model = run(format, file, out=out, licence=licence, **key_values(option or [], option="--option"))
    note(f"{out} written: {model.name} with {model.count_params():,} parameters, from {Path(file).name}.")
    if licence is None and chosen.licence is None and published_licence(file) is None:
        note(
            f"The authors of {format} state no licence of the weights; the card says so. If you know it, pass --licence."
        )


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={one}" for key, one in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
