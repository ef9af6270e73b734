"""The command `deepbio`: its subcommands, and how it ends when something goes wrong."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

import deepbio
from deepbio.cli import augment, listing, score, train, variants
from deepbio.cli.benchmark import benchmark, leaderboard
from deepbio.cli.calibrate import calibrate
from deepbio.cli.card import card
from deepbio.cli.check import check
from deepbio.cli.demo import demo
from deepbio.cli.diagnose import diagnose
from deepbio.cli.doctor import doctor
from deepbio.cli.finetune import finetune
from deepbio.cli.launch import launch
from deepbio.cli.push import push
from deepbio.cli.report import report
from deepbio.errors import DeepbioError

app = typer.Typer(
    name="deepbio",
    help="A Keras model zoo for DNA, medical images, tables and clinical notes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command()(listing.models)
datasets = typer.Typer(invoke_without_command=True, callback=listing.datasets)
datasets.command()(check)
app.add_typer(datasets, name="datasets")
app.command()(listing.info)
app.command()(train.fit)
app.command()(finetune)
app.add_typer(augment.app, name="augment")
app.command()(score.evaluate)
app.command()(score.predict)
app.command()(diagnose)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(launch)
app.command()(doctor)
app.command()(push)
app.command()(calibrate)
app.command()(report)
app.command()(card)
app.command()(benchmark)
app.command()(leaderboard)
app.add_typer(variants.app, name="variants")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(deepbio.__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_show_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """A Keras model zoo for DNA, medical images, tables and clinical notes."""


def main() -> None:
    """Run the command line; a `DeepbioError` is one message and exit code 2, Ctrl-C is 130."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes are not for the user
    try:
        app()
    except DeepbioError as error:
        if "--debug" in sys.argv:
            raise
        _end(f"Error: {error}", 2)
    except SystemExit as leaving:
        if leaving.code == 130:  # what typer makes of Ctrl-C, without a word
            typer.echo("Stopped.", err=True)
        raise
    except BrokenPipeError:  # `deepbio models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _end(message: str, code: int) -> None:
    typer.echo(message, err=True)
    sys.exit(code)
