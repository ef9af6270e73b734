import numpy as np
import pytest

from deepbio.benchmark import leaderboard, read_suite, run_suite
from deepbio.benchmark.baselines import fit_baseline
from deepbio.datasets import Dataset, load_dataset
from deepbio.errors import DataError, ModelError
from deepbio.metrics import r2

SUITE = """
title: Own
seeds: 1
training: {epochs: 1}
baselines: [%s]
datasets:
  - {name: %s, metrics: [%s], models: [%s]}
"""


def test_regression_baselines_are_the_mean_and_better_than_the_mean():
    data = load_dataset("diabetes")
    y = np.asarray(data.test.y).reshape(-1)
    found = {
        name: fit_baseline(name, data, threads=1).predict(data.test) for name in ("mean", "ridge", "gradient_boosting")
    }
    assert found["mean"] == pytest.approx(float(np.mean(data.train.y)))
    assert r2(y, found["ridge"]) > 0.3
    assert r2(y, found["gradient_boosting"]) > 0.2


def test_each_target_has_its_own_ridge():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = np.stack([x[:, 0], 5 - x[:, 1]], axis=1)
    data = Dataset.from_arrays(x, y, modality="table", seed=0)
    fitted = fit_baseline("ridge", data)
    assert np.abs(fitted.predict(data.test) - np.asarray(data.test.y)).max() < 0.3
    assert fitted.parameters == 8


def test_a_baseline_that_does_not_suit_is_refused_when_the_suite_is_read(tmp_path):
    # suite_regression.yaml of the cases: planned, then "2 failed: The baselines tell classes apart".
    file = tmp_path / "suite_regression.yaml"
    file.write_text(SUITE % ("majority, logistic_regression", "diabetes", "r2", "mlp"))
    with pytest.raises(DataError, match="'majority' does not suit diabetes.*mean, ridge"):
        read_suite(file)
    file.write_text(SUITE % ("mean, ridge", "diabetes", "r2", "mlp"))
    assert [run.model for run in read_suite(file).runs()] == ["mlp", "mean", "ridge"]
    with pytest.raises(ModelError, match="does not suit xor"):
        fit_baseline("ridge", load_dataset("xor"))


@pytest.mark.slow  # starts worker processes
@pytest.mark.parametrize("key", ["files", "options"])
def test_a_suite_runs_on_files_of_the_user(tmp_path, key):
    # suite_of_a_file.yaml of the cases: "Unknown data set 'gleason'".
    rows = [f"{i % 7},{i % 5},{6 + i % 3}" for i in range(90)]
    (tmp_path / "grades.csv").write_text("\n".join(["a,b,gleason", *rows]) + "\n")
    file = tmp_path / "own.yaml"
    text = SUITE % ("majority", "gleason", "accuracy", "logistic")
    file.write_text(text.replace("name: gleason,", f"name: gleason, {key}: {{csv: grades.csv, label: gleason}},"))
    suite = read_suite(file)
    run_suite(suite.only("gleason/majority"), tmp_path / "out", workers=1)
    found = leaderboard(suite, tmp_path / "out", n_resamples=20)
    assert 0.2 < {row.name: row for row in found.tables[0].rows}["majority"].values["accuracy"].estimate.value < 0.5


@pytest.mark.parametrize("name", ["logistic_regression", "random_forest", "gradient_boosting"])
def test_a_label_that_no_training_example_has_is_predicted_as_never(name):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2)).astype(np.float32)
    y = np.stack([x[:, 0] > 0, np.zeros(80)], axis=1).astype(np.float32)
    data = Dataset.from_arrays(x, y, kind="multilabel", seed=0)
    fitted = fit_baseline(name, data, threads=1)
    p = fitted.predict(data.test)
    assert p.shape == (len(data.test), 2)
    assert fitted.parameters > 1
    assert (p[:, 1] == 0).all()
    assert np.ptp(p[:, 0]) > 0
