"""What a comparison of approaches says: which way pays on the validation split, and whether that is significant."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from deepbio.datasets import Split
from deepbio.errors import TrainingError
from deepbio.inference.evaluate import compare
from deepbio.specs import Task
from deepbio.training.finetuning import compare_approaches
from deepbio.training.finetuning.compare import Comparison
from deepbio.zoo import describe
from tests.training.finetuning.conftest import windows

Y = np.arange(80) % 2
NOISE = np.random.default_rng(0).normal(0.3, 0.1, (3, 80))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def predictions(separation: float, draw: int = 0) -> np.ndarray:
    """Return probabilities in which the classes are so far apart, in units of the noise divided by ten."""
    return np.clip(NOISE[draw] + separation * Y, 0, 1)


def compared(y=Y, **found: np.ndarray) -> Comparison:
    """Return the comparison of runs that predict this on the validation split."""
    task = Task.classify(("a", "b"))
    runs = {name: SimpleNamespace(valid=compare(task, y, p, n_resamples=0)) for name, p in found.items()}
    return Comparison(runs, SimpleNamespace(task=task, valid=Split(np.zeros((len(y), 1)), y)))


def test_a_clear_gain_is_advised_with_its_interval():
    found = compared(scratch=predictions(0.02), linear_probe=predictions(0.3), full=predictions(0.05))
    assert (found.best, found.tied) == ("linear_probe", ())
    assert 0 < found.lead.low < found.lead.value < found.lead.high
    assert found.advice.startswith(
        "linear_probe is better than training from scratch on the 80 validation examples: auroc +0."
    )


def test_the_best_approach_is_not_advised_where_the_paired_interval_includes_zero():
    found = compared(scratch=predictions(0.10), linear_probe=predictions(0.11, draw=1))
    assert found.tied == tuple({"scratch", "linear_probe"} - {found.best})
    assert found.lead.low < 0 < found.lead.high
    assert found.advice.startswith("No significant difference between linear_probe and training from scratch")


def test_a_small_network_is_compared_with_the_best_use_of_the_weights():
    found = compared(
        scratch=predictions(0.02), image_cnn=predictions(0.3), linear_probe=predictions(0.03), lp_ft=predictions(0.1)
    )
    assert found.best == "image_cnn"
    assert found.lead.high < 0
    assert found.advice.startswith("Training image_cnn from scratch is better than lp_ft on")
    assert found.advice.endswith("These weights do not help here.")


def test_ways_that_are_as_good_as_the_best_are_named():
    found = compared(scratch=predictions(0.0), linear_probe=predictions(0.3), lp_ft=predictions(0.3))
    assert {found.best, *found.tied} == {"linear_probe", "lp_ft"}
    assert f"Not significantly worse: {found.tied[0]}." in found.advice


def test_without_fresh_weights_the_best_is_named():
    found = compared(linear_probe=predictions(0.3), full=predictions(0.02))
    assert found.lead is None
    assert found.advice == "Best on the 80 validation examples by auroc: linear_probe."


@pytest.mark.filterwarnings("ignore::deepbio.metrics.arrays.UndefinedMetricWarning")
def test_a_validation_split_of_one_class_decides_by_another_metric():
    found = compared(y=np.zeros(80, int), scratch=predictions(0.5), linear_probe=predictions(0.0))
    assert found.metric != "auroc"
    assert found.best == "linear_probe"


def test_a_comparison_says_which_way_pays(trained):
    runs = compare_approaches(trained, windows(60), approaches=("scratch", "linear_probe"), epochs=1, verbose=False)
    assert runs.best in ("scratch", "linear_probe")
    gain = runs.gains["linear_probe"]
    assert gain.low <= gain.value <= gain.high
    assert gain.value == pytest.approx(runs["linear_probe"].valid["auroc"].value - runs["scratch"].valid["auroc"].value)
    assert ("No significant difference" in runs.advice) == (gain.low <= 0 <= gain.high)


def test_a_small_network_from_scratch_may_win_a_comparison(trained):
    runs = compare_approaches(
        trained, windows(60), approaches=("linear_probe", "scratch", "deepbind"), epochs=1, verbose=False
    )
    assert describe(runs["deepbind"].model).architecture == "deepbind"
    assert {"linear_probe", "deepbind"} == set(runs.gains)
    with pytest.raises(TrainingError, match="deepbind"):
        compare_approaches(trained, windows(60), approaches=("deepbnd",))


def test_gains_of_few_patients_have_no_interval(trained):
    data = windows(60)
    few = dataclasses.replace(data, valid=dataclasses.replace(data.valid, groups=np.arange(len(data.valid)) % 3))
    runs = compare_approaches(trained, few, approaches=("scratch", "linear_probe"), epochs=1, verbose=False)
    gain = runs.gains["linear_probe"]
    assert np.isnan(gain.low)
    assert "3 groups" in gain.reason
    assert "no interval: 3 groups" in runs.advice
