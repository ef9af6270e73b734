"""`deepbio diagnose`: which diseases a note could mean, for research and teaching."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import show_json
from deepbio.cli.quiet import load_tensorflow
from deepbio.cli.score import trained
from deepbio.errors import DataError


def diagnose(
    note: Annotated[str, typer.Argument(help="A text file that holds one note, or - for standard input.")],
    model: Annotated[str, typer.Option(help="A text preset, by name or folder.")] = "note_evidence.vignettes",
    top: Annotated[int, typer.Option(help="How many diseases.")] = 10,
    words: Annotated[int, typer.Option(help="How many words for and against each.")] = 5,
    text: Annotated[
        bool, typer.Option("--text/--no-text", help="Whether the answer may hold words of the note.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rank the diseases that a note could mean, with words for and against. Research and teaching only, not for care."""
    content = _content(note)
    folder = trained(model)
    load_tensorflow()
    from deepbio.diagnosis import diagnose as ask

    found = ask(content, model=folder, top=top, words=words, text=text)
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
            f"{'standard input' if note == '-' else note}: expected UTF-8 text; byte {error.start + 1} is none. Save it as UTF-8."
        ) from error
