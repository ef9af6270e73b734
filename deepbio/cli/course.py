"""`deepbio course`: list the lessons, open one as a notebook or a script, check the answers in it."""

from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import note, show_json, show_table
from deepbio.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Thirteen lessons, from the perceptron to a variant, with exercises.")
Number = Annotated[int, typer.Argument(help="Number of the lesson; `deepbio course list` lists them.")]
Folder = Annotated[Path, typer.Option("--folder", help="Folder of your lessons.")]


@app.command("list")
def list_lessons(json: Json = False) -> None:
    """List the lessons and what each teaches."""
    from deepbio.course import lessons

    found = lessons()
    if json:
        show_json([{"lesson": x.number, "title": x.title, "goals": x.goals, "exercises": x.exercises} for x in found])
    else:
        show_table(
            ["lesson", "title", "exercises", "you learn to"],
            [(x.number, x.title, len(x.exercises), " ".join(x.goals)) for x in found],
            title="Open one with: deepbio course open N",
        )


@app.command("open")
def open_lesson(
    number: Number,
    folder: Folder = Path("course"),
    script: Annotated[bool, typer.Option("--script", help="Python script with cells instead of a notebook.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replacement of a file that has your answers.")] = False,
) -> None:
    """Write a lesson into a folder and print how to run it."""
    from deepbio.course import open_lesson as write

    path = write(number, folder, form="script" if script else "notebook", replace=replace)
    typer.echo(path)
    if script:
        note(f"Run it: python {path} (or cell by cell in VS Code, PyCharm or Spyder).")
    else:
        note(f"Open it: jupyter lab {path} (or in VS Code). Without Jupyter: pip install jupyterlab, or use --script.")
    note(f"Check your answers: deepbio course check {number} --folder {folder}")


@app.command("check")
def check(
    number: Number,
    file: Annotated[Path | None, typer.Argument(help="Script or notebook; default: the one in the folder.")] = None,
    folder: Folder = Path("course"),
    json: Json = False,
) -> None:
    """Run your file of a lesson and print which answers are right and what is wrong with the others.

    Exits with 1 unless all are right. The file is run with your rights: check only files that you trust.
    """
    from deepbio.course import check_file
    from deepbio.course.student import find_file

    path = file or find_file(number, folder)
    note(f"Running {path}.")
    found = check_file(number, path)
    if json:
        show_json([{"exercise": v.exercise, "title": v.title, "status": v.status, "reason": v.reason} for v in found])
    else:
        show_table(["exercise", "title", "verdict", ""], [(v.exercise, v.title, v.status, v.reason) for v in found])
    if any(v.status != "right" for v in found):
        raise typer.Exit(1)


@app.command("widgets")
def widgets(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the pages.")] = Path("widgets"),
) -> None:
    """Write the interactive widgets: pages that work in a browser from a file, without network."""
    from deepbio.course.widgets import write_widgets

    index, *_ = write_widgets(out)
    typer.echo(index)
    note("Open it in a browser; the pages may be copied, mailed or put on any web server.")
