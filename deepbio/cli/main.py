"""The command `deepbio`: its commands and its exit codes."""

import errno
import os
import sys
import warnings
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

import deepbio
from deepbio.cli import augment, course, datasets, variants
from deepbio.cli.app import app as open_app
from deepbio.cli.attack import attack
from deepbio.cli.benchmark import benchmark, leaderboard
from deepbio.cli.calibrate import calibrate
from deepbio.cli.card import card
from deepbio.cli.demo import demo
from deepbio.cli.diagnose import diagnose
from deepbio.cli.doctor import doctor
from deepbio.cli.embed import embed
from deepbio.cli.evaluate import evaluate
from deepbio.cli.explain import explain
from deepbio.cli.export import export
from deepbio.cli.finetune import finetune
from deepbio.cli.fit import fit
from deepbio.cli.import_weights import import_weights
from deepbio.cli.info import info
from deepbio.cli.launch import launch
from deepbio.cli.models import models
from deepbio.cli.predict import predict
from deepbio.cli.push import push
from deepbio.cli.report import report
from deepbio.cli.robustness import robustness
from deepbio.cli.serve import serve
from deepbio.errors import DeepbioError
from deepbio.escaping import terminal_text
from deepbio.files import cannot_write

app = typer.Typer(
    name="deepbio",
    help="A Keras model zoo for DNA, medical images, tables and clinical notes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Panels of `deepbio --help`, in the order in which they are shown.
_PANELS = {
    "Start": (demo, models, info, datasets, course, open_app, doctor),
    "Train": (fit, finetune, import_weights, augment, calibrate, launch),
    "Use a model": (predict, evaluate, explain, embed, variants, diagnose),
    "Test and compare": (attack, robustness, report, card, benchmark, leaderboard),
    "Share": (export, serve, push),
}
_NAMES = {import_weights: "import", open_app: "app"}  # `import` is a word of Python, `app` the variable below
_FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True}  # `launch` passes them to `deepbio fit`
for panel, commands in _PANELS.items():
    for command in commands:
        if isinstance(command, ModuleType):
            app.add_typer(command.app, name=command.__name__.rpartition(".")[2], rich_help_panel=panel)
        else:
            settings = _FORWARDED if command is launch else None
            app.command(_NAMES.get(command), context_settings=settings, rich_help_panel=panel)(command)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of installed packages: their entry points in the group `deepbio.commands`."""
    for entry in entry_points(group="deepbio.commands"):
        app.command(entry.name)(entry.load())


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(deepbio.__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Version of deepbio, printed alone.", is_eager=True, callback=_show_version),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Traceback of an error.")] = False,
) -> None:
    """A Keras model zoo for DNA, medical images, tables and clinical notes."""


def _show_warning(message: Warning | str, *_place: object) -> None:
    typer.echo(terminal_text(f"Warning: {message}"), err=True)


def main() -> None:
    """Run the command line. A `DeepbioError` is one message and its exit code (2, or 75 if trying again can help), Ctrl-C is 130."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # without the start-up messages of TensorFlow
    try:
        add_commands(app)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            app()
    except DeepbioError as error:
        if "--debug" in sys.argv:
            raise
        typer.echo(terminal_text(f"Error: {error}"), err=True)
        sys.exit(error.exit_code)
    except SystemExit as leaving:
        if leaving.code == 130:  # typer turns Ctrl-C into this, without a message
            typer.echo("Stopped.", err=True)
        raise
    except BrokenPipeError:  # `deepbio models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG and "--debug" not in sys.argv:
            name = terminal_text(max(Path(str(error.filename or "A path")).parts, key=len))
            typer.echo(f"Error: {name[:60]}... is too long for the name of a file. Choose a shorter one.", err=True)
            sys.exit(2)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or "--debug" in sys.argv:
            raise
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # what is left of the output cannot be written either
        typer.echo(f"Error: {cannot_write(Path(error.filename or 'the output'), error)}", err=True)
        sys.exit(2)
