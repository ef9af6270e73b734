"""The data report: classes, lengths, GC content, duplicates, leakage, and how far shortcuts alone get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.datasets.check.shortcuts import LINEAR, Shortcut, shortcut_baseline
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.leakage import LeakageReport, check_leakage
from deepbio.datasets.splitting import digests
from deepbio.sequence import gc_content


@dataclass(frozen=True)
class DataReport:
    """What `check_dataset` found.

    Args:
        name, modality, task: of the data set.
        classes: split to label to count; of several labels, the count of ones.
        lengths: split to least, lower quartile, median, upper quartile and greatest length: bases without the N at both ends,
            or tokens; empty for others.
        gc: split to label to mean GC share; DNA with classes only.
        repeats: split to number of examples that repeat an earlier one of the split.
        torn: number of contents that stand under more than one label.
        leakage: what two splits share.
        shortcut: how well a simple view of the data predicts the class; None where there are no classes.
        problems: what to look at, in words.
    """

    name: str
    modality: str
    task: str
    classes: dict[str, dict[str, int]]
    lengths: dict[str, tuple[float, ...]]
    gc: dict[str, dict[str, float]]
    repeats: dict[str, int]
    torn: int
    leakage: LeakageReport = field(repr=False)
    shortcut: Shortcut | None
    problems: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary."""
        own = {key: value for key, value in self.__dict__.items() if key not in ("leakage", "shortcut")}
        shortcut = None if self.shortcut is None else self.shortcut._asdict()
        return {**own, "leakage": self.leakage.to_dict(), "shortcut": shortcut}

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.task}, {self.modality}"]
        for part, counts in self.classes.items():
            shown = list(counts.items())[:12]
            more = f", and {len(counts) - 12} more" if len(counts) > 12 else ""
            lines.append(f"  {part}: " + ", ".join(f"{label} {n:,}" for label, n in shown) + more)
        for part, (least, low, median, high, most) in self.lengths.items():
            half = "" if least == most else f", half of them {low:g} to {high:g}"
            lines.append(f"  lengths in {part}: {least:g} to {most:g}, median {median:g}{half}")
        for part, shares in self.gc.items():
            lines.append(f"  GC in {part}: " + ", ".join(f"{label} {share:.1%}" for label, share in shares.items()))
        lines.append("  repeats within: " + ", ".join(f"{part} {n}" for part, n in self.repeats.items()))
        lines.append(f"  contents under several labels: {self.torn}")
        if self.shortcut is not None:
            s = self.shortcut
            lines.append(
                f"  {s.view} alone: accuracy {s.accuracy:.3f} (commonest class {s.majority:.3f}), AUROC {s.auroc:.3f}"
            )
        for kind in ("exact", "near"):
            counts = self.leakage.counts(kind)
            shown = ", ".join(f"{pair} {n}" for pair, n in counts.items()) or "none"
            if kind == "exact" or self.leakage.near_rule:
                lines.append(f"  shared between splits, {kind}: {shown}")
            rows = getattr(self.leakage, kind)
            lines += [f"    {s.one} {s.id} = {s.other} {s.copy} ({s.similarity:.2f})" for s in rows[:10]]
            lines += [f"    and {len(rows) - 10} more" for _ in rows[10:11]]
        lines += [f"  ! {problem}" for problem in self.problems] or ["  No problem found."]
        return "\n".join(lines)


def check_dataset(data: Dataset, *, near: bool = True, seed: int = 0) -> DataReport:
    """Look at a data set as a careful reader would before training on it.

    Args:
        data: any data set.
        near: look for near duplicates of DNA and images too.
        seed: of the sample that the shortcut baseline learns from.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> check_dataset(load_dataset("ecoli_promoters")).classes["test"]
        {'not_promoter': 11, 'promoter': 11}
    """
    leakage = check_leakage(data, near=near)
    found = {part: digests(split.x) for part, split in data.splits()}
    classes = {part: _classes(data, np.asarray(split.y)) for part, split in data.splits()}
    repeats = {part: len(content) - len(np.unique(content)) for part, content in found.items()}
    torn = _torn(data, found) if data.task.is_classification else 0
    shortcut = shortcut_baseline(data, seed=seed) if data.task.is_classification else None
    lengths = {part: _lengths(data, split.x) for part, split in data.splits()} if _has_lengths(data) else {}
    gc = _gc(data) if data.input.modality == "dna" and data.task.is_classification else {}
    problems = _problems(classes, repeats, torn, leakage, shortcut, gc)
    return DataReport(
        data.name, data.input.modality, data.task.kind, classes, lengths, gc, repeats, torn, leakage, shortcut, problems
    )


