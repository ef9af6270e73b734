"""A suite of seconds, for real processes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

BASELINES_ONLY = """
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


def write_suite(folder, text=BASELINES_ONLY, name="small"):
    file = folder / f"{name}.yaml"
    file.write_text(text)
    return file


def start(suite, out, *options):
    """Start `deepbio benchmark` as a user does, in a process group of its own."""
    command = [sys.executable, "-m", "deepbio", "benchmark", str(suite), "--out", str(out), *options]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def done(stderr):
    """Return the keys of the cells that a process says it computed."""
    return [line.split()[-1] for line in stderr.splitlines() if " done " in line and "/" in line]
