"""Content of a report page: sections with tables, figures and their captions, ready for the template."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from deepbio.metrics import Estimate, default_metrics, metric_names
from deepbio.metrics.groups import group_numbers, shared_groups
from deepbio.report.bands import bands
from deepbio.report.confusion_table import confusion_of
from deepbio.report.curves import averaging, chance_of_pr, draw_pr, draw_roc
from deepbio.report.drawing import to_svg
from deepbio.report.examples import example_pictures
from deepbio.report.figures import (
    best_epoch,
    bins_for,
    calibration_caption,
    calibration_intervals,
    draw_calibration,
    draw_intervals,
    draw_profile,
    draw_scatter,
    draw_training,
    has_calibration,
    validation_metrics,
)
from deepbio.report.group import Entry, Group, Line, better, group_results, title_of
from deepbio.report.meaning import decision_curve, meaning_of
from deepbio.report.result import Result
from deepbio.report.subgroups import subgroups
from deepbio.report.worst import worst_errors

_KINDS = {
    "binary": "two classes",
    "multiclass": "one of several classes",
    "multilabel": "several labels at once",
    "regression": "numbers",
    "counts": "counts",
    "per_position": "a class for each position",
    "per_pixel": "a class for each pixel",
    "profile": "the shape of a profile",
}

_LABELS = {"multilabel": "labels", "regression": "outputs", "counts": "outputs", "profile": "outputs"}


def build_sections(
    results: Sequence[Result], cards: Mapping[str, str], *, worst: int = 0, examples: bool = False
) -> list[dict[str, Any]]:
    """Build the sections of a page for the template, one per split of a data set, in the order they first occur."""
    sections: list[dict[str, Any]] = []
    shown: set[str] = set()
    for number, group in enumerate(group_results(results), start=1):
        card = "" if group.dataset in shown else cards.get(group.dataset, "")
        shown.add(group.dataset)
        sections.append(_section(group, f"s{number}", card, worst, examples))
    return sections


def _section(group: Group, anchor: str, card: str, worst: int, examples: bool) -> dict[str, Any]:
    confusions = [found for entry in group.entries if (found := confusion_of(entry)) is not None]
    fact_names, results = _fact_names(group), [(entry.name, entry.result) for entry in group.entries]
    return {
        "anchor": anchor,
        "dataset": group.dataset,
        "split": group.split,
        "about": list(_about(group)),
        "card": card,
        "columns": [(title_of(name), better(name)) for name in group.metrics],
        "fact_names": fact_names,
        "rows": [_row(group, entry, fact_names) for entry in group.entries],
        "pictures": [*_pictures(group, anchor), *_training(group, anchor)],
        "meanings": [found for entry in group.entries if (found := meaning_of(entry)) is not None],
        "decision": decision_curve(group),
        "tables": [found for found in confusions if "rows" in found],
        "confusions": [found for found in confusions if "pairs" in found],
        "subgroups": [_subgroups(group, entry) for entry in group.entries if entry.result.columns],
        "examples": list(_examples(group, anchor)) if examples else [],
        "worst": [(name, worst_errors(one, worst)) for name, one in results if worst and not one.baseline],
        "documents": [(name, one.card, one.recipe.strip()) for name, one in results if one.card or one.recipe],
        "headline": _headline(group),
    }


def _examples(group: Group, anchor: str):
    for number, entry in enumerate(group.entries):
        pictures = example_pictures(entry.result, name=f"{anchor}-example{number}")
        if pictures and not entry.result.baseline:
            yield entry.name, entry.result.task.kind, pictures


def _subgroups(group: Group, entry: Entry) -> dict[str, Any]:
    """Return one model on parts of the data: its name, the metric and the rows."""
    result, name = entry.result, group.headline
    if name is None or name not in metric_names(result.task.kind):
        name = default_metrics(result.task)[0]
    y, p = np.asarray(result.y), np.asarray(result.p)
    rows = subgroups(result.task, y, p, result.columns, name=name, groups=result.groups)
    return {"name": entry.name, "metric": title_of(name), "rows": rows}


def _about(group: Group):
    result = group.first
    task = result.task
    yield "predicted", _KINDS[task.kind]
    if task.labels:
        yield _LABELS.get(task.kind, "classes"), _listed(task.labels)
    yield "examples", f"{len(result.y):,}"
    if (groups := shared_groups(result.groups)) is not None:
        yield "in groups", f"{group_numbers(groups).max() + 1:,}"
    if task.kind == "binary":
        yield "positive", f"{result.labels[1]}, {np.mean(np.asarray(result.y) == 1):.1%}"


def _listed(labels: Sequence[str], room: int = 120) -> str:
    """Join as many labels as fit with commas, and append the number of the others."""
    shown = list(labels)
    while len(shown) > 1 and len(", ".join(shown)) > room:
        shown.pop()
    more = len(labels) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _fact_names(group: Group) -> tuple[str, ...]:
    results = [entry.result for entry in group.entries]
    cost = [name for name in ("parameters", "seconds") if any(getattr(one, name) is not None for one in results)]
    return (*cost, *dict.fromkeys(name for one in results for name in one.facts))


def _row(group: Group, entry: Entry, fact_names: tuple[str, ...]) -> dict[str, Any]:
    """Return one model: its metrics in the order of the section's columns with their marks, and its facts."""
    result = entry.result
    cost = {
        "parameters": "" if result.parameters is None else f"{result.parameters:,}",
        "seconds": "" if result.seconds is None else f"{result.seconds:.1f}",
    }
    marks = ["best" if entry.name in group.best(name) else "" for name in group.metrics]
    return {
        "name": entry.name,
        "baseline": result.baseline,
        "values": list(zip(map(result.metrics.get, group.metrics), marks, strict=True)),
        "facts": [str(result.facts.get(name, cost.get(name, ""))) for name in fact_names],
        "notes": result.notes,
    }