def _classes(data: Dataset, y: np.ndarray) -> dict[str, int]:
    if data.task.is_classification:
        n = 2 if data.task.kind == "binary" else data.task.outputs
        labels = data.labels or tuple(map(str, range(n)))
        return dict(zip(labels, np.bincount(y, minlength=n).tolist(), strict=True))
    if data.task.kind == "multilabel":
        labels = data.labels or tuple(map(str, range(y.shape[1])))
        return dict(zip(labels, np.nansum(y, axis=0).astype(int).tolist(), strict=True))
    return {"examples": len(y)}


def _torn(data: Dataset, found: dict[str, np.ndarray]) -> int:
    content = np.unique(np.concatenate(list(found.values())), return_inverse=True)[1]
    y = np.concatenate([np.asarray(split.y) for _, split in data.splits()])
    return int((np.bincount(np.unique(np.stack([content, y]), axis=1)[0]) > 1).sum())


def _has_lengths(data: Dataset) -> bool:
    return data.input.modality in ("dna", "text")


def lengths_of(data: Dataset, x: Any) -> np.ndarray:
    """Return the length of each example `(n,)`: bases without the N at both ends, or tokens."""
    known = np.asarray(x[np.arange(len(x))]) != (4 if data.input.modality == "dna" else 0)
    width = known.shape[1]
    ends = width - known[:, ::-1].argmax(axis=1) - (known.argmax(axis=1) if data.input.modality == "dna" else 0)
    return np.where(known.any(axis=1), ends, 0)


def _lengths(data: Dataset, x: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in np.quantile(lengths_of(data, x), (0, 0.25, 0.5, 0.75, 1)))


def _gc(data: Dataset) -> dict[str, dict[str, float]]:
    shares = {}
    for part, split in data.splits():
        share, y = gc_content(split.x[np.arange(len(split))]), np.asarray(split.y)
        shares[part] = {
            label: round(float(np.nanmean(share[y == i])), 4)
            for i, label in enumerate(data.labels)
            if np.isfinite(share[y == i]).any()
        }
    return shares


def _problems(
    classes: dict[str, dict[str, int]],
    repeats: dict[str, int],
    torn: int,
    leakage: LeakageReport,
    shortcut: Shortcut | None,
    gc: dict[str, dict[str, float]],
) -> list[str]:
    found = []
    for pair, n in leakage.counts().items():
        found.append(
            f"{n} identical example(s) shared by {' and '.join(pair.split('-'))}: metrics will flatter a model."
        )
    for pair, n in leakage.counts("near").items():
        found.append(
            f"{n} near-duplicate pair(s) across {' and '.join(pair.split('-'))}; duplicates='near' keeps them together where "
            "deepbio cuts the splits."
        )
    if torn:
        found.append(f"{torn} content(s) stand under more than one label: no model can be right about all.")
    if sum(repeats.values()):
        found.append(f"{sum(repeats.values())} example(s) repeat an earlier one of their split and weigh double.")
    missing = [f"{label} in {part}" for part, counts in classes.items() for label, n in counts.items() if n == 0]
    if missing:
        found.append(f"No example of {', '.join(missing[:5])}.")
    counts = list(classes["train"].values())
    if len(counts) > 1 and max(counts) >= 10 * max(1, min(counts)):
        found.append(
            f"Classes are uneven in training: {max(counts):,} against {min(counts):,}. Look at class_weight='balanced'."
        )
    means = list(gc.get("train", {}).values())
    if len(means) > 1 and max(means) - min(means) > 0.1:
        found.append(
            f"GC content differs by {max(means) - min(means):.0%} between classes: a model may learn only that."
        )
    if shortcut is not None and shortcut.auroc >= 0.9:
        table = shortcut.view == LINEAR
        verb = "reaches" if table else "reach"
        advice = (
            "is one another name for the label?" if table else "a model may do well without what you want it to learn."
        )
        found.append(f"{shortcut.view} alone {verb} AUROC {shortcut.auroc:.3f}: {advice}")
    return found
