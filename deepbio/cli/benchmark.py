"""`deepbio benchmark` computes the missing results of a suite, and `deepbio leaderboard` shows its results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deepbio.cli.console import note, show_table
from deepbio.devices.machine import available_cores, gpus_hidden, nvidia_gpus
from deepbio.errors import DeepbioError

if TYPE_CHECKING:
    from deepbio.benchmark import Suite

Form = Literal["text", "markdown", "csv", "html"]
_FORMS: dict[str, Form] = {".txt": "text", ".md": "markdown", ".csv": "csv", ".html": "html", ".htm": "html"}
SuiteName = Annotated[
    str | None, typer.Argument(metavar="SUITE", help="Name of a suite, or its YAML file; without it, list the suites.")
]
Results = Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the results; default runs/suites/SUITE.")]
Seeds = Annotated[int | None, typer.Option(min=1, help="Number of seeds to use, from the first.")]
Only = Annotated[str | None, typer.Option(help="Part of the suite: DATASET or DATASET/MODEL.")]


def benchmark(
    suite: SuiteName = None,
    out: Results = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-w", min=1, help="Number of processes; default one per core, or one with a GPU."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Address of a Dask scheduler whose workers compute the runs, such as tcp://10.0.0.1:8786."),
    ] = None,
    seeds: Seeds = None,
    only: Only = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Plan only: the runs that are done and those that are missing.")
    ] = False,
) -> None:
    """Compute the missing results of a suite: each model on each data set with each seed, beside simple baselines.

    Stop it at any time; the next call goes on with what is missing.
    """
    from deepbio.benchmark import run_suite
    from deepbio.benchmark.store import Store

    if suite is None:
        _list_suites()
        return
    chosen = _read_part(suite, seeds, only)
    folder = out or _results_folder(chosen)
    store, runs = Store(folder), list(chosen.runs())
    missing = [run for run in runs if not store.has(run)]
    if plan:
        rows = [(run.key, "missing" if run in missing else "done", _last_line(store.failure(run))) for run in runs]
        show_table(["run", "state", "failed before"], rows)
        return
    note(f"{chosen.title}: {len(runs)} runs, {len(runs) - len(missing)} of them done. Results: {folder}")
    start = time.perf_counter()
    progress = run_suite(
        chosen,
        folder,
        workers=workers or _default_workers(),
        scheduler=scheduler,
        callback=lambda event: note(f"{time.perf_counter() - start:7.1f} s  {event}"),
    )
    for key, reason in progress.failed.items():
        note(f"Failed: {key}: {_last_line(reason)}")
    seconds = time.perf_counter() - start
    note(f"{len(progress.computed)} runs computed in {seconds:.0f} s; {len(progress.failed)} failed.")
    if progress.failed:
        raise DeepbioError(
            f"{len(progress.failed)} run(s) failed; the reasons are in {folder}. The same command tries them again."
        )
    note(f"Next: deepbio leaderboard {suite}" + (f" --out {out}" if out else ""))


def leaderboard(
    suite: Annotated[str, typer.Argument(help="Name of a suite, or its YAML file.")],
    out: Results = None,
    to: Annotated[
        Form | None, typer.Option("--as", help="Form to print or write; default by the file's ending, or text.")
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option(help="File to write instead: .txt, .md, .csv or .html; repeatable.")
    ] = None,
    seeds: Seeds = None,
    only: Only = None,
    n_resamples: Annotated[int, typer.Option(min=10, help="Number of bootstrap resamples.")] = 1000,
    seed: Annotated[int, typer.Option(help="Random seed of the bootstrap.")] = 0,
) -> None:
    """Show the results of a suite: intervals, comparison with the best, cost, and published numbers beside ours."""
    from deepbio.benchmark import leaderboard as make_leaderboard
    from deepbio.files import write_atomically
    from deepbio.report import leaderboard_as

    for path in file or []:
        if to is None and path.suffix not in _FORMS:
            raise DeepbioError(
                f"Expected a file that ends in {', '.join(_FORMS)}; received {path}. Or name a form with --as."
            )
    chosen = _read_part(suite, seeds, only)
    found = make_leaderboard(chosen, out or _results_folder(chosen), n_resamples=n_resamples, seed=seed)
    if not file:
        typer.echo(leaderboard_as(found, to or "text"), nl=False)
        return
    for path in file:
        with write_atomically(path) as temporary:
            temporary.write_text(leaderboard_as(found, to or _FORMS[path.suffix]), encoding="utf-8")
        note(f"{path} written.")


def _read_part(name: str, seeds: int | None, only: str | None) -> Suite:
    from deepbio.benchmark import read_suite

    suite = read_suite(name)
    suite = suite.with_seeds(seeds) if seeds is not None else suite
    return suite.only(only) if only else suite


def _results_folder(suite: Suite) -> Path:
    return Path("runs") / "suites" / suite.name


def _list_suites() -> None:
    from deepbio.benchmark import list_suites, read_suite

    rows = []
    for suite in map(read_suite, list_suites()):
        names = ", ".join(dataset.label for dataset in suite.datasets)
        rows.append((suite.name, len(list(suite.runs())), names, suite.title))
    show_table(["suite", "runs", "data sets", "title"], rows)


def _default_workers() -> int:
    return 1 if nvidia_gpus() and not gpus_hidden() else available_cores()


def _last_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[-1] if text else ""
