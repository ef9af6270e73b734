"""What the lessons print, against facts from outside. `make course` runs them and sets DEEPBIO_COURSE to the folder of outputs."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deepbio.course import lesson

pytestmark = pytest.mark.course


@functools.cache
def printed(number):
    found = lesson(number)
    if folder := os.environ.get("DEEPBIO_COURSE"):
        cells = json.loads(Path(folder, f"{found.path.stem}.ipynb").read_text(encoding="utf-8"))["cells"]
        outputs = [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]
        return "".join("".join(output["text"]) for output in outputs if output.get("name") == "stdout")
    environment = os.environ | {"MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    run = subprocess.run([sys.executable, found.path], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


def value(number, pattern):
    match = re.search(pattern, printed(number))
    assert match, f"lesson {number} does not print {pattern!r}:\n{printed(number)}"
    return float(match[1].replace(",", ""))


def test_2_corrections_respect_the_bound_of_novikoff():
    made = value(2, r"there were (\d+)")
    assert made <= value(2, r"widest margin .* at most ([\d,]+)") < value(2, r"perceptron .* at most ([\d,]+)")


def test_2_a_line_gets_at_most_three_corners_of_xor_and_a_hidden_layer_all_four():
    assert 0.5 <= value(2, r"perceptron\s+accuracy ([\d.]+)") <= 0.75
    assert value(2, r"mlp\s+accuracy ([\d.]+)") == 1.0


def test_3_seven_of_ten_is_most_likely_at_seven_tenths():
    assert value(3, r"largest at p = ([\d.]+)") == 0.7


def test_3_descent_starts_at_ln_2_and_three_implementations_agree():
    assert value(3, r"at the start: ([\d.]+)") == 0.6931  # ln 2
    assert value(3, r"steps by hand: ([\d.]+)") < 0.1
    accuracies = [value(3, rf"{name}\s+accuracy ([\d.]+)") for name in ("by hand", "deepbio", "scikit-learn")]
    # Street et al. 1993 report 97% by cross-validation with a linear separation in three features
    assert max(accuracies) - min(accuracies) <= 0.02
    assert min(accuracies) >= 0.95


def test_4_gradients_equal_automatic_differentiation_to_1e_10():
    assert value(4, r"automatic differentiation: (\S+)") < 1e-10
    assert value(4, r"smallest error (\S+)") < 1e-8
