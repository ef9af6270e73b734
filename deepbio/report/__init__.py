"""Self-contained HTML pages from plain results, and leaderboards in four forms."""

from deepbio.report.leaderboard import Leaderboard, LeaderboardRow, LeaderboardTable, LeaderboardValue
from deepbio.report.result import Result
from deepbio.report.subgroups import Subgroup, input_columns, subgroups
from deepbio.report.write import leaderboard_as, write_report

__all__ = [
    "Leaderboard",
    "LeaderboardRow",
    "LeaderboardTable",
    "LeaderboardValue",
    "Result",
    "Subgroup",
    "input_columns",
    "leaderboard_as",
    "subgroups",
    "write_report",
]
