"""Leaderboards as plain figures, and their text, Markdown and CSV."""

import csv
import io
import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from deepbio.escaping import markdown_text, spreadsheet_text
from deepbio.metrics import Estimate, direction, metric

Mark = Literal["best", "tied", "behind", ""]
SYMBOLS: dict[Mark, str] = {"best": "*", "tied": "=", "behind": "", "": ""}
LEGEND = (
    "Each metric is the mean over seeds, with its interval over test examples in brackets and, after ±, the "
    "standard deviation over seeds. `*` is the best of the column. `=` is tied with it: the paired bootstrap on the same "
    "resamples finds no significant difference (p at least 0.05 after Holm's correction for the column). Rows without a mark "
    "are significantly worse; in a column without any mark no comparison is possible. Seconds and speeds are of the machine below. "
    "Published numbers were measured by their authors, by the protocol named. A limit is the best that any model can reach, which is "
    "known for synthetic data."
)


@dataclass(frozen=True)
class LeaderboardValue:
    """A metric of one model: the mean over its seeds, and two separate kinds of spread.

    Args:
        estimate: Mean over seeds with its interval over test examples, or the reason why there is none.
        by_seed: The metric of each seed.
        p_value: Of no difference to the best of the column (paired bootstrap, corrected by Holm for the column).
        mark: `"best"`, `"tied"` (p at least 0.05) or `"behind"`.
    """

    estimate: Estimate
    by_seed: tuple[float, ...] = ()
    p_value: float | None = None
    mark: Mark = ""

    @property
    def seed_std(self) -> float | None:
        """Standard deviation over seeds; `None` for one seed, or if the seed decides nothing.

        Example:
            >>> round(LeaderboardValue(Estimate(0.5), (0.4, 0.5, 0.6)).seed_std, 6)
            0.1
        """
        return statistics.stdev(self.by_seed) if len(self.by_seed) > 1 else None

    def __str__(self) -> str:
        text = str(self.estimate) + ("" if self.seed_std is None else f" ±{self.seed_std:.3f}")
        return f"{text} {SYMBOLS[self.mark]}".strip()


@dataclass(frozen=True)
class LeaderboardRow:
    """One model, baseline or published number.

    Args:
        name: Name of the model.
        kind: `"model"`, `"baseline"`, `"published"` or `"limit"` (the best that is possible).
        values: Metric name to value.
        parameters, train_seconds, predictions_per_second, joules: Cost; seconds, speed and joules are means over seeds.
        seeds: Number of runs behind the values.
        missing: Number of planned runs without a result.
        source, protocol: Where a published number was published, and how it was measured.
    """

    name: str
    kind: Literal["model", "baseline", "published", "limit"]
    values: Mapping[str, LeaderboardValue]
    parameters: int | None = None
    train_seconds: float | None = None
    predictions_per_second: float | None = None
    joules: float | None = None
    seeds: int = 0
    missing: int = 0
    source: str = ""
    protocol: str = ""

    @property
    def is_external(self) -> bool:
        """Whether the row is a published number or a limit."""
        return self.kind in ("published", "limit")


