import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.metrics import auroc
from deepbio.report import subgroups, write_report
from deepbio.report.worst import example_losses, worst_errors
from deepbio.specs import Task
from tests.report.report_cases import KINDS, example, result

BINARY = Task("binary", 1, ("benign", "malignant"))


def _uneven(n=400, seed=0):
    """A model that is good at site a and blind at site b."""
    rng = np.random.default_rng(seed)
    y, site = np.arange(n) % 2, np.repeat(["a", "b"], n // 2)
    score = rng.normal(size=n) + np.where(site == "a", 3.0, 0.0) * y
    return y, 1 / (1 + np.exp(1.5 - score)), site


def test_a_part_where_the_model_is_blind_is_significant():
    y, p, site = _uneven()
    rows = {one.value: one for one in subgroups(BINARY, y, p, {"site": site}, n_resamples=300)}
    assert rows["a"].estimate.value == pytest.approx(auroc(y[site == "a"], p[site == "a"]))
    assert rows["b"].gap.value == pytest.approx(-rows["a"].gap.value)
    assert rows["b"].gap.high < 0
    assert rows["b"].p_value < 0.05


def test_random_parts_are_seldom_significant():
    flags = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = np.arange(300) % 2
        p = 1 / (1 + np.exp(-(rng.normal(size=300) + y)))
        rows = subgroups(
            BINARY, y, p, {"coin": rng.integers(0, 3, 300), "other": rng.integers(0, 3, 300)}, n_resamples=300
        )
        flags += any(one.p_value < 0.05 for one in rows)
    assert flags <= 4  # the rate is 5%; more than 4 of 20 has a probability of 0.3%


def test_numbers_are_cut_at_their_quartiles_and_unknown_values_are_a_part():
    y, p, _ = _uneven()
    age = np.arange(400, dtype=float)
    age[:40] = np.nan
    rows = subgroups(BINARY, y, p, {"age": age}, n_resamples=20)
    assert [one.examples for one in rows] == [90, 90, 90, 90, 40]
    assert rows[-1].value == "unknown"
    assert rows[0].value == "40 to 129.8"


def test_small_parts_are_left_out_and_columns_of_another_length_refused():
    y, p, _ = _uneven()
    site = np.array(["rare"] * 9 + ["usual"] * 391, dtype=object)
    assert [one.value for one in subgroups(BINARY, y, p, {"site": site}, n_resamples=20)] == ["usual"]
    with pytest.raises(DataError, match="expected 400"):
        subgroups(BINARY, y, p, {"site": site[:5]})


def test_a_part_of_one_class_is_undefined_and_not_an_error():
    y, p, _ = _uneven()
    rows = subgroups(BINARY, y, p, {"truth": y}, n_resamples=20)
    assert all(np.isnan(one.estimate.value) and one.p_value is None for one in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_task_has_parts_and_worst_errors(kind, tmp_path):
    n = len(example(kind)[1])
    one = result(kind, columns={"sex": np.array(["f", "m"] * (n // 2))}, ids=np.array([f"case {i}" for i in range(n)]))
    page = write_report([one], tmp_path / "r.html", title="t", worst=3).read_text()
    assert "Parts of the data" in page
    assert "gap to the rest" in page
    assert ("case " in page) == (kind != "profile")


def test_examples_are_named_only_on_request(tmp_path):
    one = result(ids=np.array([f"patient-{i}" for i in range(60)]), columns={"sex": np.array(["f", "m"] * 30)})
    assert "patient-" not in write_report([one], tmp_path / "r.html", title="t").read_text()


def test_the_worst_errors_are_those_of_the_highest_loss():
    one = result(ids=np.array([f"case {i}" for i in range(60)]))
    p = np.full((60, 1), 0.5)
    p[7], p[8] = 0.01, 0.999  # y is 1 and 0 there
    found = worst_errors(type(one)(**{**vars(one), "p": p}), 3)
    assert [error.name for error in found[:2]] == ["case 8", "case 7"]
    assert (found[0].truth, found[0].prediction) == ("benign", "malignant (0.999)")
    assert found[0].loss == pytest.approx(-np.log(0.001))


def test_unknown_labels_do_not_count_in_a_loss():
    y = np.array([[1.0, np.nan], [np.nan, 0.0]])
    np.testing.assert_allclose(example_losses(Task("multilabel", 2), y, np.full((2, 2), 0.25)), -np.log([0.25, 0.75]))
