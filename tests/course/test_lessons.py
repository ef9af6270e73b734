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
    match = re.search(pattern, printed(number), flags=re.M)
    assert match, f"lesson {number} does not print {pattern!r}:\n{printed(number)}"
    return float(match[1].replace(",", ""))


def test_1_the_note_is_of_kawasaki_disease_and_the_question_of_1978_has_its_answer():
    assert value(1, r"([\d.]+)%  Kawasaki disease") > 90
    assert value(1, r"question of 1978: ([\d.]+)") == 0.020  # Casscells et al. 1978: about 2%


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


def test_5_two_matrix_products_equal_keras_and_depth_without_activation_stays_a_line():
    assert value(5, r"largest difference from Keras: (\S+)") < 1e-4
    line, linear, deep = (
        value(5, rf"{name}\s+([\d.]+)") for name in ("one layer", "no activation", "three hidden layers, relu")
    )
    assert abs(line - linear) < 0.03  # the same function class
    assert deep > 0.97


def test_6_the_gap_between_mlp_and_cnn_has_an_interval_above_zero():
    gap = re.search(r"shift gap ([\d.]+) \[([\d.]+), ([\d.]+)\]", printed(6))
    assert gap
    low, high = float(gap[2]), float(gap[3])
    assert 0.5 < low < float(gap[1]) < high < 1


def test_7_alexnet_has_the_weights_of_the_article():
    # Krizhevsky et al. 2012: "60 million parameters"; layer by layer, 60,965,224
    assert printed(7).count("60,965,224") == 2
    assert "equals the model: True" in printed(7)
    assert value(7, r"sum\s+60,965,224\s+([\d,]+)") == 724_406_816


def test_8_shifts_in_training_help_on_digits_that_moved():
    plain, shifted = (value(8, rf"^mlp{name} +centred .* moved ([\d.]+)") for name in ("", ", shifts"))
    assert shifted > plain + 0.3


def test_9_the_attack_beats_random_signs_of_the_same_size_and_training_helps():
    rows = re.findall(r"epsilon +(\d+)/255: attacked ([\d.]+) .*random signs ([\d.]+)", printed(9))
    attacked, control = ({int(row[0]): float(row[k]) for row in rows} for k in (1, 2))
    assert control[32] > 0.9 > 0.3 > attacked[32]
    assert attacked[64] < 0.05  # an attack of a quarter of the range must break nearly everything, or it is too weak
    assert value(9, r"hardened network: ([\d.]+)") > 0.95
    assert value(9, r"careful .* rate ([\d.]+)") < 0.7  # Kurakin et al. 2017: most examples survive printing


def test_10_the_lstm_names_kawasaki_disease_but_does_not_understand_no():
    assert value(10, r"^ *([\d.]+)%  Kawasaki disease") > 50
    assert value(10, r"^LSTM .*everything negated: ([\d.]+)") > 0.5
    assert value(10, r"^findings with context .*everything negated: ([\d.]+)") < 0.01


def test_11_introns_begin_with_gt_and_end_with_ag_and_the_network_finds_the_donor():
    # Burset et al. 2000: 98.71% of mammalian introns are GT-AG
    assert value(11, r"donors with GT: ([\d.]+)") == pytest.approx(0.987, abs=0.01)
    assert value(11, r"acceptors with AG: ([\d.]+)") == pytest.approx(0.987, abs=0.01)
    # Stephens and Schneider 1992, doi:10.1016/0022-2836(92)90320-J: 7.9 bits in human donors, 9.4 in acceptors
    assert value(11, r"donor: ([\d.]+) bits") == pytest.approx(7.9, abs=2.1)
    assert value(11, r"acceptor: ([\d.]+) bits") == pytest.approx(9.4, abs=2.1)
    assert "donor site: CAGGTAAGT" in printed(11)  # complementary to the end of U1 snRNA, ACUUACCUG
    assert value(11, r"correlation ([\d.]+)") > 0.85
    assert value(11, r"worst substitution: . to . at position (\d+)") in (31, 32)


def test_12_two_devices_compute_the_same_training():
    assert value(12, r"difference of the losses: (\S+)") < 1e-5
    assert value(12, r"weighted mean: (\S+)") < 1e-5 < 1e-2 < value(12, r"plain mean: +(\S+)")


def test_13_intervals_keep_their_promise_and_leakage_shows():
    # Brown, Cai and DasGupta 2001: the textbook's interval covers far less than 95% near 1, Wilson's about 95% on average
    assert value(13, r"Wilson +mean coverage ([\d.]+)") == pytest.approx(0.95, abs=0.01)
    assert value(13, r"textbook .* at an accuracy of 0.98: ([\d.]+)") < 0.8
    assert value(13, r"images split at random: ([\d.]+)") > 0.95
    assert value(13, r"patients split at random: ([\d.]+)") == pytest.approx(0.5, abs=0.06)
    assert value(13, r"^calibrated .* ECE ([\d.]+)") < value(13, r"^as trained .* ECE ([\d.]+)") / 2
