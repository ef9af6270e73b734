"""`Group`: the results of one split of one data set, each with its own name and line style."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.metrics import Estimate, metric
from deepbio.report.drawing import BASELINE_DASHES, DASHES, MUTED, SERIES, VARIABLES
from deepbio.report.result import Result

# The metric that summarizes a result if there is room for only one.
_HEADLINES = ("auroc", "macro_auroc", "accuracy", "macro_auprc", "pearson", "jensen_shannon")


@dataclass(frozen=True)
class Line:
    """A line of a figure in its legend: name, the page's colour variable, SVG dash pattern."""

    name: str
    color: str
    dashes: str


@dataclass(frozen=True)
class Entry:
    """A result under a name that is unique in its group, and how its lines look."""

    name: str
    result: Result
    color: str
    dashes: Any

    @property
    def look(self) -> dict[str, Any]:
        """Keywords of `Axes.plot`."""
        return {"color": self.color, "linestyle": self.dashes, "linewidth": 1.6}

    @property
    def line(self) -> Line:
        """Its line in a legend."""
        dashes = "" if self.dashes == "-" else " ".join(f"{1.6 * length:g}" for length in self.dashes[1])
        return Line(self.name, VARIABLES[self.color], dashes)


@dataclass(frozen=True)
class Group:
    """The results of one split of one data set, models before baselines."""

    dataset: str
    split: str
    entries: tuple[Entry, ...]

    @property
    def first(self) -> Result:
        """The first result; task and truth are the same for all."""
        return self.entries[0].result

    @property
    def metrics(self) -> list[str]:
        """Names of all metrics, in the order they first occur."""
        return list(dict.fromkeys(name for entry in self.entries for name in entry.result.metrics))

    @property
    def headline(self) -> str | None:
        """The metric that summarizes this group, or `None` if it has none."""
        return next((name for name in (*_HEADLINES, *self.metrics) if name in self.metrics), None)

    def best(self, name: str) -> set[str]:
        """Return the names of the entries whose printed value of a metric is the best; none if all print alike."""
        found = {entry.name: entry.result.metrics[name] for entry in self.entries if name in entry.result.metrics}
        known = {key: estimate for key, estimate in found.items() if not np.isnan(estimate.value)}
        printed = {key: str(Estimate(estimate.value)) for key, estimate in known.items()}
        if len(set(printed.values())) < 2:
            return set()
        sign = 1 if better(name) == "max" else -1
        top = max(known, key=lambda key: sign * known[key].value)
        return {key for key in printed if printed[key] == printed[top]}


def group_results(results: Sequence[Result]) -> list[Group]:
    """Group the results by data set and split, in the order they first occur."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.dataset, result.split), []).append(result)
    return [Group(dataset, split, _entries(members)) for (dataset, split), members in groups.items()]


def title_of(name: str) -> str:
    """Return the title of a metric; an unknown name is its own title.

    Example:
        >>> title_of("auroc"), title_of("house_points")
        ('AUROC', 'house_points')
    """
    try:
        return metric(name).title
    except DataError:
        return name


def better(name: str) -> str:
    """Return whether higher (`"max"`) or lower (`"min"`) values of a metric are better; `"max"` for an unknown name."""
    try:
        return metric(name).direction
    except DataError:
        return "max"


def _entries(results: Sequence[Result]) -> tuple[Entry, ...]:
    ordered = sorted(results, key=lambda result: result.baseline)
    seen: Counter[str] = Counter()
    entries: list[Entry] = []
    models = baselines = 0
    for result in ordered:
        seen[result.model] += 1
        name = result.model if seen[result.model] == 1 else f"{result.model} ({seen[result.model]})"
        if result.baseline:
            baselines += 1
            entries.append(Entry(name, result, MUTED, BASELINE_DASHES[(baselines - 1) % len(BASELINE_DASHES)]))
        else:
            # Colours repeat after six models; the dashes then differ.
            dashes = DASHES[(models // len(SERIES) + models % len(SERIES)) % len(DASHES)]
            entries.append(Entry(name, result, SERIES[models % len(SERIES)], dashes))
            models += 1
    return tuple(entries)
