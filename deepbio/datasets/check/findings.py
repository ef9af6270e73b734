"""The data report: classes, lengths, GC content, duplicates, leakage, and how far a shortcut alone gets."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.datasets.check.columns import column_problems
from deepbio.datasets.check.shortcuts import LINEAR, Shortcut, shortcut_baseline
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.label_doubts import label_doubts, list_doubt
from deepbio.datasets.leakage import LeakageReport, check_leakage
from deepbio.datasets.splitting import digests
from deepbio.sequence import gc_content


@dataclass(frozen=True)
class DataReport:
    """Findings of `check_dataset`.

    Args:
        name: Name of the data set.
        modality: Modality of its inputs.
        task: Kind of its task.
        classes: Split to label to count; for several labels per example, the count of ones.
        lengths: Split to minimum, quartiles and maximum of the length, in bases without the N at both ends or in tokens.
        gc: Split to label to mean GC fraction; for DNA with classes only.
        repeats: Split to number of examples that repeat an earlier one of the split.
        conflicting: Number of contents with more than one label.
        leakage: Examples that two splits share.
        shortcut: How well a simple view of the data predicts the class; None if there are no classes.
        problems: Problems to look at, in words.
    """

    name: str
    modality: str
    task: str
    classes: dict[str, dict[str, int]]
    lengths: dict[str, tuple[float, ...]]
    gc: dict[str, dict[str, float]]
    repeats: dict[str, int]
    conflicting: int
    leakage: LeakageReport = field(repr=False)
    shortcut: Shortcut | None
    problems: list[str] = field(default_factory=list)

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
        for part, (low, first, median, third, high) in self.lengths.items():
            half = "" if low == high else f", half of them {first:g} to {third:g}"
            lines.append(f"  lengths in {part}: {low:g} to {high:g}, median {median:g}{half}")
        for part, fractions in self.gc.items():
            lines.append(f"  GC in {part}: " + ", ".join(f"{label} {gc:.1%}" for label, gc in fractions.items()))
        lines.append("  repeats within: " + ", ".join(f"{part} {n}" for part, n in self.repeats.items()))
        lines.append(f"  contents with several labels: {self.conflicting}")
        if (s := self.shortcut) is not None:
            scores = f"accuracy {s.accuracy:.3f} (most frequent class {s.majority:.3f}), AUROC {s.auroc:.3f}"
            lines.append(f"  {s.view} alone: {scores}")
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
    """Check a data set as a careful reader would before training on it.

    Args:
        data: Data set.
        near: Whether to search for near duplicates of DNA, images and notes too.
        seed: Random seed of the sample on which the shortcut baseline is trained.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> check_dataset(load_dataset("ecoli_promoters")).classes["test"]
        {'not_promoter': 11, 'promoter': 11}
    """
    leakage = check_leakage(data, near=near)
    found = {part: digests(split.x) for part, split in data.splits()}
    classes = {part: _classes(data, np.asarray(split.y)) for part, split in data.splits()}
    repeats = {part: len(content) - len(np.unique(content)) for part, content in found.items()}
    conflicting = _conflicting(data, found) if data.task.is_classification else 0
    shortcut = shortcut_baseline(data, seed=seed) if data.task.is_classification else None
    lengths, ends = {}, (0, 0.25, 0.5, 0.75, 1)
    if data.input.modality in ("dna", "text"):
        lengths = {part: tuple(np.quantile(lengths_of(data, s.x), ends).tolist()) for part, s in data.splits()}
    gc = _gc(data) if data.input.modality == "dna" and data.task.is_classification else {}
    report = DataReport(
        data.name, data.input.modality, data.task.kind, classes, lengths, gc, repeats, conflicting, leakage, shortcut
    )
    report.problems.extend([*_problems(report), *_label_problems(data), *column_problems(data)])
    return report


def _classes(data: Dataset, y: np.ndarray) -> dict[str, int]:
    if data.task.is_classification:
        n = data.task.num_classes
        labels = data.labels or tuple(map(str, range(n)))
        return dict(zip(labels, np.bincount(y, minlength=n).tolist(), strict=True))
    if data.task.kind == "multilabel":
        labels = data.labels or tuple(map(str, range(y.shape[1])))
        return dict(zip(labels, np.nansum(y, axis=0).astype(int).tolist(), strict=True))
    return {"examples": len(y)}


def _conflicting(data: Dataset, found: dict[str, np.ndarray]) -> int:
    content = np.unique(np.concatenate(list(found.values())), return_inverse=True)[1]
    y = np.concatenate([np.asarray(split.y) for _, split in data.splits()])
    return int((np.bincount(np.unique(np.stack([content, y]), axis=1)[0]) > 1).sum())


def lengths_of(data: Dataset, x: Any) -> np.ndarray:
    """Return the length of each example `(n,)`: bases without the N at both ends, or tokens."""
    known = np.asarray(x[np.arange(len(x))]) != (4 if data.input.modality == "dna" else 0)
    width = known.shape[1]
    ends = width - known[:, ::-1].argmax(axis=1) - (known.argmax(axis=1) if data.input.modality == "dna" else 0)
    return np.where(known.any(axis=1), ends, 0)


def _gc(data: Dataset) -> dict[str, dict[str, float]]:
    means: dict[str, dict[str, float]] = {}
    for part, split in data.splits():
        gc, y = gc_content(split.x[np.arange(len(split))]), np.asarray(split.y)
        of_label = {label: gc[y == i] for i, label in enumerate(data.labels)}
        means[part] = {label: round(float(np.nanmean(v)), 4) for label, v in of_label.items() if np.isfinite(v).any()}
    return means


def _label_problems(data: Dataset) -> list[str]:
    """Return what is odd about the names of the classes."""
    names = data.labels if data.task.is_classification or data.task.kind == "multilabel" else ()
    lists = list_doubt(names)
    return [*label_doubts(names), *([] if lists is None else [lists[0].upper() + lists[1:]])]


def _problems(report: DataReport) -> list[str]:
    found = []
    for pair, n in report.leakage.counts().items():
        found.append(f"{n} identical example(s) shared by {pair.replace('-', ' and ')}: metrics will flatter a model.")
    for pair, n in report.leakage.counts("near").items():
        found.append(
            f"{n} near-duplicate pair(s) across {pair.replace('-', ' and ')}; duplicates='near' keeps them together in splits "
            "of your own files (on the command line --data duplicates=near)."
        )
    if report.conflicting:
        found.append(f"{report.conflicting} content(s) have more than one label: no model can be right about all.")
    if repeats := sum(report.repeats.values()):
        found.append(f"{repeats} example(s) repeat an earlier one of their split and count twice.")
    classes = report.classes
    if missing := [f"{label} in {part}" for part, counts in classes.items() for label, n in counts.items() if n == 0]:
        found.append(f"No example of {', '.join(missing[:5])}.")
    counts = list(classes["train"].values())
    if len(counts) > 1 and max(counts) >= 10 * max(1, min(counts)):
        ratio = f"{max(counts):,} against {min(counts):,}"
        found.append(f"Classes are imbalanced in training: {ratio}. Consider class_weight='balanced'.")
    means = list(report.gc.get("train", {}).values())
    if len(means) > 1 and (apart := max(means) - min(means)) > 0.1:
        found.append(f"GC content differs by {apart:.0%} between classes: a model may learn only that.")
    if (shortcut := report.shortcut) is not None and shortcut.auroc >= 0.9:
        table = shortcut.view == LINEAR
        advice = (
            "is one column another name for the label?" if table else "a model may do well without learning your task."
        )
        verb = "reaches" if table else "reach"
        found.append(f"{shortcut.view} alone {verb} AUROC {shortcut.auroc:.3f}: {advice}")
    return found
