"""A leaderboard as plain text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable

from deepbio.report.board import Board, BoardRow, Leaderboard, Score

LEGEND = (
    "Scores are means over seeds with the interval for other examples in brackets and, after ±, the standard deviation over "
    "seeds. `*` is the best of the column; `=` is not told apart from it (paired bootstrap on the same resamples, p at "
    "least 0.05 after Holm's correction for the column); no mark is behind it. Seconds and speeds are of the machine below. "
    "Published numbers are their authors', by the protocol named, and were not made here. A limit is the best that any model "
    "could do, known where the data were made up."
)


def as_markdown(found: Leaderboard) -> str:
    """Return the leaderboard as Markdown: a table a data set, sources of published numbers below it."""
    lines = [f"# {found.title}", ""]
    lines += [found.about, ""] if found.about else []
    lines += [LEGEND, ""]
    for board in found.boards:
        lines += [f"## {board.dataset}", "", f"{board.about}. {_sizes(board)}".strip(), ""]
        header, rows = table(board)
        lines += [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
        lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
        lines += ["", *(f"- {note}" for note in notes(board))]
        lines += [""] if notes(board) else []
    lines += ["## How it was made", ""]
    lines += [f"- {name}: {text}" for name, text in found.facts.items()]
    lines += ["", f"Again: `deepbio benchmark {found.name}`, then `deepbio leaderboard {found.name}`."]
    return "\n".join(lines) + "\n"


def as_text(found: Leaderboard) -> str:
    """Return the leaderboard as aligned text for a terminal."""
    lines = [found.title, ""]
    for board in found.boards:
        header, rows = table(board)
        width = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
        lines += [f"{board.dataset}: {board.about}. {_sizes(board)}".strip()]
        lines += [
            "  " + "  ".join(cell.ljust(w) for cell, w in zip(row, width, strict=True)).rstrip()
            for row in [header, *rows]
        ]
        lines += [*(f"  {note}" for note in notes(board)), ""]
    lines += [LEGEND.replace("`", ""), "", *(f"{name}: {text}" for name, text in found.facts.items())]
    return "\n".join(lines) + "\n"


def as_csv(found: Leaderboard) -> str:
    """Return the leaderboard as CSV: one line a data set, model and metric, full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["suite", "dataset", "model", "kind", "metric", "value", "low", "high", "seed_deviation", "by_seed", "p_against_best",
         "mark", "seeds", "parameters", "train_seconds", "predictions_per_second", "joules", "source", "protocol"]
    )  # fmt: skip
    for board in found.boards:
        for row in board.rows:
            for name, score in row.scores.items():
                e = score.estimate
                numbers = [e.value, e.low, e.high, score.seed_deviation]
                cost = [row.parameters, row.train_seconds, row.predictions_per_second, row.joules]
                seeds = " ".join(f"{value:.6g}" for value in score.by_seed)
                writer.writerow(
                    [found.name, board.dataset, row.name, row.kind, name, *map(_number, numbers), seeds,
                     _number(score.p_value), score.mark, row.seeds or "", *map(_number, cost), row.source, row.protocol]
                )  # fmt: skip
    return text.getvalue()


def table(board: Board) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a board as text."""
    shown = [(title, give) for title, give in COSTS if any(give(row) for row in board.rows)]
    header = ["model", *(board.title(name) for name in board.metrics), *(title for title, _ in shown)]
    rows = [
        [_label(row), *(_cell(row, row.scores.get(name)) for name in board.metrics), *(give(row) for _, give in shown)]
        for row in board.rows
    ]
    return header, rows


def notes(board: Board) -> list[str]:
    """Say where published numbers are from, and what is missing."""
    found = [f"{row.name}: {row.source}. {row.protocol}." for row in board.rows if row.kind in ("published", "limit")]
    return found + [f"{row.name}: {row.missing} planned run(s) have no result." for row in board.rows if row.missing]


def _label(row: BoardRow) -> str:
    return row.name if row.kind == "model" else f"{row.name} ({row.kind})"


def _cell(row: BoardRow, score: Score | None) -> str:
    return "" if score is None else str(score)


COSTS: tuple[tuple[str, Callable[[BoardRow], str]], ...] = (
    ("seeds", lambda row: str(row.seeds or "")),
    ("parameters", lambda row: "" if row.parameters is None else f"{row.parameters:,}"),
    ("train s", lambda row: "" if row.train_seconds is None else f"{row.train_seconds:.1f}"),
    ("predictions/s", lambda row: "" if row.predictions_per_second is None else f"{row.predictions_per_second:,.0f}"),
    ("joules", lambda row: "" if row.joules is None else f"{row.joules:,.0f}"),
)


def _sizes(board: Board) -> str:
    return "; ".join(f"{count} {name}" for name, count in board.facts.items()) + ("." if board.facts else "")


def _number(value: float | None) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else f"{value:.6g}"
