"""A model on parts of the data: for any column of facts about the examples, each value against the rest."""

import itertools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from deepbio.datasets import Split
from deepbio.errors import DataError
from deepbio.metrics import Estimate, UndefinedMetricWarning, default_metrics, holm, summarize
from deepbio.metrics.groups import shared_groups
from deepbio.specs import ModelInput, Task

_MIN_EXAMPLES = 10
_MAX_VALUES = 12
_BLOCK = 4096  # examples read at a time
_UNDEFINED = Estimate(float("nan"))
_Z = float(ndtri(0.975))


@dataclass(frozen=True)
class Subgroup:
    """One value of one column: the number of examples, the metric there, and the gap to all other examples.

    `p_value` is of no gap, corrected by Holm for all rows of the table; `None` if the gap is undefined. `differs` is
    whether it is less than 0.05.
    """

    column: str
    value: str
    examples: int
    estimate: Estimate
    gap: Estimate
    p_value: float | None = None

    @property
    def differs(self) -> bool:
        """Whether the gap is significant."""
        return self.p_value is not None and self.p_value < 0.05


def subgroups(
    task: Task,
    y: np.ndarray,
    p: np.ndarray,
    columns: Mapping[str, np.ndarray],
    *,
    name: str | None = None,
    groups: np.ndarray | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
) -> list[Subgroup]:
    """Compare each part of the data with the rest of it.

    Args:
        task: Task of the model.
        y, p: Truth and predictions after the activation.
        columns: Name to one value per example, `(n,)`. Numbers with more than twelve values are cut at their quartiles; of
            other columns the twelve most frequent values are kept. Parts with fewer than ten examples are left out.
        name: Name of the metric; by default the task's first one that ranks or decides.
        groups: Patient, chromosome or the like, `(n,)`. Groups are the units if one has several examples.
        n_resamples, seed: As for `deepbio.metrics.summarize`.

    Raises:
        DataError: a column has another length.

    Example:
        >>> y = np.arange(40) % 2
        >>> p = np.where(np.arange(40) < 20, y, 1 - y) * 0.8 + 0.1
        >>> found = subgroups(Task("binary", 1), y, p, {"site": np.repeat(["a", "b"], 20)}, name="accuracy", n_resamples=50)
        >>> [(one.value, one.estimate.value, one.gap.value) for one in found]
        [('a', 1.0, 1.0), ('b', 0.0, -1.0)]
    """
    p = p[:, 0] if task.kind == "binary" and p.ndim == 2 else p
    whole = shared_groups(groups)
    compare = _Comparison(task, name or _headline(task), y, p, whole, n_resamples, seed)
    found: list[Subgroup] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for column, values in columns.items():
            values = np.asarray(values)
            if values.shape != (len(y),):
                raise DataError(
                    f"The column {column!r} needs one value per example: expected {len(y)}, received {values.shape}."
                )
            found += [compare.with_rest(column, label, inside) for label, inside in _parts(values)]
    known = {i: one.p_value for i, one in enumerate(found) if one.p_value is not None}
    corrected = holm(list(known.values())) if known else []
    for i, p_value in zip(known, corrected, strict=True):
        found[i] = replace(found[i], p_value=float(p_value))
    return found


@dataclass(frozen=True)
class _Comparison:
    """Truth and predictions, from which parts are taken, and the metric by which they are compared."""

    task: Task
    name: str
    y: np.ndarray
    p: np.ndarray
    groups: np.ndarray | None
    n_resamples: int
    seed: int

    def with_rest(self, column: str, label: str, inside: np.ndarray) -> Subgroup:
        """Compare the examples `inside` with all others. The p-value is not corrected."""
        examples, here = int(inside.sum()), self._estimate(inside)
        if inside.all():
            return Subgroup(column, label, examples, here, _UNDEFINED)
        gap, p_value = _difference(here, self._estimate(~inside))
        return Subgroup(column, label, examples, here, gap, p_value)

    def _estimate(self, inside: np.ndarray) -> Estimate:
        groups = None if self.groups is None else self.groups[inside]
        options: Any = {"groups": groups, "n_resamples": self.n_resamples, "seed": self.seed}
        return summarize(self.task, self.y[inside], self.p[inside], metrics=[self.name], **options)[self.name]


def _difference(here: Estimate, there: Estimate) -> tuple[Estimate, float | None]:
    """Return the difference of two independent estimates with its interval and p-value.

    Source: Zou and Donner 2008, doi:10.1002/sim.3095 (the interval follows from those of the two values).
    """
    gap = here.value - there.value
    low = gap - np.hypot(here.value - here.low, there.high - there.value)
    high = gap + np.hypot(here.high - here.value, there.value - there.low)
    if not np.isfinite([gap, low, high]).all():
        return Estimate(gap, reason=here.reason or there.reason), None
    toward_zero = gap - low if gap > 0 else high - gap
    return Estimate(gap, low, high), float(2 * ndtr(-_Z * abs(gap) / toward_zero)) if toward_zero else 0.0


def input_columns(input: ModelInput, split: Split) -> dict[str, np.ndarray]:
    """Return facts that follow from the inputs: GC content of DNA, words of a note, brightness and contrast of an image.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> data = load_dataset("uci_splice")
        >>> list(input_columns(data.input, data.test))
        ['GC content']
    """
    starts = range(0, len(split), _BLOCK)
    found = [_input_facts(input, split.x[np.arange(first, min(first + _BLOCK, len(split)))]) for first in starts]
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]} if found else {}


def _input_facts(input: ModelInput, x: np.ndarray) -> dict[str, Any]:
    if input.modality == "dna":
        known = np.maximum((x < 4).sum(axis=1), 1)
        return {"GC content": ((x == 1) | (x == 2)).sum(axis=1) / known}
    if input.modality == "text":
        return {"words": (x != 0).sum(axis=1)}
    if input.modality == "image":
        flat = x.reshape(len(x), -1).astype(np.float64)
        return {"brightness": flat.mean(axis=1), "contrast": flat.std(axis=1)}
    return {}


def _parts(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Cut a column into labelled parts, one mask each."""
    missing = _missing(values)
    if values.dtype.kind in "fiu" and len(np.unique(values[~missing])) > _MAX_VALUES:
        known = values.astype(np.float64)
        edges = np.unique(np.nanquantile(known, [0, 0.25, 0.5, 0.75, 1]))
        parts = []
        for low, high in itertools.pairwise(edges):
            inside = (known >= low) & ((known < high) if high < edges[-1] else (known <= high))
            parts.append((f"{low:.4g} to {high:.4g}", inside))
        return [part for part in [*parts, ("unknown", missing)] if part[1].sum() >= _MIN_EXAMPLES]
    labels = np.array(["unknown" if gone else _label(one) for one, gone in zip(values, missing, strict=True)])
    names, counts = np.unique(labels, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MAX_VALUES]
    return [(str(names[i]), labels == names[i]) for i in sorted(order) if counts[i] >= _MIN_EXAMPLES]


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.array([one is None or str(one) in ("", "nan") for one in values])


def _label(one: object) -> str:
    return f"{one:g}" if isinstance(one, (float, np.floating)) else str(one)


def _headline(task: Task) -> str:
    names = default_metrics(task)
    return next((name for name in ("auroc", "macro_auroc", "accuracy", "pearson") if name in names), names[0])
