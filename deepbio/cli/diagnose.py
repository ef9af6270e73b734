"""`deepbio diagnose`: diseases that fit a clinical note, for research and teaching."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import load_tensorflow, show_json
from deepbio.cli.options import Json
from deepbio.cli.trained import trained
from deepbio.errors import DataError


def diagnose(
    note: Annotated[str, typer.Argument(help="Text file with one note, or - for standard input.")],
    model: Annotated[str, typer.Option(help="Text preset, by name or folder.")] = "note_evidence.vignettes_findings",
    top: Annotated[int, typer.Option(help="Number of diseases.")] = 10,
    words: Annotated[int, typer.Option(help="Number of words for and against each disease.")] = 5,
    prior: Annotated[
        Path | None, typer.Option(help="Table of every disease and its prevalence, tab-separated; equal by default.")
    ] = None,
    text: Annotated[bool, typer.Option("--text/--no-text", help="Words of the note in the answer.")] = True,
    json: Json = False,
) -> None:
    """Rank the diseases that fit a note, with words for and against. For research and teaching only, not for care."""
    content = _content(note)
    folder = trained(model)
    load_tensorflow()
    from deepbio.diagnosis import diagnose as ask
    from deepbio.diagnosis import read_prior

    weights = None if prior is None else read_prior(prior)
    found = ask(content, model=folder, top=top, words=words, text=text, prior=weights)
    if json:
        show_json(found.to_dict())
    else:
        typer.echo(found.to_text(), nl=False)


def _content(note: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if note == "-" else Path(note).read_bytes()
    except OSError as error:
        raise DataError(f"Expected a note at {note}; {error.strerror}.") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{'standard input' if note == '-' else note}: expected UTF-8 text; byte {error.start + 1} is not UTF-8. Save it as UTF-8."
        ) from error
