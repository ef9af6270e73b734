"""`deepbio app`: models at work on a page of this machine."""

from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import load_tensorflow, note


def app(
    presets: Annotated[
        list[str] | None, typer.Argument(metavar="[PRESET_OR_FOLDER]...", help="Presets, or folders of runs, to show.")
    ] = None,
    genome: Annotated[Path | None, typer.Option("--genome", help="Reference genome as FASTA, for variants.")] = None,
    annotation: Annotated[
        str | None, typer.Option("--annotation", help="Genes for variants: grch37, grch38 or a table, GTF or GFF3.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open the page.")] = True,
) -> None:
    """Open a page with models of DNA, images, notes and tables, on this machine only and without network."""
    from deepbio.app import serve

    def announce(address: str) -> None:
        typer.echo(address)
        note("The app is at this address until Ctrl-C. Keep it to yourself: its token is the key.")

    serve(
        presets or (),
        genome=genome,
        annotation=annotation,
        port=port,
        browser=browser,
        announce=announce,
        warm_up=load_tensorflow,
    )
