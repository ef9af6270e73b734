import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from deepbio.benchmark import leaderboard, read_suite
from deepbio.benchmark.store import Store
from deepbio.errors import DataError
from deepbio.metrics import auroc, holm, paired_bootstrap, summarize
from deepbio.report import leaderboard_as
from deepbio.specs import Task
from tests.benchmark.small_suite import write_suite

TEXT = """
title: Synthetic
seeds: 3
baselines: [majority]
datasets:
  - name: xor
    metrics: [auroc, accuracy]
    models: [mlp, logistic, perceptron]
    published:
      - {name: A paper, metrics: {auroc: 0.9}, source: "doi:10.0/0", protocol: "5-fold | cross-validation"}
"""
SKILL = {"mlp": 2.0, "logistic": 1.95, "perceptron": 0.4}


def _predictions(run, y):
    """Return predictions of a model of known skill, which depend a little on the seed."""
    if run.baseline:
        return np.full(len(y), 0.5)
    noise = np.random.default_rng(0).normal(size=len(y))
    own = np.random.default_rng([run.seed, len(run.model)]).normal(size=len(y))
    return 1 / (1 + np.exp(-(SKILL[run.model] * (y - 0.5) + noise + 0.2 * own)))


def _result(run, fingerprint="f" * 64):
    return {
        "dataset": {"name": "xor", "fingerprint": fingerprint},
        "task": {"kind": "binary", "outputs": 1, "labels": []},
        "split": {"name": "test", "examples": 200, "training examples": 400},
        "threads": 1,
        "cost": {
            "parameters": 7,
            "train seconds": 1.0 + run.seed,
            "seconds": 3.0,
            "predictions per second": 10.0,
            "joules": None,
        },
        "versions": {"deepbio": "0"},
        "machine": {"processor": "a processor", "device": "CPU"},
        "git": None,
    }


@pytest.fixture
def suite(tmp_path):
    return read_suite(write_suite(tmp_path, TEXT, "synthetic"))


@pytest.fixture
def filled(suite, tmp_path):
    store, y = Store(tmp_path / "out"), np.arange(200) % 2
    for run in suite.runs():
        store.write(run, _result(run), {"y": y, "p": _predictions(run, y)})
    return store


def _row(found, name):
    return next(row for row in found.tables[0].rows if row.name == name)


def test_rows_are_ordered_from_the_best_with_published_numbers_last(suite, filled):
    names = [row.name for row in leaderboard(suite, filled.folder, n_resamples=50).tables[0].rows]
    assert names[2:] == ["perceptron", "majority", "A paper"]


def test_a_value_is_the_mean_over_seeds_and_its_two_spreads_are_separate(suite, filled):
    value = _row(leaderboard(suite, filled.folder, n_resamples=50), "mlp").values["auroc"]
    y = np.arange(200) % 2
    by_seed = [auroc(y, _predictions(run, y)) for run in suite.runs() if run.model == "mlp"]
    assert value.by_seed == pytest.approx(by_seed)
    assert value.estimate.value == pytest.approx(np.mean(by_seed))
    assert value.seed_std == pytest.approx(np.std(by_seed, ddof=1))
    assert (value.estimate.high - value.estimate.low) / 4 > 2 * value.seed_std


def test_with_one_seed_interval_and_p_value_are_those_of_summarize_and_the_paired_bootstrap(suite, filled):
    found = leaderboard(suite.with_seeds(1), filled.folder, n_resamples=300)
    y, p = np.arange(200) % 2, {r.model: _predictions(r, np.arange(200) % 2) for r in suite.with_seeds(1).runs()}
    expected = summarize(Task("binary", 1), y, p["mlp"], metrics=["auroc"], n_resamples=300)["auroc"]
    values = {name: _row(found, name).values["auroc"] for name in p}
    assert values["mlp"].estimate == expected
    best = max(values, key=lambda name: values[name].estimate.value)
    others = [name for name in values if name != best]
    raw = [paired_bootstrap(auroc, y, p[best], p[name], n_resamples=300, strata=y).p_value for name in others]
    assert [values[name].p_value for name in others] == pytest.approx(list(holm(raw)))


def test_marks_say_who_is_tied_with_the_best(suite, filled):
    found = leaderboard(suite, filled.folder, n_resamples=500)
    marks = {row.name: row.values["auroc"].mark for row in found.tables[0].rows}
    assert sorted([marks["mlp"], marks["logistic"]]) == ["best", "tied"]
    assert marks["perceptron"] == marks["majority"] == "behind"
    assert marks["A paper"] == ""


