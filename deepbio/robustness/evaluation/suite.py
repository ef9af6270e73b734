"""`run_suite`: the robustness of a model in one report: damage of every kind, and attacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets import Dataset
from deepbio.errors import DataError, nearest
from deepbio.interpret.page import Section
from deepbio.metrics import Estimate
from deepbio.robustness.corruptions.corruption import Corruption
from deepbio.robustness.corruptions.dna import DNA_CORRUPTIONS
from deepbio.robustness.corruptions.imagenet import imagenet_c
from deepbio.robustness.corruptions.medmnist import MEDMNIST_C, medmnist_c
from deepbio.robustness.corruptions.notes import NOTE_CORRUPTIONS
from deepbio.robustness.corruptions.tables import table_corruptions
from deepbio.robustness.evaluation.corruption_errors import CorruptionErrors, corruption_errors
from deepbio.robustness.evaluation.suite_attacks import ATTACKS_OF, Attacked
from deepbio.text import Tokenizer

if TYPE_CHECKING:
    import keras

    from deepbio.datasets.dataset import Split


@dataclass(frozen=True)
class Suite:
    """What a suite runs.

    Args:
        name: Name.
        corrupted: Maximum number of damaged examples.
        attacked: Maximum number of attacked examples.
        epsilons: Radii of the security curve of images.
        epsilon: Radius of the attacks on images.
    """

    name: str
    corrupted: int
    attacked: int
    epsilons: tuple[float, ...]
    epsilon: float


SUITES = {
    one.name: one
    for one in (
        Suite("robustness_small", 1000, 100, tuple(k / 255 for k in (1, 2, 4, 8, 16)), 4 / 255),
        Suite("robustness", 10_000, 1000, tuple(k / 255 for k in (0.5, 1, 2, 4, 8, 16, 32)), 4 / 255),
    )
}


@dataclass(frozen=True, eq=False)
class RobustnessReport:
    """The robustness of a model on one split.

    Args:
        suite: Name of the suite.
        dataset, split, modality: What was damaged and attacked.
        corruptions: Errors under damage.
        about: Which corruptions they are.
        attacked: What attacks found.
        seed: Random seed.
    """

    suite: str
    dataset: str
    split: str
    modality: str
    corruptions: CorruptionErrors = field(repr=False)
    about: str
    attacked: Attacked = field(repr=False)
    seed: int

    def summary(self) -> dict[str, Estimate]:
        """Return the figures of one row: errors without damage and under it, and those of attacks."""
        return {
            "balanced error": self.corruptions.clean_error(),
            "balanced error, corrupted": self.corruptions.mean_error(),
            **self.attacked.summary,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return every figure, for a JSON file."""
        errors = self.corruptions
        table = {
            name: {"mean": errors.error(name).to_dict(), "group": group}
            | {str(s): errors.error(name, s).to_dict() for s in errors.severities}
            for name, group in zip(errors.names, errors.groups, strict=True)
        }
        return {
            "suite": self.suite, "dataset": self.dataset, "split": self.split, "modality": self.modality, "seed": self.seed,
            "examples": {"corrupted": len(errors.y), "attacked": self.attacked.examples}, "corruptions": self.about,
            "summary": {name: one.to_dict() for name, one in self.summary().items()},
            "errors": table, "attacks": self.attacked.figures,
        }  # fmt: skip

    def sections(self) -> list[Section]:
        """Return the sections of its page: the summary, the table of corruptions, and the attacks."""
        errors = self.corruptions
        rows = [
            (name, group, str(errors.error(name)), *(f"{errors.error(name, s).value:.3f}" for s in errors.severities))
            for name, group in zip(errors.names, errors.groups, strict=True)
        ]
        rows.append(("all", "", str(errors.mean_error()), *("" for _ in errors.severities)))
        header = ("corruption", "kind", "mean", *(f"severity {s}" for s in errors.severities))
        summary = [(name, str(one)) for name, one in self.summary().items()]
        return [
            Section("Summary", header=("figure", "with its 95% interval"), rows=summary),
            Section("Balanced error under corruptions", self.about, header=header, rows=rows),
            *self.attacked.sections,
        ]


