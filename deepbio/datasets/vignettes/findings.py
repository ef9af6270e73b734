"""`FindingModel`: the probability that a note about each disease affirms, negates or omits each finding."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepbio.datasets.vignettes.annotations import Disease
from deepbio.errors import DataError

AFFIRMED = 1
UNMENTIONED = 0
NEGATED = -1

# No annotation is taken as certain: 100% of the patients described is not 100% of all patients.
CERTAIN = 0.99
_MAX_VALUES = 4_000_000  # values of a probability table in memory at once


@dataclass(frozen=True, eq=False)
class FindingModel:
    """The probabilities behind the notes. Given the disease, findings are independent.

    A finding is *present* with the disease's frequency, or with probability `background` whatever the disease:
    `present = 1 - (1 - frequency)(1 - background)`. The note *affirms* a present finding with probability `mention` and
    *negates* an absent one with probability `negation`. Otherwise it does not mention the finding.

    Args:
        diseases: Ids, one per row.
        terms: Ids of the findings, one per column.
        frequency: float32 `(diseases, findings)`, 0 if the disease is not known to have the finding.
        background: float64 `(findings,)`.
        mention: float64 `(diseases,)`, chosen so that the notes of all diseases affirm equally many findings on average.
        negation: float64 `(findings,)`, above 0 for everyday complaints only.
        prior: float64 `(diseases,)` of sum 1.
    """

    diseases: tuple[str, ...]
    terms: tuple[str, ...]
    frequency: np.ndarray
    background: np.ndarray
    mention: np.ndarray
    negation: np.ndarray
    prior: np.ndarray

    def probabilities(self, rows: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """Return P(affirmed | disease) and P(negated | disease) of some diseases, each float64 `(rows, findings)`."""
        absent = (1 - self.frequency[rows].astype(np.float64)) * (1 - self.background)
        return (1 - absent) * self.mention[rows, None], absent * self.negation

    @property
    def rows_at_once(self) -> int:
        """Number of rows with one value per finding that fit into 32 MB."""
        return max(1, _MAX_VALUES // max(len(self.terms), 1))


def finding_model(
    diseases: Sequence[Disease],
    terms: Sequence[str],
    everyday: Sequence[str],
    *,
    findings: float,
    complaint_probability: float,
    distractors: float,
    negation_probability: float,
    prior: np.ndarray | None = None,
) -> FindingModel:
    """Build the model from annotated frequencies and the four numbers that `simulate_vignettes` documents.

    Raises:
        DataError: A number is out of range, or the prior has the wrong length.
    """
    is_everyday = np.isin(np.array(terms), np.array(everyday))
    others = max(int((~is_everyday).sum()), 1)
    for name, value, limit in (
        ("findings", findings, np.inf),
        ("complaint_probability", complaint_probability, 1),
        ("distractors", distractors, others),
        ("negation_probability", negation_probability, 1),
    ):
        if not 0 < value < limit:
            raise DataError(f"{name} must be above 0 and below {limit}; received {value}.")
    column = {term: j for j, term in enumerate(terms)}
    frequency = np.zeros((len(diseases), len(terms)), np.float32)
    for row, disease in enumerate(diseases):
        frequency[row, [column[t] for t in disease.frequency]] = np.minimum(list(disease.frequency.values()), CERTAIN)
    model = FindingModel(
        diseases=tuple(disease.id for disease in diseases),
        terms=tuple(terms),
        frequency=frequency,
        background=np.where(is_everyday, complaint_probability, distractors / others),
        mention=np.ones(len(diseases)),
        negation=np.where(is_everyday, negation_probability, 0.0),
        prior=_checked_prior(prior, len(diseases)),
    )
    for first in range(0, len(diseases), model.rows_at_once):
        rows = slice(first, first + model.rows_at_once)
        present = model.probabilities(rows)[0].sum(axis=1)
        model.mention[rows] = np.minimum(1.0, findings / present)
    return model


def draw_findings(model: FindingModel, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the state of each finding in the note of each patient.

    Args:
        model: Probabilities.
        y: Index of each patient's disease, `(n,)`.
        rng: Source of randomness.

    Returns:
        int8 `(n, findings)`: 1 affirmed, 0 unmentioned, -1 negated.
    """
    states = np.zeros((len(y), len(model.terms)), np.int8)
    for first in range(0, len(y), model.rows_at_once):
        rows = slice(first, first + model.rows_at_once)
        affirmed, negated = model.probabilities(y[rows])
        uniform = rng.random(affirmed.shape)
        states[rows] = (uniform < affirmed).astype(np.int8) - (uniform >= 1 - negated)
    return states


def draw_balanced_findings(model: FindingModel, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw states as `draw_findings` does, but with the expected number of each state among the patients of each disease.

    Each disease's counts are rounded up or down at random, and its patients drawn without replacement, independently for each
    finding. What a model learns of a finding then varies less from draw to draw.

    Source: Latin hypercube sampling, McKay et al. 1979, doi:10.1080/00401706.1979.10489755.
    """
    states = np.zeros((len(y), len(model.terms)), np.int8)
    for disease in range(len(model.diseases)):
        rows = np.flatnonzero(y == disease)
        affirmed, negated = model.probabilities(slice(disease, disease + 1))
        counts = np.floor(np.concatenate([affirmed, negated]) * len(rows) + rng.random((2, len(model.terms)))).astype(
            int
        )
        for column in np.flatnonzero(counts.sum(axis=0)):
            first, second = counts[:, column]
            drawn = rows[rng.choice(len(rows), min(first + second, len(rows)), replace=False)]
            states[drawn[:first], column], states[drawn[first:], column] = AFFIRMED, NEGATED
    return states


def _checked_prior(prior: np.ndarray | None, diseases: int) -> np.ndarray:
    if prior is None:
        return np.full(diseases, 1 / diseases)
    weights = np.asarray(prior, np.float64)
    if weights.shape != (diseases,) or not np.all(weights > 0):
        raise DataError(
            f"A prior has one positive number per disease, {diseases} in all; received shape {weights.shape}."
        )
    return weights / weights.sum()
