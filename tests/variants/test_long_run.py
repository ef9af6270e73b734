"""A long run: constant memory, and the same bytes after it was killed five times."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "variants_long_run.py"


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_memory_stays_and_a_run_killed_five_times_gives_the_same_bytes(tmp_path):
    # the script exits with 1 if memory grows by 150 MiB or exceeds 2,000, the bytes differ or a record is missing
    run = [sys.executable, SCRIPT, "genes", "--folder", tmp_path]
    ended = subprocess.run(run, capture_output=True, text=True, check=False)
    print(ended.stdout)
    assert ended.returncode == 0, ended.stderr[-3000:]