def run_suite(
    model: keras.Model,
    data: Dataset,
    *,
    suite: str = "robustness_small",
    split: str = "test",
    position: int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> RobustnessReport:
    """Damage and attack the examples of a split.

    Images are damaged as in MedMNIST-C if the data set has a choice there, else as in ImageNet-C, and attacked by
    `autoattack_small` with the checks of `masking_checks`. DNA, notes and tables have corruptions and attacks of their own.

    Args:
        model: Model of classes, binary or multiclass.
        data: Data set of the model's input.
        suite: Name of a suite: `"robustness_small"` or `"robustness"`.
        split: `"train"`, `"valid"` or `"test"`.
        position: Position of the attacked output, for outputs along DNA.
        seed: Random seed.
        progress: Function that is called with what begins.

    Raises:
        DataError: An unknown suite or split, or a task without classes.
    """
    if suite not in SUITES:
        raise DataError(f"Unknown suite {suite!r}. {nearest(suite, SUITES)}")
    chosen, parts = SUITES[suite], dict(data.splits())
    if split not in parts:
        raise DataError(f"{data.name} has the splits {', '.join(parts)}; received {split!r}.")
    if data.task.kind not in ("binary", "multiclass"):
        raise DataError(f"A robustness suite is for tasks of classes; the task of {data.name} is {data.task.kind}.")
    say = progress or (lambda text: None)
    corruptions, about = corruptions_of(data)
    if data.input.modality == "text" and parts[split].texts is None:
        about += "; the notes are read back from their tokens, without their case and unknown words"
    x, y = _examples(data, parts[split], chosen.corrupted, seed)
    say(f"{len(corruptions)} corruptions of {len(y)} examples")
    errors = corruption_errors(model, x, y, corruptions, seed=seed)
    few = slice(None, chosen.attacked)
    say(f"attacks on {len(y[few])} examples")
    attack = ATTACKS_OF[data.input.modality]
    attacked = attack(
        model, data, x[few], y[few], epsilon=chosen.epsilon, epsilons=chosen.epsilons, seed=seed, position=position
    )
    return RobustnessReport(suite, data.name, split, data.input.modality, errors, about, attacked, seed)


def corruptions_of(data: Dataset) -> tuple[Mapping[str, Corruption], str]:
    """Return the corruptions of a data set's examples, and which they are in words."""
    kind = data.input.modality
    if kind == "image":
        side = min(data.input.shape[:2])
        if data.name in MEDMNIST_C:
            return medmnist_c(data.name), f"MedMNIST-C's choice for {data.name}, written for {side} pixels"
        return imagenet_c(side), f"ImageNet-C's fifteen kinds, written for {side} pixels"
    if kind == "dna":
        return DNA_CORRUPTIONS, "sequencing errors, runs of N, shifts and the other strand"
    if kind == "text":
        return NOTE_CORRUPTIONS, "errors of OCR, typing, dictation and truncation"
    return table_corruptions(
        np.asarray(data.train.x[np.arange(len(data.train))])
    ), "missing values, units, noise and swaps"


def _examples(data: Dataset, part: Split, limit: int, seed: int) -> tuple[Any, np.ndarray]:
    """Return examples of a split in a random order; notes as they were written, or as their tokens read if that is not kept."""
    chosen = np.random.Generator(np.random.Philox(seed)).permutation(len(part))[:limit]
    y = np.asarray(part.y)[chosen]
    if data.input.modality != "text":
        return np.asarray(part.x[chosen]), y
    if part.texts is not None:
        return [str(text) for text in part.texts[chosen]], y
    return Tokenizer.from_json(str(data.input.tokenizer)).decode(np.asarray(part.x[chosen])), y
