"""The attacks of a suite, by modality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets import Dataset
from deepbio.interpret.drawing import as_png
from deepbio.interpret.page import Section
from deepbio.metrics import Estimate
from deepbio.robustness.attacks.adversarial import fraction
from deepbio.robustness.attacks.attack_images import attack_images
from deepbio.robustness.attacks.autoattack import autoattack_small
from deepbio.robustness.edits.dna import attack_dna, positions_taken, random_substitutions
from deepbio.robustness.edits.margins import ByEdits
from deepbio.robustness.edits.notes import EDITS, Edit, attack_notes
from deepbio.robustness.edits.tables import Ranges, attack_tables
from deepbio.robustness.evaluation.curve import security_curve
from deepbio.robustness.evaluation.drawing import draw_adversarial, draw_curve, draw_substitutions
from deepbio.robustness.evaluation.masking import masking_checks
from deepbio.robustness.evaluation.sections import class_names, image_accuracies, image_figures, image_sections
from deepbio.specs import ModelInput

if TYPE_CHECKING:
    import keras

_SHOWN = 4


@dataclass(frozen=True, eq=False)
class Attacked:
    """What the attacks of a suite found.

    Args:
        examples: Number of attacked examples.
        summary: Figures for one row.
        figures: All figures, for a JSON file.
        sections: Sections of the page.
        notes: What a reader must know.
        edited: The edited examples, of attacks by edits of notes and cells.
        words: What was done to each of them, in words.
    """

    examples: int
    summary: dict[str, Estimate]
    figures: dict[str, Any]
    sections: Sequence[Section] = field(repr=False, default=())
    notes: tuple[str, ...] = ()
    edited: ByEdits | None = field(repr=False, default=None)
    words: Sequence[str] = field(repr=False, default=())


def _images(
    model: keras.Model,
    data: Dataset,
    x: Any,
    y: np.ndarray,
    *,
    epsilon: float,
    epsilons: Sequence[float],
    seed: int,
    **_: Any,
) -> Attacked:
    found = autoattack_small(model, x, y, epsilon=epsilon, seed=seed)
    among_bytes = attack_images(model, x, y, attack="pgd", as_bytes=True, epsilon=epsilon, seed=seed)
    checks, curve = (
        masking_checks(model, x, y, epsilon=epsilon, seed=seed),
        security_curve(model, x, y, epsilons=epsilons, seed=seed),
    )
    accuracies = image_accuracies(found, among_bytes)
    about = f"epsilon {epsilon * 255:g}/255, linf"
    sections = image_sections(accuracies, about, checks, curve, draw_curve([("pgd", curve)]))
    names = class_names(data.labels, model)
    for i in np.flatnonzero(found.success_as_bytes)[:_SHOWN]:
        before, after = names[found.clean[i]], names[found.predicted_as_bytes[i]]
        caption = f"{before} is predicted as {after}. Size {found.sizes[i]:.4g}."
        sections.append(
            Section(
                f"Example {i + 1}", picture=as_png(draw_adversarial(found, int(i), names)), alt=caption, caption=caption
            )
        )
    broken = found.success | found.success_as_bytes | among_bytes.success_as_bytes
    summary = {f"accuracy under attack, epsilon {epsilon * 255:g}/255": found.accuracy_without(broken)}
    return Attacked(len(y), summary, image_figures(accuracies, checks, curve), sections, (str(checks), *found.notes))


def _dna(
    model: keras.Model, data: Dataset, x: Any, y: np.ndarray, *, seed: int, position: int | None, **_: Any
) -> Attacked:
    found = attack_dna(model, x, position=position)
    random = random_substitutions(model, x, position=position, repeats=2, seed=seed)
    counts, drawn = found.counts[found.success], random[random > 0]
    changed = [fraction(found.success & (found.counts <= k)) for k in (1, 2, 3, 5, 10)]
    taken = positions_taken(found).sum(axis=1)
    rows = [(f"at most {k}", str(one)) for k, one in zip((1, 2, 3, 5, 10), changed, strict=True)]
    medians = [float(np.median(one)) if len(one) else float("nan") for one in (counts, drawn)]
    sections = [
        Section(
            "Substitutions that change the predicted class",
            f"median {medians[0]:g}; of random ones {medians[1]:g} ({len(drawn)} of {random.size} tries)",
            header=("substitutions", "fraction of sequences"), rows=rows,
        ),
        Section(
            "Positions", "with the most substitutions, from 0", header=("position", "times"),
            rows=[(int(k), int(taken[k])) for k in np.argsort(-taken, kind="stable")[:10] if taken[k]],
        ),
    ]  # fmt: skip
    names = class_names(data.labels, model)
    for i in np.flatnonzero(found.success)[:_SHOWN]:
        caption = f"{names[found.clean[i]]} is predicted as {names[found.predicted[i]]}."
        sections.append(
            Section(
                f"Sequence {i + 1}", picture=as_png(draw_substitutions(found, int(i))), alt=caption, caption=caption
            )
        )
    figures = {
        "median_substitutions": medians[0] if len(counts) else None,
        "median_random": medians[1] if len(drawn) else None,
    }
    summary = {f"changed by {k} substitution{'s' if k > 1 else ''}": changed[j] for j, k in ((0, 1), (2, 3))}
    note = (
        "Substitutions start from the predicted class, right or wrong; a count of 1 is exact, larger ones are bounds."
    )
    return Attacked(len(y), summary, figures, sections, (note,))


def _notes(
    model: keras.Model,
    data: Dataset,
    x: Any,
    y: np.ndarray,
    *,
    edits: Sequence[Edit] = EDITS,
    max_edits: int = 5,
    shown: int = 12,
    **_: Any,
) -> Attacked:
    found = attack_notes(model, x, edits=edits, max_edits=max_edits)
    return _edited(data, model, y, found, [_in_words(one) for one in found.edits], "edits", shown)


def _tables(
    model: keras.Model,
    data: Dataset,
    x: Any,
    y: np.ndarray,
    *,
    fixed: Sequence[int] = (),
    max_edits: int = 5,
    shown: int = 12,
    **_: Any,
) -> Attacked:
    part = data.train if len(data.train) else data.test  # the user's own file has no training split
    known = {k: (0, len(levels) - 1) for k, levels in enumerate(data.input.categories or ()) if levels}
    ranges = Ranges.of(np.asarray(part.x[np.arange(len(part))]), fixed=fixed, limits=known)
    found = attack_tables(model, x, ranges, max_changes=max_edits)
    words = ["; ".join(cell_in_words(data.input, k, value) for k, value in one) for one in found.changes]
    about = () if len(data.train) else ("The range of each column is that of these rows: they have no training split.",)
    return _edited(data, model, y, found, words, "cells", shown, about)


def cell_in_words(input: ModelInput, column: int, value: float) -> str:
    """Return a changed cell as `column = value`, a category by its name."""
    name = input.features[column] if input.features else f"column {column + 1}"
    levels = input.categories[column] if input.categories else ()
    return f"{name} = {levels[int(value)] if levels else format(value, '.4g')}"


def _edited(
    data: Dataset,
    model: keras.Model,
    y: np.ndarray,
    found: ByEdits,
    words: Sequence[str],
    unit: str,
    shown: int,
    about: Sequence[str] = (),
) -> Attacked:
    """Return the figures of attacks by edits, with the first examples in words."""
    names = class_names(data.labels, model)
    limits = (1, 2, 3, 5)
    changed = [fraction(found.success & (found.counts <= k)) for k in limits]
    rows = [(f"at most {k}", str(one)) for k, one in zip(limits, changed, strict=True)]
    examples = [
        (int(i) + 1, names[found.clean[i]], names[found.predicted[i]], words[i])
        for i in np.flatnonzero(found.success)[:shown]
    ]
    counts = found.counts[found.success]
    median = float(np.median(counts)) if len(counts) else None
    sections = [
        Section(f"Predicted class changed, by {unit}", header=(unit, "fraction of examples"), rows=rows),
        Section("Examples", header=("example", "class", "new class", unit), rows=examples),
    ]
    summary = {f"changed by {k} {unit if k > 1 else unit[:-1]}": changed[limits.index(k)] for k in (1, 3)}
    note = "The search starts from the predicted class, right or wrong, and is greedy: counts above 1 are upper bounds."
    figures = {"median": median, "changed": int(found.success.sum())}
    return Attacked(len(y), summary, figures, sections, (note, *about), found, words)


def _in_words(edits: Sequence[tuple[str, str, str]]) -> str:
    return "; ".join(f"{kind}: {before} > {after}" if before else f"{kind}: {after}" for kind, before, after in edits)


ATTACKS_OF: dict[str, Callable[..., Attacked]] = {"image": _images, "dna": _dna, "text": _notes, "table": _tables}
