"""One self-contained HTML report from plain results."""

from deepbio.report.result import Result
from deepbio.report.write import write_report

__all__ = ["Result", "write_report"]
