"""Operating points, decision curves and bins of calibration."""

import json

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.metrics import (
    CalibrationBin,
    OperatingPoint,
    adjust_prevalence,
    calibration_bins,
    net_benefit,
    operating_point,
)

Y = [0, 0, 0, 0, 0, 1, 0, 1, 1, 1]
P = [0.05, 0.1, 0.15, 0.2, 0.35, 0.3, 0.6, 0.55, 0.8, 0.9]

# dca(data, outcome="y", modelnames=["p"], thresholds=...) of dcurves 1.1.7
DCURVES = ([0.08, 0.25, 0.5, 0.7], [0.356522, 0.333333, 0.2, 0.2])


def test_net_benefit_is_that_of_dcurves():
    np.testing.assert_allclose(net_benefit(Y, P, DCURVES[0]), DCURVES[1], atol=1e-6)


def test_acting_on_everybody_and_on_nobody_are_the_ends_of_a_decision_curve():
    assert net_benefit(Y, P, [0.0]) == pytest.approx([0.4])  # the prevalence
    assert net_benefit(Y, P, [0.95]) == pytest.approx([0.0])


def test_at_another_prevalence_the_adjusted_probabilities_decide():
    # Examples repeated by class until the prevalence is 1 in 10 have the net benefit of that prevalence.
    y, p = np.array(Y), np.array(P)
    rare = np.concatenate([np.repeat(np.flatnonzero(y == 0), 6), np.flatnonzero(y == 1)])
    q = adjust_prevalence(p, trained=0.4, prevalence=0.1)
    expected = net_benefit(y[rare], q[rare], [0.05, 0.2, 0.5])
    np.testing.assert_allclose(net_benefit(y, q, [0.05, 0.2, 0.5], prevalence=0.1), expected)


def test_predictive_values_follow_from_sensitivity_specificity_and_prevalence():
    # Mammography, Gigerenzer et al. 2007, doi:10.1111/j.1539-6053.2008.00033.x: prevalence 1%, sensitivity 90%, false positives 9%;
    # of women with a positive result 9 in 98 have cancer.
    y = np.repeat([0, 1], [100, 10])
    p = np.repeat([0.1, 0.9, 0.1, 0.9], [91, 9, 1, 9])
    positive, negative = operating_point(y, p, threshold=0.5).predictive_values(0.01)
    assert positive == pytest.approx(9 / 98, abs=0.001)
    assert negative == pytest.approx(0.9989, abs=0.0001)


def test_an_operating_point_has_wilson_intervals_of_each_class():
    # Brown, Cai and DasGupta 2001: Wilson's interval of 9 of 10 is [0.596, 0.982]; one error has the limit 1 - 0.0513 / 10.
    found = operating_point(np.repeat([0, 1], [10, 10]), np.repeat([0.1, 0.9], [9, 11]))
    assert (found.specificity.low, found.specificity.high) == pytest.approx((0.596, 0.9949), abs=0.001)
    assert OperatingPoint.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_bins_count_predictions_and_say_why_there_is_no_interval():
    y, p = np.repeat([0, 1, 1], [20, 5, 2]), np.repeat([0.15, 0.15, 0.9], [20, 5, 2])
    first, *middle, last = calibration_bins(y, p, bins=5)
    assert (first.examples, first.frequency.value) == (25, 0.2)
    assert first.frequency.low < 0.2 < first.frequency.high
    assert (last.examples, last.frequency.reason) == (2, "2 examples, 5 needed")
    assert {one.frequency.reason for one in middle} == {"no example"}
    read = CalibrationBin.from_dict(json.loads(json.dumps(first.to_dict())))
    assert read == first


def test_bins_of_several_classes_are_of_the_predicted_class():
    [*_, last] = calibration_bins([0, 1], [[0.95, 0.05], [0.9, 0.1]], bins=5)
    assert (last.examples, last.frequency.value) == (2, 0.5)


def test_one_group_leaves_a_bin_without_an_interval():
    found = calibration_bins([0, 1] * 10, [0.5] * 20, groups=["chr1"] * 20, bins=2)
    assert found[0].frequency.reason == "one group"


@pytest.mark.parametrize("thresholds", [[1.0], [-0.1], 0.5])
def test_thresholds_outside_0_and_1_are_refused(thresholds):
    with pytest.raises(DataError, match="below 1"):
        net_benefit(Y, P, thresholds)


def test_one_class_has_no_decision_curve():
    for function in (lambda: net_benefit([1, 1], [0.2, 0.3], [0.1]), lambda: operating_point([1, 1], [0.2, 0.3])):
        with pytest.raises(DataError, match="both classes"):
            function()


def test_percentages_and_numbers_that_are_none_are_refused():
    y, p = [0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9]
    with pytest.raises(DataError, match="p is between 0 and 1"):
        net_benefit(y, [10, 40, 60, 90], [0.5])
    with pytest.raises(DataError, match="prevalence is a number between 0 and 1; received 5"):
        net_benefit(y, p, [0.5], prevalence=5)
    with pytest.raises(DataError, match="prevalence is a number between 0 and 1; received 5"):
        operating_point(y, p).predictive_values(5)
    with pytest.raises(DataError, match="threshold is a number"):
        operating_point(y, p, threshold=float("nan"))
