"""`deepbio demo`: every family of model on its data set, one table, one report."""

import time
from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import load_tensorflow, note, show_json, show_table
from deepbio.cli.options import Json


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML report to write.")] = Path("report.html"),
    seed: Annotated[int, typer.Option(help="Random seed of weights, order and dropout.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Three small models only.")] = False,
    json: Json = False,
) -> None:
    """Train each family of model on its data set beside simple baselines; print a table, write a report."""
    from deepbio.files import writable_folder

    writable_folder(out.resolve().parent)
    start = time.perf_counter()
    note("Loading TensorFlow.")
    load_tensorflow()
    from deepbio.benchmark.demo import DEMO, QUICK, run_demo
    from deepbio.datasets import dataset_card
    from deepbio.report import write_report

    plan = QUICK if quick else DEMO
    results = run_demo(plan, seed=seed, callback=lambda data, model: note(f"  {data}: {model}"))
    cards = {name: dataset_card(name).text for name in dict.fromkeys(name for name, _, _ in plan)}
    write_report(results, out, title="deepbio demo", cards=cards)
    if json:
        show_json(
            [
                {"dataset": r.dataset, "model": r.model, "metrics": {k: v.to_dict() for k, v in r.metrics.items()}}
                for r in results
            ]
        )
    else:
        show_table(
            ["data set", "model", "accuracy", "AUROC", "parameters", "seconds"],
            [
                (
                    r.dataset,
                    f"{r.model} (baseline)" if r.baseline else r.model,
                    r.metrics["accuracy"],
                    r.metrics.get("auroc") or r.metrics.get("macro_auroc") or "",
                    "" if r.parameters is None else f"{r.parameters:,}",
                    "" if r.seconds is None else f"{r.seconds:.1f}",
                )
                for r in results
            ],
            title="Test split, 95% intervals",
        )
    note(f"{out} written; {time.perf_counter() - start:.0f} s in all. Next:")
    note(f"  open {out.resolve().as_uri()} in a browser")
    note("  deepbio course open 1    how these models work: lessons with exercises")
    note("  deepbio app              try models on your own sequences, images, notes and tables")