@dataclass(frozen=True)
class LeaderboardTable:
    """All rows of one data set, best first. `metrics` are its columns, of which the first decides the order."""

    dataset: str
    about: str
    metrics: tuple[str, ...]
    rows: tuple[LeaderboardRow, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    def title(self, name: str) -> str:
        """Return a column's title with its direction.

        Example:
            >>> LeaderboardTable("d", "", ("ece",), ()).title("ece")
            'Calibration error ↓'
        """
        return f"{metric(name).title} {'↑' if direction(name) == 'max' else '↓'}"

    def costs(self) -> list[tuple[str, Callable[[LeaderboardRow], str]]]:
        """Return title and text of the cost columns that any row has."""
        return [(title, text) for title, text in _COSTS if any(text(row) for row in self.rows)]

    def notes(self) -> list[str]:
        """Return the sources of published numbers, and what is missing."""
        sources = [f"{row.name}: {row.source}. {row.protocol}." for row in self.rows if row.is_external]
        return sources + [
            f"{row.name}: {row.missing} planned run(s) have no result." for row in self.rows if row.missing
        ]


@dataclass(frozen=True)
class Leaderboard:
    """The leaderboard of a suite: a table per data set, and `facts` about how and where the runs were made."""

    name: str
    title: str
    about: str
    tables: tuple[LeaderboardTable, ...]
    facts: Mapping[str, str] = field(default_factory=dict)


def as_markdown(found: Leaderboard) -> str:
    """Return the leaderboard as Markdown: a table per data set, with the sources of published numbers below it."""
    lines = [f"# {found.title}", "", *([found.about, ""] if found.about else []), LEGEND, ""]
    for table in found.tables:
        header, *rows = _text_rows(table)
        lines += [f"## {table.dataset}", "", f"{table.about}. {_sizes(table)}".strip(), ""]
        lines += [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
        lines += [f"| {' | '.join(map(markdown_text, row))} |" for row in rows]
        lines += ["", *(f"- {note}" for note in table.notes())]
        lines += [""] if table.notes() else []
    lines += ["## How it was made", ""]
    lines += [f"- {name}: {text}" for name, text in found.facts.items()]
    lines += ["", f"Again: `deepbio benchmark {found.name}`, then `deepbio leaderboard {found.name}`."]
    return "\n".join(lines) + "\n"


def as_text(found: Leaderboard) -> str:
    """Return the leaderboard as aligned text for a terminal."""
    lines = [found.title, ""]
    for table in found.tables:
        rows = _text_rows(table)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += [f"{table.dataset}: {table.about}. {_sizes(table)}".strip()]
        for row in rows:
            padded = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
            lines.append(f"  {padded.rstrip()}")
        lines += [*(f"  {note}" for note in table.notes()), ""]
    lines += [LEGEND.replace("`", ""), "", *(f"{name}: {text}" for name, text in found.facts.items())]
    return "\n".join(lines) + "\n"


def as_csv(found: Leaderboard) -> str:
    """Return the leaderboard as CSV with full precision: one line per data set, model and metric."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = "suite dataset model kind metric value low high seed_std by_seed p_against_best mark seeds"
    writer.writerow(f"{names} parameters train_seconds predictions_per_second joules source protocol".split())
    for table in found.tables:
        for row in table.rows:
            for name, value in row.values.items():
                one, by_seed = value.estimate, " ".join(f"{number:.6g}" for number in value.by_seed)
                line = [found.name, table.dataset, row.name, row.kind, name]
                line += [*map(_number, (one.value, one.low, one.high, value.seed_std)), by_seed]
                line += [_number(value.p_value), value.mark, row.seeds or "", _number(row.parameters)]
                line += map(_number, (row.train_seconds, row.predictions_per_second, row.joules))
                writer.writerow(map(spreadsheet_text, [*line, row.source, row.protocol]))
    return text.getvalue()


def _text_rows(table: LeaderboardTable) -> list[list[str]]:
    """Return the header and the rows of a table as text."""
    costs = table.costs()
    lines = [["model", *map(table.title, table.metrics), *(title for title, _ in costs)]]
    for row in table.rows:
        label = row.name if row.kind == "model" else f"{row.name} ({row.kind})"
        lines.append(
            [label, *(str(row.values.get(name, "")) for name in table.metrics), *(text(row) for _, text in costs)]
        )
    return lines


_COSTS: tuple[tuple[str, Callable[[LeaderboardRow], str]], ...] = (
    ("seeds", lambda row: str(row.seeds or "")),
    ("parameters", lambda row: "" if row.parameters is None else f"{row.parameters:,}"),
    ("train s", lambda row: "" if row.train_seconds is None else f"{row.train_seconds:.1f}"),
    ("predictions/s", lambda row: "" if row.predictions_per_second is None else f"{row.predictions_per_second:,.0f}"),
    ("joules", lambda row: "" if row.joules is None else f"{row.joules:,.0f}"),
)


def _sizes(table: LeaderboardTable) -> str:
    return "; ".join(f"{count} {name}" for name, count in table.facts.items()) + ("." if table.facts else "")


def _number(value: float | None) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else f"{value:.6g}"
