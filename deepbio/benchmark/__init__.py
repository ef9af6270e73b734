"""Baselines, cross-validation, and the demo that trains every family of model (`deepbio.benchmark.demo`)."""

from deepbio.benchmark.baselines import BASELINES, baseline
from deepbio.benchmark.cross_validation import cross_validate, fit_inside, joined

__all__ = ["BASELINES", "baseline", "cross_validate", "fit_inside", "joined"]
