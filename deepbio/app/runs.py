"""The tab *Runs*: results of presets side by side, their training curves, and their reports."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from deepbio.app.collection import Collection, Preset
from deepbio.documents import read_document
from deepbio.errors import DataError, DeepbioError
from deepbio.metrics import Estimate
from deepbio.report import Result
from deepbio.report.drawing import GRID, INK, PAPER, SERIES, new_figure, plain_axes, to_svg
from deepbio.report.figures import draw_intervals, draw_training
from deepbio.report.group import group_results, title_of
from deepbio.specs import Task
from deepbio.zoo.preset_format import MetricsFacts

MAX_COMPARED = 6
_STYLE = re.compile(r' style="([^"]*)"')
_PROPERTIES = ("font-family", "font")  # the page's own style sheet decides them


def run_of(preset: Preset) -> dict[str, Any]:
    """Return the results of a preset: metrics of each split with their intervals, training curves, and whether it has a report."""
    splits: dict[str, dict[str, Any]] = {}
    try:
        content = read_document(preset.folder / "metrics.json", MetricsFacts)[0]
    except (OSError, DeepbioError):
        content = {}
    for split, values in content.items():
        if isinstance(values, dict) and isinstance(values.get("metrics"), dict):
            splits[split] = values["metrics"]
    return {
        "name": preset.name,
        "own": preset.own,
        "architecture": preset.facts.get("architecture"),
        "dataset": (preset.facts.get("dataset") or {}).get("name"),
        "parameters": preset.facts.get("parameters"),
        "train_seconds": content.get("train_seconds"),
        "metrics": splits,
        "history": _history(preset),
        "report": (preset.folder / "report.html").is_file(),
    }


def runs_of(collection: Collection) -> list[dict[str, Any]]:
    """Return the runs with results or training curves, the user's own first."""
    found = [run_of(preset) for preset in collection.presets.values()]
    return [run for run in found if run["metrics"] or run["history"]]


def compare_runs(collection: Collection, names: Sequence[str]) -> dict[str, Any]:
    """Return some runs with their figures as `<svg>` elements.

    Runs on one data set and split are compared by their metrics with intervals; curves show the validation loss of all.

    Raises:
        DataError: No run, too many, or an unknown one.
    """
    if not 1 <= len(names) <= MAX_COMPARED:
        raise DataError(f"Choose 1 to {MAX_COMPARED} runs; received {len(names)}.")
    chosen = [collection.find_any(name) for name in names]
    runs = [run_of(preset) for preset in chosen]
    results = [_result(preset, run) for preset, run in zip(chosen, runs, strict=True)]
    figures = []
    for number, group in enumerate(group_results([one for one in results if one is not None])):
        headline = group.headline
        if headline is not None and len(group.entries) > 1:
            words = "; ".join(f"{entry.name}: {entry.result.metrics[headline]}" for entry in group.entries)
            caption = f"{title_of(headline)} on {group.dataset}, {group.split}, with 95% intervals."
            figures.append(_figure(draw_intervals(group, headline), f"i{number}", f"{caption} {words}", caption))
    if len(runs) == 1:
        [run], [result] = runs, results
        drawn = None if result is None else draw_training(group_results([result])[0].entries[0])
        if drawn is not None:
            caption = f"Training of {run['name']} by epoch."
            figures.append(_figure(drawn, "t0", caption, caption))
    elif sum(bool(run["history"].get("val_loss")) for run in runs) > 1:
        figures.append(_losses(runs))
    metrics = list(dict.fromkeys(name for run in runs for values in _shown(run).values() for name in values))
    rows = [
        {
            "run": run["name"],
            "split": split,
            "dataset": run["dataset"],
            "values": [_text(values.get(name)) for name in metrics],
        }
        for run in runs
        for split, values in _shown(run).items()
    ]
    return {"runs": runs, "figures": figures, "columns": [title_of(name) for name in metrics], "rows": rows}


def _shown(run: dict[str, Any]) -> dict[str, Any]:
    """Return the metrics of the test split, or those of all splits without one."""
    splits = run["metrics"]
    return {"test": splits["test"]} if "test" in splits else splits


def _result(preset: Preset, run: dict[str, Any]) -> Result | None:
    """Return a run as a result of a report, without its predictions."""
    split = "test" if "test" in run["metrics"] else next(iter(run["metrics"]), None)
    if not preset.facts.get("task") or (split is None and not run["history"]):
        return None
    none = np.zeros(0)
    estimates = {name: _estimate(value) for name, value in run["metrics"].get(split, {}).items()}
    return Result(
        str(run["dataset"] or "own data"), run["name"], split or "valid", Task.from_dict(preset.facts["task"]), none, none,
        estimates, history=run["history"],
    )  # fmt: skip


def _estimate(value: Any) -> Estimate:
    part = value if isinstance(value, dict) else {"value": value}
    return Estimate.from_dict({name: part.get(name) for name in ("value", "low", "high")})


def _text(value: Any) -> str:
    return "" if value is None else str(_estimate(value))


def _history(preset: Preset) -> dict[str, list[float]]:
    path = preset.folder / "history.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return {name: [float(row[name] or "nan") for row in rows] for name in (rows[0] if rows else ())}
    except (TypeError, ValueError) as error:
        raise DataError(f"{preset.name}: history.csv is damaged; expected numbers in each column.") from error


def _losses(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    figure = new_figure(5.2, 3.0)
    axes = plain_axes(figure.add_subplot(), x="epoch", y="validation loss")
    shown = [run for run in runs if run["history"].get("val_loss")]
    for color, run in zip(SERIES, shown, strict=False):
        values = run["history"]["val_loss"]
        axes.plot(range(1, len(values) + 1), values, color=color, linewidth=1.6, label=run["name"])
    axes.legend(facecolor=PAPER, edgecolor=GRID, labelcolor=INK, framealpha=0.85)
    words = "; ".join(f"{run['name']}: lowest {np.nanmin(run['history']['val_loss']):.3g}" for run in shown)
    return _figure(figure, "losses", f"Validation loss by epoch. {words}", "Validation loss by epoch.")


def _figure(figure: Any, name: str, alt: str, caption: str) -> dict[str, Any]:
    return {"svg": without_styles(to_svg(figure, name=name, alt=alt)), "alt": alt, "caption": caption}


def without_styles(svg: str) -> Markup:
    """Return an `<svg>` element whose `style` attributes are presentation attributes, as a page without inline styles needs.

    Example:
        >>> print(without_styles('<path style="fill: none; stroke: var(--ink)"/>'))
        <path fill="none" stroke="var(--ink)"/>
    """

    def attributes(found: re.Match[str]) -> str:
        pairs = [part.split(":", 1) for part in found[1].split(";") if ":" in part]
        return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs if name.strip() not in _PROPERTIES)

    return Markup(_STYLE.sub(attributes, re.sub(r"<style.*?</style>", "", str(svg), flags=re.DOTALL)))
