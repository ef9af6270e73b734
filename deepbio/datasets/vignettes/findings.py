"""`FindingModel`: how likely each finding is affirmed, denied or left out in a note about each disease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepbio.datasets.vignettes.annotations import Disease
from deepbio.errors import DataError

AFFIRMED = 1
UNMENTIONED = 0
DENIED = -1

# No annotation is taken as certain: 100% of the patients described is not 100% of all patients.
CERTAIN = 0.99
_CELLS = 4_000_000  # cells of a probability table held at once


@dataclass(frozen=True, eq=False)
class FindingModel:
    """The probabilities behind the notes. Given the disease, findings are independent.

    A finding is *present* with the disease's frequency, or by chance with `background`, whatever the disease:
    `present = 1 - (1 - frequency)(1 - background)`. A present finding is *affirmed* in the note with probability
    `written`; an absent one is *denied* with probability `denial`. Otherwise the note does not mention it.

    Args:
        diseases: ids, one a row.
        terms: ids of the findings, one a column.
        frequency: float32 `(diseases, findings)`, 0 where the disease is not known to show the finding.
        background: float64 `(findings,)`.
        written: float64 `(diseases,)`, so that every disease's notes affirm equally many findings on average.
        denial: float64 `(findings,)`, above 0 for everyday complaints only.
        prior: float64 `(diseases,)`, adds up to 1.
    """

    diseases: tuple[str, ...]
    terms: tuple[str, ...]
    frequency: np.ndarray
    background: np.ndarray
    written: np.ndarray
    denial: np.ndarray
    prior: np.ndarray

    def probabilities(self, rows: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """Return P(affirmed | disease) and P(denied | disease) of some diseases, each float64 `(rows, findings)`."""
        absent = (1 - self.frequency[rows].astype(np.float64)) * (1 - self.background)
        return (1 - absent) * self.written[rows, None], absent * self.denial

    @property
    def rows_at_once(self) -> int:
        """How many rows of a table as wide as all findings fit into a modest amount of memory."""
        return max(1, _CELLS // max(len(self.terms), 1))


def finding_model(
    diseases: Sequence[Disease],
    terms: Sequence[str],
    everyday: Sequence[str],
    *,
    findings: float,
    chance: float,
    stray: float,
    denial: float,
    prior: np.ndarray | None = None,
) -> FindingModel:
    """Build the model from annotated frequencies and the four numbers that `simulate_vignettes` documents.

    Raises:
        DataError: a number out of range, or a prior of the wrong length.
    """
    for name, value, most in (("findings", findings, np.inf), ("chance", chance, 1), ("denial", denial, 1)):
        if not 0 < value < most:
            raise DataError(f"{name} must lie above 0 and below {most}; received {value}.")
    column = {term: j for j, term in enumerate(terms)}
    frequency = np.zeros((len(diseases), len(terms)), np.float32)
    for row, disease in enumerate(diseases):
        frequency[row, [column[t] for t in disease.frequency]] = np.minimum(list(disease.frequency.values()), CERTAIN)
    is_everyday = np.isin(np.array(terms), np.array(everyday))
    others = max(int((~is_everyday).sum()), 1)
    if not 0 < stray < others:
        raise DataError(f"stray is a number of findings above 0 and below {others}; received {stray}.")
    model = FindingModel(
        diseases=tuple(disease.id for disease in diseases),
        terms=tuple(terms),
        frequency=frequency,
        background=np.where(is_everyday, chance, stray / others),
        written=np.ones(len(diseases)),
        denial=np.where(is_everyday, denial, 0.0),
        prior=_checked_prior(prior, len(diseases)),
    )
    for first in range(0, len(diseases), model.rows_at_once):
        rows = slice(first, first + model.rows_at_once)
        present = model.probabilities(rows)[0].sum(axis=1)
        model.written[rows] = np.minimum(1.0, findings / present)
    return model


def draw_findings(model: FindingModel, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw what the note of each patient says about each finding.

    Args:
        model: the probabilities.
        y: number of each patient's disease, `(n,)`.
        rng: source of randomness.

    Returns:
        int8 `(n, findings)`: 1 affirmed, 0 unmentioned, -1 denied.
    """
    states = np.zeros((len(y), len(model.terms)), np.int8)
    for first in range(0, len(y), model.rows_at_once):
        rows = slice(first, first + model.rows_at_once)
        affirmed, denied = model.probabilities(y[rows])
        uniform = rng.random(affirmed.shape)
        states[rows] = (uniform < affirmed).astype(np.int8) - (uniform >= 1 - denied)
    return states


def _checked_prior(prior: np.ndarray | None, diseases: int) -> np.ndarray:
    if prior is None:
        return np.full(diseases, 1 / diseases)
    weights = np.asarray(prior, np.float64)
    if weights.shape != (diseases,) or not np.all(weights > 0):
        raise DataError(
            f"A prior is one positive number a disease, {diseases} of them; received shape {weights.shape}."
        )
    return weights / weights.sum()
