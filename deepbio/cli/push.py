"""`deepbio push`: upload a run or preset to Hugging Face, or register it in MLflow."""

import os
import sys
from typing import Annotated

import typer

from deepbio.cli.console import note
from deepbio.cli.info import privacy_lines
from deepbio.cli.options import Run
from deepbio.errors import DeepbioError
from deepbio.optional import require


def push(
    folder: Run,
    to: Annotated[str | None, typer.Argument(help="Address: hf://user/repo, or hf://user/repo@branch.")] = None,
    mlflow: Annotated[
        str | None,
        typer.Option(help="Name of a model in MLflow's registry at MLFLOW_TRACKING_URI, instead of an address."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private/--public", help="Visibility of the repository, if it is new.")
    ] = True,
    message: Annotated[str | None, typer.Option(help="Message of the commit.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Consent without a question, for scripts.")] = False,
) -> None:
    """Upload a preset with a model card, whose card.md must state a licence; or register it in MLflow.

    The files and what in them stems from the training data are listed first.
    """
    from deepbio.zoo.push import hub_card, push_preset
    from deepbio.zoo.shared_files import shared_files
    from deepbio.zoo.weight_sources import hub_address

    if not (to or mlflow) or (to is not None and mlflow is not None):
        raise DeepbioError("Expected one target: an address hf://user/repo, or --mlflow NAME.")
    if to is not None:
        require("huggingface_hub", extra="hub", purpose="Uploading to Hugging Face")
        hub_address(to)
        hub_card(folder)
        question = f"Upload to {to}, {'private' if private else 'public'}?"
    else:
        require("mlflow", extra="mlflow", purpose="Registering a model in MLflow")
        question = f"Register {mlflow} in MLflow ({os.environ.get('MLFLOW_TRACKING_URI', 'its default place')})?"
    files = shared_files(folder)
    for name, size in files.items():
        note(f"{size:>12,} bytes  {name}")
    for line in privacy_lines(folder):
        note(line)
    if not yes:
        if not sys.stdin.isatty():
            raise DeepbioError("deepbio push asks before it uploads, and there is no terminal to answer. Pass --yes.")
        typer.confirm(question, abort=True, err=True)
    if mlflow is not None:
        from deepbio.cli.console import load_tensorflow

        load_tensorflow()
        from deepbio.serving.mlflow_model import push_mlflow

        typer.echo(push_mlflow(folder, mlflow))
    elif to is not None:
        typer.echo(push_preset(folder, to, private=private, message=message))
