"""Check a data set (`deepbio datasets check`): its content and possible problems as numbers, text and a page."""

from deepbio.datasets.check.findings import DataReport, check_dataset
from deepbio.datasets.check.page import report_page

__all__ = ["DataReport", "check_dataset", "report_page"]
