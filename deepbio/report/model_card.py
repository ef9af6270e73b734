"""The text of a model card, from plain figures: results, parts of the data, postprocessing, cost, use and limits."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from deepbio.escaping import markdown_text
from deepbio.metrics import METRICS, Estimate
from deepbio.report.subgroups import Subgroup

MARK = "<!-- Below: written by `deepbio card`. Words of your own go above this line and stay. -->"

_LIMITS = {
    "dna": "Sequences of another species, assay, length or source of negatives than the training data may be predicted wrongly.",
    "image": "Images of another scanner, hospital, age group, size or preprocessing than the training data may be predicted wrongly.",
    "text": "Notes of another hospital, language, style or time than the training data may be predicted wrongly.",
    "table": "Rows of another population, laboratory or unit than the training data may be predicted wrongly.",
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
    postprocessing: str = "",
    cost: Mapping[str, str] | None = None,
    robustness: Mapping[str, Estimate] | None = None,
    robustness_of: str = "",
) -> str:
    """Return the generated part of a card as Markdown.

    Args:
        title: Title of the model.
        modality, kind, labels: Properties of input and task.
        dataset: Facts about the training data: name, source, licence, citation, text.
        results: Split to metrics with intervals.
        examples: Split to number of examples.
        parts, parts_metric, parts_split: Rows of the subgroup table, their metric and their split.
        postprocessing: Calibration, thresholds and coverage in words, from `describe_postprocessing`.
        cost: Name to text: time, parameters, device, energy.
        robustness: Figures of `deepbio robustness`, with intervals.
        robustness_of: Suite, split and corruptions in words.
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
    if robustness:
        rows = [f"| {name} | {one} |" for name, one in robustness.items()]
        lines += ["### Robustness", "", "| figure | value |", "|---|---|", *rows, "", robustness_of, ""]
    lines += ["### Limits", "", f"- {_LIMITS[modality]}"]
    lines += ["- The figures above are valid for data drawn like these splits, and for no other data."]
    if "valid" in results:
        lines += ["- The validation split was also used to choose weights or settings, so its figures are optimistic."]
    if not parts:
        lines += ["- Performance on parts of the data (sex, age, site, instrument) was not examined."]
    lines += [
        "",
        "### Reading the predictions",
        "",
        postprocessing or "The probabilities are those of the network: not calibrated.",
        "",
    ]
    if cost:
        lines += ["### Cost", "", *(f"- {name}: {text}" for name, text in cost.items()), ""]
    return "\n".join(lines)


def rounded(metrics: Mapping[str, Estimate]) -> dict[str, list[float]]:
    """Return value and ends of the metrics that have an interval, for the front matter of a card.

    Example:
        >>> rounded({"auroc": Estimate(0.91234, 0.85, 0.95), "ece": Estimate(0.05, reason="20 examples, 100 needed")})
        {'auroc': [0.9123, 0.85, 0.95]}
    """
    return {
        name: [round(float(number), 4) for number in (one.value, one.low, one.high)]
        for name, one in metrics.items()
        if math.isfinite(one.value) and math.isfinite(one.low) and math.isfinite(one.high)
    }


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
    return [*lines, "", "95% intervals over examples, or over groups if one has several.", ""]


def _parts(parts: Sequence[Subgroup], metric: str, split: str) -> list[str]:
    title = METRICS[metric].title if metric in METRICS else metric
    lines = [f"| part | examples | {title} | gap to the rest |", "|---|---|---|---|"]
    for one in parts:
        gap = "" if math.isnan(one.gap.value) else f"{one.gap}{' !' if one.differs else ''}"
        lines.append(
            f"| {markdown_text(one.column)}: {markdown_text(one.value)} | {one.examples:,} | {one.estimate} | {gap} |"
        )
    test = "p less than 0.05 after Holm's correction"
    return [*lines, "", f"On the {split} split; `!` marks a significant gap ({test}).", ""]


def merge_card(own: str, generated: str) -> str:
    """Return a card's text with its generated part replaced. The text above the mark is kept.

    Example:
        >>> merge_card(f"Mine.\\n\\n{MARK}\\nold", f"{MARK}\\nnew")
        'Mine.\\n\\n<!-- Below: written by `deepbio card`. Words of your own go above this line and stay. -->\\nnew'
    """
    kept = own.split(MARK)[0].strip()
    return f"{kept}\n\n{generated}" if kept else generated


def describe_postprocessing(postprocessing: Mapping[str, Any] | None) -> str:
    """Describe a preset's postprocessing in words.

    Example:
        >>> describe_postprocessing({"split": "valid", "examples": 9, "calibration": {"method": "temperature", "temperature": 1.5}})
        'Fitted on the valid split (9 examples): probabilities are calibrated (temperature 1.5).'
    """
    if not postprocessing:
        return ""
    steps = []
    if calibration := postprocessing.get("calibration"):
        detail = (
            f"temperature {calibration['temperature']:.3g}" if "temperature" in calibration else calibration["method"]
        )
        steps.append(f"probabilities are calibrated ({detail})")
    if postprocessing.get("thresholds"):
        steps.append(f"thresholds are chosen for {postprocessing['aim']}")
    if len(prevalence := postprocessing.get("prevalence", ())) == 1:
        steps.append(f"probabilities assume a prevalence of {prevalence[0]:.1%}")
    elif prevalence:
        steps.append("probabilities assume the class frequencies of that split")
    if conformal := postprocessing.get("conformal"):
        steps.append(f"prediction sets or intervals contain the truth in {conformal['coverage']:.0%} of cases")
    if method := postprocessing.get("ood_method"):
        steps.append(f"the out-of-distribution score is {method.replace('_', ' ')}")
    if not steps:
        return ""
    return f"Fitted on the {postprocessing['split']} split ({postprocessing['examples']} examples): {'; '.join(steps)}."
