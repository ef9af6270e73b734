"""A leaderboard as one self-contained HTML page, and the choice among its four forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from deepbio.errors import DataError, nearest
from deepbio.report.board import Board, BoardRow, Leaderboard, Score
from deepbio.report.board_text import COSTS, LEGEND, as_csv, as_markdown, as_text, notes
from deepbio.report.templates_of import templates

_FORMS = ("text", "markdown", "csv", "html")


def leaderboard_as(found: Leaderboard, form: Literal["text", "markdown", "csv", "html"]) -> str:
    """Return a leaderboard as aligned text, Markdown, CSV (full precision) or a self-contained HTML page.

    Raises:
        DataError: an unknown form.
    """
    if form not in _FORMS:
        raise DataError(f"Unknown form {form!r}. {nearest(str(form), _FORMS)}")
    if form == "html":
        return as_html(found)
    return {"text": as_text, "markdown": as_markdown, "csv": as_csv}[form](found)


@dataclass(frozen=True)
class _Section:
    """One board, ready for the template."""

    anchor: str
    board: Board
    columns: list[tuple[str, str]]
    cost_names: list[str]
    rows: list[dict[str, Any]]
    picture: Markup
    alt: str
    notes: list[str]


def as_html(found: Leaderboard) -> str:
    """Return a leaderboard as one HTML page without outside requests: light and dark, wide and narrow."""
    sections = [_section(board, f"b{number}") for number, board in enumerate(found.boards, start=1)]
    legend = LEGEND.replace("`*`", "★").replace("`=`", "=")
    return templates().get_template("leaderboard.html").render(found=found, sections=sections, legend=legend)


def _section(board: Board, anchor: str) -> _Section:
    from deepbio.report.board_figure import draw_board
    from deepbio.report.drawing import to_svg

    costs = [(title, give) for title, give in COSTS if any(give(row) for row in board.rows)]
    alt = f"{board.title(board.metrics[0])}. " + "; ".join(
        f"{row.name}: {row.scores[board.metrics[0]].estimate}" for row in board.rows if board.metrics[0] in row.scores
    )
    figure = draw_board(board)
    return _Section(
        anchor=anchor,
        board=board,
        columns=[(board.title(name)[:-2], board.title(name)[-1]) for name in board.metrics],
        cost_names=[title for title, _ in costs],
        rows=[_row(board, row, [give(row) for _, give in costs]) for row in board.rows],
        picture=Markup() if figure is None else to_svg(figure, name=anchor, alt=alt),
        alt=alt,
        notes=notes(board),
    )


def _row(board: Board, row: BoardRow, costs: list[str]) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": "" if row.kind == "model" else row.kind,
        "scores": [_score(row.scores.get(name)) for name in board.metrics],
        "costs": costs,
    }


def _score(score: Score | None) -> dict[str, str]:
    if score is None:
        return {"value": "", "interval": "", "mark": "", "why": ""}
    value, _, interval = str(score.estimate).partition(" ")
    deviation = score.seed_deviation
    interval += "" if deviation is None else f" ±{deviation:.3f}"
    why = {"best": "best", "level": "not told apart from the best"}.get(score.mark, "")
    return {"value": value, "interval": interval.strip(), "mark": score.mark, "why": why}
