"""`Board`: the leaderboard of one data set as plain figures, for text, Markdown, CSV and HTML alike."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from deepbio.metrics import Estimate, direction, metric

Mark = Literal["best", "level", "behind", ""]
SYMBOLS: dict[Mark, str] = {"best": "*", "level": "=", "behind": "", "": ""}


@dataclass(frozen=True)
class Score:
    """A metric of one model: the mean over its seeds, and two kinds of spread kept apart.

    Args:
        estimate: mean over seeds with its interval for other examples (bootstrap over the test split, the same resamples
            for every seed).
        by_seed: the metric of each seed.
        p_value: of no difference to the best of the column (paired bootstrap, corrected by Holm for the column).
        mark: `"best"`, `"level"` (p at least 0.05: not told apart from the best) or `"behind"`.
    """

    estimate: Estimate
    by_seed: tuple[float, ...] = ()
    p_value: float | None = None
    mark: Mark = ""

    @property
    def seed_deviation(self) -> float | None:
        """Standard deviation over seeds; None for one seed, or where the seed decides nothing.

        Example:
            >>> round(Score(Estimate(0.5), (0.4, 0.5, 0.6)).seed_deviation, 6)
            0.1
        """
        if len(self.by_seed) < 2:
            return None
        return statistics.stdev(self.by_seed)

    def __str__(self) -> str:
        deviation = self.seed_deviation
        text = str(self.estimate) + ("" if deviation is None else f" ±{deviation:.3f}")
        return f"{text} {SYMBOLS[self.mark]}".strip()


@dataclass(frozen=True)
class BoardRow:
    """One model, baseline or published number.

    Args:
        name: of the model.
        kind: `"model"`, `"baseline"`, `"published"` or `"limit"` (the best that is possible).
        scores: metric to score.
        parameters, train_seconds, predictions_per_second, joules: what it takes; seconds, speed and joules are means over seeds.
        seeds: how many runs stand behind the scores.
        missing: how many planned runs have no result.
        source, protocol: of a published number: where it stands, and how it was measured.
    """

    name: str
    kind: Literal["model", "baseline", "published", "limit"]
    scores: Mapping[str, Score]
    parameters: int | None = None
    train_seconds: float | None = None
    predictions_per_second: float | None = None
    joules: float | None = None
    seeds: int = 0
    missing: int = 0
    source: str = ""
    protocol: str = ""


@dataclass(frozen=True)
class Board:
    """All rows of one data set, best first; `metrics` are its columns, of which the first decided the order."""

    dataset: str
    about: str
    metrics: tuple[str, ...]
    rows: tuple[BoardRow, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    def title(self, name: str) -> str:
        """Return a column's title with its direction.

        Example:
            >>> Board("d", "", ("ece",), ()).title("ece")
            'Calibration error ↓'
        """
        return f"{metric(name).title} {'↑' if direction(name) == 'max' else '↓'}"


@dataclass(frozen=True)
class Leaderboard:
    """The boards of a suite; `facts` say how and where the runs were made."""

    name: str
    title: str
    about: str
    boards: tuple[Board, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
