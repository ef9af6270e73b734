import json

import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss as reference_log_loss

from deepbio.errors import DataError
from deepbio.metrics import (
    Isotonic,
    Platt,
    Temperature,
    adjust_prevalence,
    auroc,
    calibrator_from_dict,
    ece,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    log_loss,
)
from tests.metrics.metric_cases import binary


def _sure(n=4000, *, overconfident=2.5, seed=0):
    """Truth drawn from known probabilities, and a model whose logits are `overconfident` times too large."""
    rng = np.random.default_rng(seed)
    z = 1.5 * rng.normal(size=n)
    return (rng.random(n) < expit(z)).astype(int), expit(overconfident * z)


def test_temperature_finds_how_much_overconfident_a_model_is():
    y, p = _sure()
    found = fit_temperature(y, p)
    assert found.temperature == pytest.approx(2.5, rel=0.1)
    assert ece(y, found.apply(p)) < 0.4 * ece(y, p)


def test_temperature_of_classes_is_the_minimum_of_the_log_loss():
    rng = np.random.default_rng(1)
    z = 3 * rng.normal(size=(300, 4))
    y = np.array([rng.choice(4, p=softmax(row / 2)) for row in z])
    found = fit_temperature(y, softmax(z, axis=1))
    best = minimize_scalar(lambda t: reference_log_loss(y, softmax(z / t, axis=1)), bounds=(0.1, 10), method="bounded")
    assert found.temperature == pytest.approx(best.x, rel=1e-4)
    np.testing.assert_allclose(found.apply(softmax(z, axis=1)), softmax(z / found.temperature, axis=1), rtol=1e-9)


def test_temperature_never_changes_the_order():
    y, p = _sure(300)
    found = fit_temperature(y, p)
    assert auroc(y, found.apply(p)) == pytest.approx(auroc(y, p), abs=1e-12)


def test_labels_share_one_temperature_and_unknown_ones_do_not_count():
    y, p = _sure()
    two = np.column_stack([y, y]).astype(float)
    two[:100, 1] = np.nan
    found = fit_temperature(two, np.column_stack([p, p]))
    stacked = fit_temperature(np.append(y, y[100:]), np.append(p, p[100:]))
    assert found.temperature == pytest.approx(stacked.temperature, rel=1e-9)
    assert not found.classes


def test_a_perfect_split_gives_the_lowest_temperature_and_not_an_endless_search():
    assert fit_temperature([0, 1], [0.4, 0.6]).temperature < 0.05


def test_platt_equals_scikit_learn():
    y, p = _sure(500, seed=3)
    slope, intercept = _sigmoid_calibration(logit(p), y)
    found = fit_platt(y, p)
    # scikit-learn's curve falls: expit(-(slope x + intercept)); its search stops at a gradient of 1e-5
    assert (found.slope, found.intercept) == pytest.approx((-slope, -intercept), abs=1e-4)


@given(binary())
def test_isotonic_equals_scikit_learn(case):
    y, p, _ = case
    reference = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p, y)
    at = np.linspace(-0.1, 1.1, 25)
    np.testing.assert_allclose(fit_isotonic(y, p).apply(at), reference.predict(at), atol=1e-12)


def test_each_method_lowers_the_log_loss_of_examples_it_has_not_seen():
    y, p = _sure()
    new_y, new_p = _sure(seed=9)
    for fit in (fit_temperature, fit_platt, fit_isotonic):
        assert log_loss(new_y, np.clip(fit(y, p).apply(new_p), 1e-6, 1 - 1e-6)) < log_loss(new_y, new_p)


@pytest.mark.parametrize("one", [Temperature(1.7, True), Platt(0.8, -0.1), Isotonic((0.1, 0.9), (0.0, 1.0))])
def test_calibrators_survive_json(one):
    assert calibrator_from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_platt_needs_both_classes():
    with pytest.raises(DataError, match="both classes"):
        fit_platt([1, 1], [0.2, 0.4])


def test_another_prevalence_changes_probabilities_by_bayes_rule():
    # Sensitivity 0.9 and specificity 0.9: positive predictive value 0.9 at half, 0.09 / (0.09 + 0.09) = 0.5 at one tenth.
    assert adjust_prevalence([0.9], trained=0.5, prevalence=0.1) == pytest.approx([0.5])
    two = adjust_prevalence([[0.1, 0.9]], trained=[0.5, 0.5], prevalence=[0.9, 0.1])
    assert two == pytest.approx(np.array([[0.5, 0.5]]))
    p = np.random.default_rng(0).dirichlet(np.ones(3), 20)
    assert adjust_prevalence(p, trained=[0.2, 0.3, 0.5], prevalence=[0.2, 0.3, 0.5]) == pytest.approx(p)


@pytest.mark.parametrize("wrong", [0.0, 1.0, [0.5, 0.5], float("nan")])
def test_a_prevalence_that_is_none_is_refused(wrong):
    with pytest.raises(DataError, match="between 0 and 1"):
        adjust_prevalence([0.9], trained=0.5, prevalence=wrong)


def test_bins_are_a_whole_number_and_isotonic_calibration_needs_both_classes():
    y, p = np.array([0, 1, 1, 0]), np.array([0.2, 0.7, 0.6, 0.4])
    for count in (0, 1.5):
        with pytest.raises(DataError, match="bins is a whole number"):
            ece(y, p, bins=count)
    with pytest.raises(DataError, match="needs both classes"):
        fit_isotonic(np.zeros(4, int), p)
