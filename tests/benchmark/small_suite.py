"""A suite of seconds, for real processes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SMALL = """
title: Small
seeds: 3
baselines: [majority, logistic_regression, random_forest]
datasets:
  - name: xor
    metrics: [auroc, log_loss]
    models: [mlp]
  - name: ecoli_promoters
    metrics: [auroc, accuracy]
    models: [mlp]
    baselines: [majority, kmer_logistic_regression, random_forest]
"""


def write_suite(folder, text=SMALL, name="small"):
    file = folder / f"{name}.yaml"
    file.write_text(text)
    return file


def start(suite, out, *options):
    """Start `deepbio benchmark` as a user does, in a process group of its own."""
    command = [sys.executable, "-m", "deepbio", "benchmark", str(suite), "--out", str(out), *map(str, options)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