def test_missing_runs_are_counted_and_a_suite_without_any_is_refused(suite, filled):
    for run in suite.runs():
        if run.model == "mlp" and run.seed > 0:
            filled.path(run).unlink()
    row = _row(leaderboard(suite, filled.folder, n_resamples=20), "mlp")
    assert (row.seeds, row.missing) == (1, 2)
    assert "mlp: 2 planned run(s) have no result." in leaderboard_as(
        leaderboard(suite, filled.folder, n_resamples=20), "text"
    )
    with pytest.raises(DataError, match="deepbio benchmark synthetic"):
        leaderboard(suite, filled.folder / "nowhere")


def test_results_of_two_versions_of_the_data_are_not_compared(suite, filled):
    run = next(suite.runs())
    filled.write(run, _result(run, "e" * 64), {"y": np.zeros(2), "p": np.zeros(2)})
    with pytest.raises(DataError, match="2 versions of the data"):
        leaderboard(suite, filled.folder)


def test_a_result_without_its_predictions_is_an_error_that_says_what_to_do(suite, filled):
    filled.path(next(suite.runs()), "npz").unlink()
    with pytest.raises(DataError, match=r"run `deepbio benchmark` again"):
        leaderboard(suite, filled.folder)


def test_groups_are_the_units_of_the_intervals(suite, filled):
    y = np.arange(200) % 2
    groups = np.arange(200) // 20
    for run in suite.runs():
        filled.write(run, _result(run), {"y": y, "p": _predictions(run, y), "groups": groups})
    found = leaderboard(suite.with_seeds(1), filled.folder, n_resamples=200)
    p = _predictions(next(suite.runs()), y)
    expected = summarize(Task("binary", 1), y, p, metrics=["auroc"], n_resamples=200, groups=groups)["auroc"]
    assert _row(found, "mlp").values["auroc"].estimate == expected


def test_few_groups_leave_no_interval_and_no_comparison(suite, filled):
    y = np.arange(200) % 2
    for run in suite.runs():
        filled.write(run, _result(run), {"y": y, "p": _predictions(run, y), "groups": np.arange(200) // 100})
    for name in ("mlp", "majority"):
        found = _row(leaderboard(suite, filled.folder, n_resamples=50), name).values["auroc"]
        assert (found.estimate.reason, found.p_value, found.mark) == ("2 groups, 10 needed", None, "")


def test_every_form_has_every_row_and_the_source_of_published_numbers(suite, filled):
    found = leaderboard(suite, filled.folder, n_resamples=50)
    for form in ("text", "markdown", "csv", "html"):
        text = leaderboard_as(found, form).replace("<wbr>", "")
        for word in ("mlp", "perceptron", "majority", "A paper", "doi:10.0/0", "cross-validation"):
            assert word in text, (form, word)
    with pytest.raises(DataError, match="Did you mean markdown"):
        leaderboard_as(found, "markdwn")


def test_a_limit_is_below_the_models_and_labelled(tmp_path, filled):
    text = (
        TEXT
        + '      - {name: Bayes, kind: limit, metrics: {auroc: 0.95}, source: "the generator", protocol: same notes}\n'
    )
    suite = read_suite(write_suite(tmp_path, text, "synthetic"))
    rows = leaderboard(suite, filled.folder, n_resamples=20).tables[0].rows
    assert [row.kind for row in rows[-2:]] == ["limit", "published"]
    assert "Bayes (limit)" in leaderboard_as(leaderboard(suite, filled.folder, n_resamples=20), "markdown")


def test_markdown_tables_are_rectangular(suite, filled):
    lines = leaderboard_as(leaderboard(suite, filled.folder, n_resamples=50), "markdown").splitlines()
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1


def test_csv_has_full_precision_and_one_line_per_value(suite, filled):
    found = leaderboard(suite, filled.folder, n_resamples=50)
    rows = list(csv.DictReader(io.StringIO(leaderboard_as(found, "csv"))))
    assert len(rows) == 4 * 2 + 1
    row = next(row for row in rows if row["model"] == "mlp" and row["metric"] == "auroc")
    assert float(row["value"]) == pytest.approx(_row(found, "mlp").values["auroc"].estimate.value, rel=1e-5)
    assert len(row["by_seed"].split()) == 3


def test_the_page_asks_nothing_of_the_network_and_escapes_names(suite, filled):
    found = leaderboard(suite, filled.folder, n_resamples=50)
    found = replace(found, title="<script>alert(1)</script>")
    page = leaderboard_as(found, "html")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
