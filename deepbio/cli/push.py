"""`deepbio push`: upload a run or preset to Hugging Face."""

import sys
from typing import Annotated

import typer

from deepbio.cli.console import note
from deepbio.cli.info import privacy_lines
from deepbio.cli.options import Run
from deepbio.errors import DeepbioError


def push(
    folder: Run,
    to: Annotated[str, typer.Argument(help="Address: hf://user/repo, or hf://user/repo@branch.")],
    private: Annotated[
        bool, typer.Option("--private/--public", help="Visibility of the repository, if it is new.")
    ] = True,
    message: Annotated[str | None, typer.Option(help="Message of the commit.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Consent without a question, for scripts.")] = False,
) -> None:
    """Upload a preset with a model card; its card.md must state a licence.

    The files and what in them stems from the training data are listed first.
    """
    from deepbio.zoo.push import hub_card, push_preset
    from deepbio.zoo.shared_files import shared_files
    from deepbio.zoo.weight_sources import hub_address

    hub_address(to)
    files = shared_files(folder)
    hub_card(folder)
    for name, size in files.items():
        note(f"{size:>12,} bytes  {name}")
    for line in privacy_lines(folder):
        note(line)
    if not yes:
        if not sys.stdin.isatty():
            raise DeepbioError("deepbio push asks before it uploads, and there is no terminal to answer. Pass --yes.")
        typer.confirm(f"Upload to {to}, {'private' if private else 'public'}?", abort=True, err=True)
    typer.echo(push_preset(folder, to, private=private, message=message))
