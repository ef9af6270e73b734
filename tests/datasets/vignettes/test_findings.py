"""The probabilities behind the notes, and the findings drawn from them."""

import numpy as np
import pytest

from deepbio.datasets.vignettes import Disease
from deepbio.datasets.vignettes.findings import draw_findings, finding_model
from deepbio.errors import DataError

TERMS = ["fever", "cough", "rash", "spots"]
DISEASES = [
    Disease("d:1", "One", {"fever": 0.5, "rash": 1.0}),
    Disease("d:2", "Two", {"cough": 0.2, "spots": 0.8}),
]


def _model(**changes):
    options = {
        "findings": 1.2,
        "complaint_probability": 0.1,
        "distractors": 0.5,
        "negation_probability": 0.25,
    } | changes
    return finding_model(DISEASES, TERMS, ["fever", "cough"], **options)


def test_probabilities_are_those_worked_out_by_hand():
    affirmed, negated = _model(findings=1.0).probabilities()
    # disease one: fever 1 - .5 x .9 = .55, cough .1, rash 1 - .01 x .75 = .9925, spots .5 / 2 = .25; together 1.8925
    np.testing.assert_allclose(affirmed[0], np.array([0.55, 0.1, 0.9925, 0.25]) / 1.8925, rtol=1e-6)
    np.testing.assert_allclose(negated[0], [0.45 * 0.25, 0.9 * 0.25, 0, 0], rtol=1e-6)


def test_every_disease_affirms_equally_many_findings_on_average():
    affirmed, _ = _model(findings=1.2).probabilities()
    np.testing.assert_allclose(affirmed.sum(axis=1), 1.2, rtol=1e-6)


def test_a_disease_with_too_few_findings_mentions_all_that_are_present():
    model = _model(findings=50)
    assert model.mention.tolist() == [1.0, 1.0]


def test_nothing_is_ever_certain():
    for changes in ({}, {"findings": 50}):
        affirmed, negated = _model(**changes).probabilities()
        assert (affirmed > 0).all()
        assert (affirmed + negated < 1).all()


def test_drawn_findings_follow_the_probabilities():
    model = _model()
    y = np.repeat([0, 1], 40_000)
    states = draw_findings(model, y, np.random.Generator(np.random.Philox(3)))
    affirmed, negated = model.probabilities()
    for disease in (0, 1):
        drawn = states[y == disease]
        for seen, expected in (((drawn == 1).mean(axis=0), affirmed), ((drawn == -1).mean(axis=0), negated)):
            p = expected[disease]
            assert (np.abs(seen - p) <= 4.5 * np.sqrt(p * (1 - p) / 40_000)).all()


def test_a_prior_is_normalised_and_checked():
    np.testing.assert_allclose(_model(prior=np.array([1.0, 3.0])).prior, [0.25, 0.75])
    for prior in ([1.0], [1.0, 0.0], [1.0, np.nan]):
        with pytest.raises(DataError, match="prior"):
            _model(prior=np.array(prior))


@pytest.mark.parametrize(
    "changes",
    [
        {"findings": 0},
        {"complaint_probability": 0.0},
        {"complaint_probability": 1.0},
        {"distractors": 0},
        {"distractors": 2},
        {"negation_probability": 1},
    ],
)
def test_a_number_out_of_range_is_named(changes):
    with pytest.raises(DataError, match=next(iter(changes))):
        _model(**changes)
