"""The text of a model card, from plain figures: results, parts of the data, reading, cost, use and limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from deepbio.metrics import METRICS, Estimate
from deepbio.report.subgroups import Subgroup

MARK = "<!-- Below: written by `deepbio card`. Words of your own go above this line and stay. -->"

_LIMITS = {
    "dna": "Sequences of another species, assay, length or source of negatives than the training data may be read wrongly.",
    "image": "Images of another scanner, hospital, age group, size or preprocessing than the training data may be read wrongly.",
    "text": "Notes of another hospital, language, style or time than the training data may be read wrongly.",
    "table": "Rows of another population, laboratory or unit than the training data may be read wrongly.",
}


def model_card_text(
    *,
    title: str,
    modality: str,
    kind: str,
    labels: Sequence[str],
    dataset: Mapping[str, str],
    results: Mapping[str, Mapping[str, Estimate]],
    examples: Mapping[str, int],
    parts: Sequence[Subgroup] = (),
    parts_metric: str = "",
    parts_split: str = "test",
    reading: str = "",
    cost: Mapping[str, str] | None = None,
) -> str:
    """Return the generated part of a card as Markdown.

    Args:
        title: of the model.
        modality, kind, labels: of input and task.
        dataset: facts about the training data: name, source, licence, citation, text.
        results: split to metrics with intervals.
        examples: split to number of examples.
        parts, parts_metric, parts_split: rows of the subgroup table, and what they are of.
        reading: calibration, thresholds and coverage in words.
        cost: name to text: time, parameters, device, energy.
    """
    named = f" ({', '.join(labels[:12])}{', ...' if len(labels) > 12 else ''})" if labels else ""
    lines = [
        MARK,
        "",
        f"## {title}",
        "",
        f"Input: {modality}. Task: {kind.replace('_', ' ')}{named}.",
        "",
        "### Intended use",
        "",
        "Research and teaching. Not a medical device, and not for the care of patients.",
        "",
        "### Training data",
        "",
        *(f"- {name}: {text}" for name, text in dataset.items() if text),
        "",
        "### Results",
        "",
        *_results(results, examples),
    ]
    if parts:
        lines += ["### Parts of the data", "", *_parts(parts, parts_metric, parts_split)]
    lines += ["### Limits", "", f"- {_LIMITS[modality]}"]
    lines += ["- The figures above hold for data drawn like these splits, and for nothing else."]
    if "valid" in results:
        lines += ["- The validation split also served to choose weights or settings, so its figures are optimistic."]
    if not parts:
        lines += ["- How the model does on parts of the data (sex, age, site, instrument) was not examined."]
    lines += [
        "",
        "### Reading the predictions",
        "",
        reading or "Probabilities are as the network gives them: not calibrated.",
        "",
    ]
    if cost:
        lines += ["### Cost", "", *(f"- {name}: {text}" for name, text in cost.items()), ""]
    return "\n".join(lines)


def _results(results: Mapping[str, Mapping[str, Estimate]], examples: Mapping[str, int]) -> list[str]:
    if not results:
        return ["None yet. `deepbio card RUN --split valid` adds those of the validation split.", ""]
    splits = list(results)
    names = list(dict.fromkeys(name for found in results.values() for name in found))
    header = [f"{split} ({examples[split]:,} examples)" if split in examples else split for split in splits]
    lines = [f"| metric | {' | '.join(header)} |", f"|{'---|' * (1 + len(splits))}"]
    for name in names:
        title = METRICS[name].title if name in METRICS else name
        lines.append(f"| {title} | {' | '.join(str(results[split].get(name, '')) for split in splits)} |")
    return [*lines, "", "95% bootstrap intervals over examples.", ""]


def _parts(parts: Sequence[Subgroup], metric: str, split: str) -> list[str]:
    title = METRICS[metric].title if metric in METRICS else metric
    lines = [f"| part | examples | {title} | gap to the rest |", "|---|---|---|---|"]
    for one in parts:
        mark = " !" if one.p_value is not None and one.p_value < 0.05 else ""
        gap = "" if math.isnan(one.gap.value) else f"{one.gap}{mark}"
        lines.append(f"| {one.column}: {one.value} | {one.examples:,} | {one.estimate} | {gap} |")
    about = (
        f"On the {split} split; `!` marks a gap told apart from none (bootstrap, p under 0.05 after Holm's correction)."
    )
    return [*lines, "", about, ""]


def joined_card(own: str, generated: str) -> str:
    """Return a card's text with its generated part renewed; words above the mark stay.

    Example:
        >>> joined_card(f"Mine.\\n\\n{MARK}\\nold", f"{MARK}\\nnew")
        'Mine.\\n\\n<!-- Below: written by `deepbio card`. Words of your own go above this line and stay. -->\\nnew'
    """
    kept = own.split(MARK)[0].strip()
    return f"{kept}\n\n{generated}" if kept else generated


def reading_in_words(postprocessing: Mapping[str, Any] | None) -> str:
    """Say what a preset's postprocessing does.

    Example:
        >>> reading_in_words({"split": "valid", "examples": 9, "calibration": {"method": "temperature", "temperature": 1.5}})
        'Learnt on the valid split (9 examples): probabilities are calibrated (temperature 1.5).'
    """
    if not postprocessing:
        return ""
    said = []
    if calibration := postprocessing.get("calibration"):
        detail = (
            f"temperature {calibration['temperature']:.3g}" if "temperature" in calibration else calibration["method"]
        )
        said.append(f"probabilities are calibrated ({detail})")
    if postprocessing.get("thresholds"):
        said.append(f"thresholds serve {postprocessing['aim']}")
    if conformal := postprocessing.get("conformal"):
        said.append(f"prediction sets or intervals hold the truth {conformal['coverage']:.0%} of the time")
    return (
        f"Learnt on the {postprocessing['split']} split ({postprocessing['examples']} examples): {'; '.join(said)}."
        if said
        else ""
    )
