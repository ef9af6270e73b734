"""Baselines, and the demo that trains every family of model."""

from deepbio.benchmark.baselines import BASELINES, baseline
from deepbio.benchmark.demo import DEMO, run_demo

__all__ = ["BASELINES", "DEMO", "baseline", "run_demo"]
