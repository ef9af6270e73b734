import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from deepbio.report import write_report
from deepbio.report.bands import GRID, bands
from deepbio.report.curves import pr_points, roc_points
from tests.report.report_cases import result


def _binormal(seed, n=200, groups=None):
    """Scores of two normal distributions one standard deviation apart: the true ROC curve is known."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    one = result()
    return type(one)(**{**vars(one), "y": y, "p": expit(rng.normal(size=n) + y), "groups": groups})


def test_a_band_contains_its_own_curve():
    one = _binormal(0)
    found = bands(one)
    low, high = found["roc"]
    inside = (low <= np.interp(GRID, *roc_points(one.y, one.p))) & (np.interp(GRID, *roc_points(one.y, one.p)) <= high)
    assert inside.mean() > 0.98
    recall, precision = pr_points(one.y, one.p)
    own = precision[np.searchsorted(recall, GRID).clip(0, len(recall) - 1)]
    low, high = found["pr"]
    assert ((low <= own + 1e-9) & (own <= high + 1e-9)).mean() > 0.98


def test_at_a_point_of_the_axis_the_band_contains_the_true_rate_in_about_95_of_100_samples():
    place = 60  # a false positive rate of .3
    truth = norm.cdf(1 + norm.ppf(GRID[place]))
    found = [bands(_binormal(seed))["roc"] for seed in range(100)]
    covered = np.mean([low[place] <= truth <= high[place] for low, high in found])
    assert 0.88 <= covered <= 0.99


def test_whole_groups_make_a_wider_band():
    rng = np.random.default_rng(0)
    of_group = rng.normal(size=20)
    groups = np.repeat(np.arange(20), 10)
    one = _binormal(0)
    p = expit(rng.normal(size=200) + one.y + 2 * of_group[groups] * np.where(one.y, 1, -1))
    alone = type(one)(**{**vars(one), "p": p})
    together = type(one)(**{**vars(one), "p": p, "groups": groups})
    width = [np.diff(bands(case)["roc"], axis=0).mean() for case in (alone, together)]
    assert width[1] > 1.3 * width[0]


@pytest.mark.parametrize("kind", ["regression", "many_labels", "one_class"])
def test_what_has_no_curve_of_its_own_has_no_band(kind):
    one = result("multilabel" if kind == "many_labels" else "binary")
    if kind == "regression":
        assert "Bands" not in _written(result("regression"))
        return
    changes = {"y": np.zeros(60, int)} if kind == "one_class" else {"y": np.tile(one.y, 11), "p": np.tile(one.p, 11)}
    assert bands(type(one)(**{**vars(one), **changes})) is None


def test_models_have_bands_and_baselines_have_none(tmp_path):
    page = write_report([result(), result("binary", model="majority", baseline=True)], tmp_path / "r.html", title="t")
    text = page.read_text()
    assert text.count("fill-opacity") == 2  # the model's, of ROC and of precision and recall
    assert "Bands: 95%" in text


def _written(one):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return write_report([one], Path(folder) / "r.html", title="t").read_text()


def test_few_positives_or_a_perfect_ranking_have_no_band():
    one = _binormal(0)
    rare = np.arange(200) < 4
    assert bands(type(one)(**{**vars(one), "y": rare.astype(int)})) is None
    assert bands(type(one)(**{**vars(one), "p": one.y * 0.8 + 0.1})) is None
