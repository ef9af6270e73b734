"""`deepbio benchmark` and `deepbio leaderboard`: compute what a suite lacks, and show what its results say."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from deepbio.cli.console import note, show_table
from deepbio.devices.machine import available_cores, gpus_hidden, nvidia_gpus
from deepbio.errors import DeepbioError

Form = Literal["text", "markdown", "csv", "html"]
SuiteName = Annotated[
    str | None, typer.Argument(metavar="SUITE", help="A suite's name, or a YAML file; without it, list the suites.")
]
Results = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder of the results; runs/suites/SUITE by default.")
]
Seeds = Annotated[int | None, typer.Option(min=1, help="Only the first so many seeds.")]
Only = Annotated[str | None, typer.Option(help="Only this data set, or DATASET/MODEL.")]


def benchmark(
    suite: SuiteName = None,
    out: Results = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes at a time; one a core by default.")
    ] = None,
    seeds: Seeds = None,
    only: Only = None,
    cells: Annotated[int, typer.Option(min=1, help="Runs after which a process makes place for another.")] = 16,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds without a sign of life after which another machine's claim is void.")
    ] = 300.0,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what is done and what is missing.")] = False,
) -> None:
    """Compute what a suite lacks: each model on each data set with each seed, beside simple baselines.

    Stop it when you like and start it again; start it on several machines that share the folder. Each run is done once.
    """
    from deepbio.benchmark import read_suite, run_suite
    from deepbio.benchmark.store import Store

    if suite is None:
        _list()
        return
    chosen = read_suite(suite)
    chosen = chosen.with_seeds(seeds) if seeds is not None else chosen
    chosen = chosen.only(only) if only else chosen
    folder = out or results_folder(chosen.name)
    store = Store(folder)
    everything = list(chosen.cells())
    missing = [cell for cell in everything if not store.has(cell)]
    if plan:
        rows = [
            (cell.key, "missing" if cell in missing else "done", _first_line(store.failure(cell)))
            for cell in everything
        ]
        show_table(["run", "state", "failed before"], rows)
        return
    note(f"{chosen.title}: {len(everything)} runs, {len(everything) - len(missing)} of them done. Results: {folder}")
    start = time.perf_counter()
    done = run_suite(
        chosen, folder, source=suite, jobs=jobs or _cores(), cells_a_process=cells, seeds=seeds, only=only,
        patience=patience, watch=lambda event: note(f"{time.perf_counter() - start:7.1f} s  {event}"),
    )  # fmt: skip
    for key, reason in done.failed.items():
        note(f"Failed: {key}: {reason.splitlines()[-1]}")
    note(f"{len(done.computed)} runs computed here in {time.perf_counter() - start:.0f} s; {len(done.failed)} failed.")
    if done.failed:
        raise DeepbioError(
            f"{len(done.failed)} run(s) failed; the reasons stand in {folder}. The same command tries again."
        )
    note(f"Next: deepbio leaderboard {suite}" + (f" --out {out}" if out else ""))


def leaderboard(
    suite: Annotated[str, typer.Argument(help="A suite's name, or a YAML file.")],
    out: Results = None,
    to: Annotated[
        Form | None,
        typer.Option("--as", help="What to print; by the file's ending, or text."),
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option(help="Write a .txt, .md, .csv or .html file instead; repeatable.")
    ] = None,
    seeds: Seeds = None,
    only: Only = None,
    draws: Annotated[int, typer.Option(min=10, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
) -> None:
    """Show a suite's results: intervals, comparison with the best, cost, and published numbers beside ours."""
    from deepbio.benchmark import leaderboard as standings
    from deepbio.benchmark import read_suite
    from deepbio.files import write_atomically
    from deepbio.report import leaderboard_as

    kinds: dict[str, Form] = {".txt": "text", ".md": "markdown", ".csv": "csv", ".html": "html", ".htm": "html"}
    for path in file or []:
        if to is None and path.suffix not in kinds:
            raise DeepbioError(
                f"Expected a file that ends in {', '.join(kinds)}; received {path}. Or name a form with --as."
            )
    chosen = read_suite(suite)
    chosen = chosen.with_seeds(seeds) if seeds is not None else chosen
    chosen = chosen.only(only) if only else chosen
    found = standings(chosen, out or results_folder(chosen.name), n_resamples=draws, seed=seed)
    if not file:
        typer.echo(leaderboard_as(found, to or "text"), nl=False)
        return
    for path in file:
        with write_atomically(path) as beside:
            beside.write_text(leaderboard_as(found, to or kinds[path.suffix]), encoding="utf-8")
        note(f"{path} written.")


def results_folder(name: str) -> Path:
    """Return the folder where a suite's results are kept unless told otherwise."""
    return Path("runs") / "suites" / name


def _list() -> None:
    from deepbio.benchmark import list_suites, read_suite

    rows = []
    for suite in map(read_suite, list_suites()):
        sets = ", ".join(entry.label for entry in suite.entries)
        rows.append((suite.name, len(list(suite.cells())), sets, suite.title))
    show_table(["suite", "runs", "data sets", "title"], rows)


def _cores() -> int:
    """Return as many processes as there are cores, but one where a GPU does the work."""
    return 1 if nvidia_gpus() and not gpus_hidden() else available_cores()


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[-1] if text else ""
