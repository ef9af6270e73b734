"""Intervals where few units stand behind a metric. The cases of `tests/data/cases/metrics` were made for these tests."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from deepbio.datasets import Dataset
from deepbio.metrics import METRICS, delong_variance, summarize
from deepbio.metrics.intervals import wilson
from deepbio.metrics.jackknife import jackknife
from deepbio.specs import Task

CASES = Path(__file__).parents[1] / "data" / "cases" / "metrics"
ROWS = json.loads((CASES / "intervals.json").read_text())


def _case(row):
    n, sizes = len(row["class_sizes"]), row["class_sizes"]
    y = np.repeat(np.arange(n), sizes)
    given = y.copy()
    for k, (start, wrong) in enumerate(zip(np.cumsum([0, *sizes[:-1]]), row["wrong_by_class"], strict=True)):
        given[start : start + wrong] = (k + 1) % n
    p = np.full((len(y), n), 0.1 / (n - 1))
    p[np.arange(len(y)), given] = 0.9
    return Task("multiclass", n), y, p


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_interval_of_accuracy_is_near_the_exact_binomial_one_whatever_the_smallest_class(row):
    found = summarize(*_case(row), metrics=["accuracy"])["accuracy"]
    exact = binomtest(row["right"], row["of"]).proportion_ci(method="exact")
    assert [found.low, found.high] == pytest.approx(row["exact_binomial"], abs=0.03)
    assert [found.low, found.high] == pytest.approx([exact.low, exact.high], abs=0.03)


def test_a_class_of_two_does_not_widen_metrics_that_count_examples():
    found = summarize(*_case(ROWS[0]), metrics=["mcc", "log_loss"])
    assert [found["mcc"].low, found["mcc"].high] == pytest.approx([0.76, 0.90], abs=0.03)
    assert [found["log_loss"].low, found["log_loss"].high] == pytest.approx([0.26, 0.48], abs=0.03)


@pytest.mark.parametrize("row", [row for row in ROWS if min(row["class_sizes"]) < 5], ids=lambda row: row["name"])
def test_metrics_that_count_each_class_say_which_class_is_too_small(row):
    names = ["balanced_accuracy", "macro_f1", "macro_auroc", "macro_auprc"]
    for one in summarize(*_case(row), metrics=names).values():
        assert np.isnan([one.low, one.high]).all()
        assert one.reason.startswith("class 2 has ")
        assert "no interval: class 2 has" in str(one)


def test_no_loss_has_an_interval_of_no_width_where_all_examples_are_right():
    for one in summarize(*_case(ROWS[3]), metrics=["log_loss", "brier", "ece"]).values():
        assert one.reason == "no example is predicted wrongly"


def test_one_class_given_to_all_examples_is_told_and_not_an_interval():
    y = np.repeat([0, 1], [30, 20])
    found = summarize(Task("binary", 1), y, np.full(50, 0.3), metrics=["mcc", "kappa", "auroc", "accuracy"])
    assert found["mcc"].reason == found["kappa"].reason == "all examples are given one class"
    assert found["auroc"].reason == "all scores are equal"
    exact = binomtest(30, 50).proportion_ci(method="wilson")
    assert (found["accuracy"].low, found["accuracy"].high) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("kind", ["binary", "regression"])
@pytest.mark.parametrize("many", [1, 2, 9])
def test_few_groups_give_no_interval_but_the_reason(kind, many):
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 60), rng.random(60)
    names = [name for name, one in METRICS.items() if kind in one.kinds]
    found = summarize(Task(kind, 1), y, p, metrics=names, groups=np.arange(60) % many)
    assert [one.reason for one in found.values()] == [
        "one group" if many == 1 else f"{many} groups, {METRICS[name].min_groups} needed" for name in names
    ]
    assert all(np.isnan([one.low, one.high]).all() for one in found.values())


def test_ten_groups_give_an_interval_at_least_as_wide_as_that_of_the_examples():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    p = np.clip(0.5 + 0.2 * (2 * y - 1) + 0.3 * rng.normal(size=200), 0, 1)
    apart, together = (summarize(Task("binary", 1), y, p, groups=each) for each in (None, np.arange(200) % 10))
    for name in ("accuracy", "auroc", "mcc", "log_loss"):
        assert together[name].low <= apart[name].low, name
        assert together[name].high >= apart[name].high, name


def test_a_bootstrap_of_groups_is_no_narrower_than_that_of_examples():
    rng = np.random.default_rng(0)
    y, name = rng.integers(0, 2, 400), "sensitivity_at_95_specificity"
    p = np.clip(0.5 + 0.1 * (2 * y - 1) + 0.2 * rng.normal(size=400), 0, 1)
    for seed in range(5):
        groups = np.random.default_rng(seed).integers(0, 60, 400)
        apart, together = (
            summarize(Task("binary", 1), y, p, metrics=[name], groups=each)[name] for each in (None, groups)
        )
        assert together.low <= apart.low + 1e-12
        assert together.high >= apart.high - 1e-12


def test_a_class_in_few_groups_is_told():
    y, groups = np.repeat([0, 1], [90, 10]), np.arange(100) // 5  # the ten positives lie in two of twenty groups
    p = np.linspace(0, 1, 100)
    found = summarize(Task("binary", 1), y, p, metrics=["auroc", "f1"], groups=groups)
    assert found["auroc"].reason == found["f1"].reason == "class 1 has 2 groups, 5 needed"


def test_a_rare_label_among_many_does_not_take_the_macro_interval_away():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (60, 14)).astype(float)
    y[:, 3] = np.arange(60) < 2
    found = summarize(Task("multilabel", 14), y, rng.random((60, 14)), metrics=["macro_auroc"])["macro_auroc"]
    assert found.low < found.value < found.high


def test_wilson_is_that_of_scipy():
    for right, n in ((185, 202), (0, 20), (20, 20), (5, 50)):
        exact = binomtest(right, n).proportion_ci(method="wilson")
        found = wilson(right / n, 0.0, n)
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_one_error_of_fifty_has_the_limit_of_a_rare_event():
    # Brown, Cai and DasGupta 2001, equation 10: the chance of no error, exp(-50 * 0.001026), is 0.95.
    found = wilson(49 / 50, 0.0, 50)
    assert 1 - found.high == pytest.approx(0.0512933 / 50, rel=1e-5)
    assert found.low == pytest.approx(binomtest(49, 50).proportion_ci(method="wilson").low)


def test_few_perfectly_ranked_examples_have_an_interval_of_auroc():
    # Newcombe 2006, doi:10.1002/sim.2324, method 5: the lower end solves 1 = area + z * error(area).
    found = summarize(Task("binary", 1), np.repeat([0, 1], 10), np.arange(20) / 20, metrics=["auroc"])["auroc"]
    area = found.low
    spread = area * (1 - area) * (1 + 9 * ((1 - area) / (2 - area) + area / (1 + area))) / 100
    assert area + 1.959964 * spread**0.5 == pytest.approx(1.0, abs=1e-6)
    assert 0.75 < area < 0.85
    assert found.high == 1.0


def test_the_jackknife_of_auroc_is_delongs_variance():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 40])
    p = rng.normal(size=100) + y
    found = jackknife(lambda w: METRICS["auroc"].function(y, p, weights=w), None, y, n=100)
    assert found.variance == pytest.approx(delong_variance(y, p), rel=0.001)


def test_grades_from_a_table_stand_in_the_order_of_numbers():
    # 0.906: scikit-learn's cohen_kappa_score(true, predicted, weights="quadratic") on the grades.
    with (CASES / "gleason_predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    labels = Dataset.from_csv(CASES / "gleason.csv", label="gleason").labels
    y, given = (np.array([labels.index(row[side]) for row in rows]) for side in ("true", "predicted"))
    task = Task("multiclass", len(labels), labels=labels)
    found = summarize(task, y, np.eye(len(labels))[given], metrics=["quadratic_kappa"], n_resamples=0)
    assert found["quadratic_kappa"].value == pytest.approx(0.906, abs=0.0005)


@pytest.mark.parametrize("name", ["rmse", "mae", "r2"])
def test_losses_that_few_groups_dominate_need_fifteen(name):
    rng = np.random.default_rng(0)
    y = rng.normal(size=100)
    p = y + rng.normal(size=100)
    ten, more = (
        summarize(Task("regression", 1), y, p, metrics=[name], groups=np.arange(100) % n)[name] for n in (10, 15)
    )
    assert ten.reason == "10 groups, 15 needed"
    assert more.low < more.value < more.high


def test_the_interval_reaches_further_to_the_side_of_the_one_bad_group():
    # Eleven groups have 2 errors of 50, one has 20: Student's t of the logit reaches 0.06 below 0.93, as a bad group were no surprise.
    y, groups = np.zeros(600, int), np.arange(600) // 50
    wrong = (np.arange(600) % 50) < np.where(groups == 5, 20, 2)
    y[::2] = 1
    p = np.where(wrong, 1 - y, y).astype(float)
    apart, together = (summarize(Task("binary", 1), y, p, metrics=["accuracy"], groups=each) for each in (None, groups))
    found = together["accuracy"]
    assert found.value == pytest.approx(0.93)
    assert found.low < apart["accuracy"].low
    assert found.value - found.low > 2 * (found.high - found.value)


@pytest.mark.parametrize(("name", "least"), [("quadratic_kappa", 0.92), ("mcc", 0.92)])
def test_agreement_on_twenty_examples_is_covered(name, least):
    # The truth: classes of 8, 8 and 4, of which three tenths are wrong, either other class alike. 200 draws, standard error 0.015.
    sizes, hits = np.array([8, 8, 4]), 0
    rates = 0.7 * np.eye(3) + 0.15 * (1 - np.eye(3))
    cells = np.argwhere(rates)
    truth = METRICS[name].function(cells[:, 0], np.eye(3)[cells[:, 1]], weights=(sizes[:, None] * rates).reshape(1, -1))
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = np.repeat(np.arange(3), sizes)
        p = np.eye(3)[[rng.choice(3, p=rates[k]) for k in y]]
        found = summarize(Task("multiclass", 3), y, p, metrics=[name], n_resamples=250, seed=seed)[name]
        hits += found.low <= truth[0] <= found.high
    assert hits / 200 >= least


def test_the_interval_of_pearson_is_hardly_wider_than_fishers():
    # Fisher's z, exact for normal data: 20 examples, mean over 100 samples.
    widths, exact = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=20)
        found = summarize(Task("regression", 1), y, y + rng.normal(size=20), metrics=["pearson"])["pearson"]
        ends = np.tanh(np.arctanh(found.value) + np.array([-1, 1]) * 1.96 / np.sqrt(17))
        widths.append(found.high - found.low)
        exact.append(ends[1] - ends[0])
    assert 1 < np.mean(widths) / np.mean(exact) < 1.15


def test_auprc_of_five_positives_of_a_thousand_is_covered():
    # The truth, 0.0240, is the AUPRC of 2,000,000 examples, 0.5% of them positive, whose scores are higher by 1.0488. 150 draws: the
    # jackknife alone holds it in 82%.
    truth, y, hits = 0.0240, np.repeat([0, 1], [995, 5]), 0
    for seed in range(150):
        p = np.random.default_rng(seed).normal(size=1000) + 1.0488 * y
        found = summarize(Task("binary", 1), y, p, metrics=["auprc"], n_resamples=200)["auprc"]
        hits += found.low <= truth <= found.high
    assert 0.92 <= hits / 150 < 1


def test_macro_auprc_of_labels_with_few_positives_has_no_interval():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (300, 4)).astype(float), rng.random((300, 4))
    task = Task("multilabel", 4)
    enough = summarize(task, y, p, metrics=["macro_auprc"])["macro_auprc"]
    assert enough.low < enough.value < enough.high
    y[:, 1] = np.arange(300) < 12
    assert (
        summarize(task, y, p, metrics=["macro_auprc"])["macro_auprc"].reason
        == "12 examples of a class or label, 100 needed"
    )