def _headline(group: Group) -> tuple[str, str, Estimate] | None:
    """Return title, best model's name and value of the metric that summarizes the group."""
    name = group.headline
    if name is None:
        return None
    known = [entry for entry in group.entries if name in entry.result.metrics]
    sign = 1 if better(name) == "max" else -1
    best = max(known, key=lambda entry: np.nan_to_num(sign * entry.result.metrics[name].value, nan=-np.inf))
    return title_of(name), best.name, best.result.metrics[name]


def _in_words(group: Group, *names: str) -> str:
    """Return a metric of every entry in words, for readers who cannot see the curves."""
    for name in names:
        found = [(e.name, e.result.metrics[name]) for e in group.entries if name in e.result.metrics]
        if found:
            return "; ".join(f"{entry}: {title_of(name)} {estimate}" for entry, estimate in found)
    return ", ".join(entry.name for entry in group.entries)


def _reference(name: str) -> Line:
    return Line(name, "--muted", "1 2.2")


def _pictures(group: Group, anchor: str):
    def picture(figure: Figure, name: str, alt: str, caption: str, *legend: Line) -> dict[str, Any]:
        return {"svg": to_svg(figure, name=f"{anchor}-{name}", alt=alt), "caption": caption, "legend": legend}

    lines = [entry.line for entry in group.entries]
    kind = group.first.task.kind
    if kind in ("binary", "multiclass", "multilabel", "per_position"):
        around = {entry.name: bands(entry.result) for entry in group.entries if not entry.result.baseline}
        roc, pr = (
            draw(group, {name: found[which] for name, found in around.items() if found})
            for draw, which in ((draw_roc, "roc"), (draw_pr, "pr"))
        )
        units = "examples" if shared_groups(group.first.groups) is None else "groups"
        how = averaging(group.first) + (f" Bands: 95%, bootstrap over {units}." if any(around.values()) else "")
        if roc is not None:
            alt = f"ROC curves. {_in_words(group, 'auroc', 'macro_auroc', 'micro_auroc')}."
            yield picture(roc, "roc", alt, f"ROC: true against false positives.{how}", *lines, _reference("chance"))
        if pr is not None:
            alt = f"Precision-recall curves. {_in_words(group, 'auprc', 'macro_auprc', 'micro_auprc')}."
            chance = _reference(f"chance ({chance_of_pr(group):.2f})")
            yield picture(
                pr, "pr", alt, f"Precision and recall; chance is the fraction of positives.{how}", *lines, chance
            )
    if has_calibration(group):
        intervals = calibration_intervals(group)
        alt = f"Reliability curves in {bins_for(group)} bins. {_in_words(group, 'ece', 'brier', 'log_loss')}."
        caption = f"Calibration: observed frequency against confidence{calibration_caption(intervals)}; below, predictions per bin."
        yield picture(draw_calibration(group, intervals), "calibration", alt, caption, *lines, _reference("perfect"))
    if kind in ("regression", "counts"):
        for number, entry in enumerate(group.entries):
            alt = f"Predicted against true values of {entry.name}."
            yield picture(draw_scatter(entry), f"scatter{number}", alt, f"{entry.name}: predicted against true values.")
    if kind == "profile":
        alt = f"Mean profile along the window. {_in_words(group, 'jensen_shannon')}."
        counts = Line("counts", "--ink", "")
        caption = "Mean profile along the window, of windows with counts."
        yield picture(draw_profile(group), "profile", alt, caption, *lines, counts)
    if group.headline and len(group.entries) > 1:
        title = title_of(group.headline)
        alt = f"{title} with 95% intervals. {_in_words(group, group.headline)}."
        yield picture(draw_intervals(group, group.headline), "intervals", alt, f"{title} with 95% intervals.")


def _training(group: Group, anchor: str):
    for number, entry in enumerate(group.entries):
        figure = draw_training(entry)
        if figure is None:
            continue
        history = entry.result.history or {}
        epochs = max(len(values) for values in history.values())
        best = [
            f"{title_of(name.removeprefix('val_'))} is best at epoch {best_epoch(name, history[name])[0]}"
            for name in validation_metrics(entry)[:2]
        ]
        caption = f"{entry.name}: {epochs} epochs" + ("; " + ", ".join(best) if best else "") + "."
        svg = to_svg(figure, name=f"{anchor}-training{number}", alt=f"Training curves of {caption}")
        yield {"svg": svg, "caption": caption, "legend": ()}
