"""`posterior`: the exact probability of each disease given a note, which no classifier of the notes can improve on average."""

import numpy as np

from deepbio.datasets.vignettes.findings import AFFIRMED, NEGATED, FindingModel
from deepbio.errors import DataError


def posterior(findings: np.ndarray, model: FindingModel) -> np.ndarray:
    """Compute P(disease | note) by Bayes' rule from the state of each finding in each note.

    Findings are independent given the disease, so the likelihood is a product with one factor per finding. Age, sex, durations
    and wording are drawn without regard to the disease and carry no information.

    Args:
        findings: int8 `(n, findings)`: 1 affirmed, 0 unmentioned, -1 negated.
        model: Model of the `Vignettes` with these notes.

    Returns:
        float64 `(n, diseases)`; each row has the sum 1.

    Raises:
        DataError: The findings are not those of the model, or a finding is negated that the model never negates.
    """
    states = np.asarray(findings)
    if states.ndim != 2 or states.shape[1] != len(model.terms):
        raise DataError(f"Expected findings of shape (n, {len(model.terms)}); received {states.shape}.")
    negatable = model.negation > 0
    if (states[:, ~negatable] == NEGATED).any():
        raise DataError("A note negates everyday complaints only; these findings negate another one.")
    affirmed = (states == AFFIRMED).astype(np.float64)
    negated = (states[:, negatable] == NEGATED).astype(np.float64)
    logs = np.empty((len(states), len(model.diseases)))
    for first in range(0, len(model.diseases), model.rows_at_once):
        rows = slice(first, first + model.rows_at_once)
        yes, no = model.probabilities(rows)
        quiet = np.log(1 - yes - no)
        logs[:, rows] = (
            quiet.sum(axis=1)
            + affirmed @ (np.log(yes) - quiet).T
            + negated @ (np.log(no[:, negatable]) - quiet[:, negatable]).T
        )
    logs += np.log(model.prior)
    logs -= logs.max(axis=1, keepdims=True)
    weights = np.exp(logs)
    return weights / weights.sum(axis=1, keepdims=True)
