"""The exact posterior over diseases: what a perfect reader of the notes would believe."""

from __future__ import annotations

import numpy as np

from deepbio.datasets.vignettes.findings import AFFIRMED, DENIED, FindingModel
from deepbio.errors import DataError


def posterior(findings: np.ndarray, model: FindingModel) -> np.ndarray:
    """Return P(disease | note) by Bayes' rule, from what each note says about each finding.

    Findings are independent given the disease, so the likelihood is a product of one term a finding, and no classifier
    that reads the notes can be better on average. Age, sex, durations and wording are drawn without regard to the
    disease and carry no information.

    Args:
        findings: int8 `(n, findings)`: 1 affirmed, 0 unmentioned, -1 denied.
        model: of the `Vignettes` that the notes are from.

    Returns:
        float64 `(n, diseases)`; each row adds up to 1.

    Raises:
        DataError: the findings are not those of the model, or a finding is denied that the model never denies.
    """
    states = np.asarray(findings)
    if states.ndim != 2 or states.shape[1] != len(model.terms):
        raise DataError(f"Expected findings of shape (n, {len(model.terms)}); received {states.shape}.")
    deniable = model.denial > 0
    if (states[:, ~deniable] == DENIED).any():
        raise DataError("A note denies everyday complaints only; these findings deny another one.")
    affirmed = (states == AFFIRMED).astype(np.float64)
    denied = (states[:, deniable] == DENIED).astype(np.float64)
    logs = np.empty((len(states), len(model.diseases)))
    for first in range(0, len(model.diseases), model.rows_at_once):
        rows = slice(first, first + model.rows_at_once)
        yes, no = model.probabilities(rows)
        silent = 1 - yes - no
        quiet = np.log(silent)
        logs[:, rows] = (
            quiet.sum(axis=1)
            + affirmed @ (np.log(yes) - quiet).T
            + denied @ (np.log(no[:, deniable]) - quiet[:, deniable]).T
        )
    logs += np.log(model.prior)
    logs -= logs.max(axis=1, keepdims=True)
    weights = np.exp(logs)
    return weights / weights.sum(axis=1, keepdims=True)
