"""Diagnosis from a note: ranked diseases, words for and against, recognised findings. For research and teaching only."""

from deepbio.diagnosis.diagnose import diagnose
from deepbio.diagnosis.diagnosis import BANNER, Candidate, Diagnosis, WordWeight
from deepbio.text.findings import FoundTerm, TermFinder

__all__ = ["BANNER", "Candidate", "Diagnosis", "FoundTerm", "TermFinder", "WordWeight", "diagnose"]
