"""Self-contained HTML pages from plain results, and leaderboards in four forms."""

from deepbio.report.board import Board, BoardRow, Leaderboard, Score
from deepbio.report.board_page import leaderboard_as
from deepbio.report.columns import input_columns
from deepbio.report.result import Result
from deepbio.report.subgroups import Subgroup, subgroups
from deepbio.report.write import write_report

__all__ = [
    "Board",
    "BoardRow",
    "Leaderboard",
    "Result",
    "Score",
    "Subgroup",
    "input_columns",
    "leaderboard_as",
    "subgroups",
    "write_report",
]
