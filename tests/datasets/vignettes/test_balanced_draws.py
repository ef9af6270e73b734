"""Findings drawn in exact numbers: what single draws have on average, each draw has."""

import numpy as np
import pytest

from deepbio.datasets.vignettes import Disease
from deepbio.datasets.vignettes.findings import draw_balanced_findings, finding_model

DISEASES = [
    Disease("d:1", "One", {"fever": 0.5, "rash": 1.0}),
    Disease("d:2", "Two", {"cough": 0.2, "spots": 0.8}),
]


@pytest.fixture(scope="module")
def model():
    return finding_model(
        DISEASES,
        ["fever", "cough", "rash", "spots"],
        ["fever", "cough"],
        findings=1.2,
        complaint_probability=0.1,
        distractors=0.5,
        negation_probability=0.25,
    )


def test_each_state_has_its_expected_number(model):
    y = np.repeat([0, 1], 1000)
    states = draw_balanced_findings(model, y, np.random.default_rng(0))
    affirmed, negated = model.probabilities()
    for disease in (0, 1):
        own = states[y == disease]
        # 1,000 patients: rounded up or down, where single draws would be off by up to 30
        assert np.abs((own == 1).sum(axis=0) - 1000 * affirmed[disease]).max() < 1
        assert np.abs((own == -1).sum(axis=0) - 1000 * negated[disease]).max() < 1


def test_findings_are_drawn_independently_of_each_other(model):
    states = draw_balanced_findings(model, np.zeros(20000, int), np.random.default_rng(1))
    fever, rash = states[:, 0] == 1, states[:, 2] == 1
    # standard error about sqrt(p (1 - p) q (1 - q) / 20000) < 0.002
    assert (fever & rash).mean() == pytest.approx(fever.mean() * rash.mean(), abs=0.006)
