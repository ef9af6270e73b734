"""Diagnosis from a note: ranked diseases, words for and against, recognised findings. For research and teaching only."""

from deepbio.diagnosis.diagnose import diagnose
from deepbio.diagnosis.diagnosis import BANNER, Candidate, Diagnosis, WordWeight
from deepbio.diagnosis.priors import prior_factors, read_prior
from deepbio.text.findings import FoundTerm, TermFinder

__all__ = [
    "BANNER",
    "Candidate",
    "Diagnosis",
    "FoundTerm",
    "TermFinder",
    "WordWeight",
    "diagnose",
    "prior_factors",
    "read_prior",
]
