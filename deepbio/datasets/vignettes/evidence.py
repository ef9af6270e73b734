"""`annotated_evidence`: the evidence of findings for diseases that follows from the ontology's frequencies, before any training."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deepbio.datasets.vignettes.annotations import read_annotations
from deepbio.datasets.vignettes.findings import FindingModel, finding_model
from deepbio.errors import DataError
from deepbio.text import MARK
from deepbio.text.everyday import EVERYDAY
from deepbio.text.findings import token_of
from deepbio.text.ontology import hpo_folder


class AnnotatedEvidence(NamedTuple):
    """Logarithms of likelihood ratios against not mentioning a finding.

    Args:
        table: float32 `(tokens, diseases)`, 0 for tokens about which the annotations say nothing.
        bias: float32 `(diseases,)`, of a note that mentions nothing.
        stated: bool `(tokens,)`, whether the ratios contain no unknown number: affirmed findings, and negated everyday complaints.
    """

    table: np.ndarray
    bias: np.ndarray
    stated: np.ndarray


def annotated_evidence(
    diseases: Sequence[str],
    vocabulary: Mapping[str, int],
    *,
    findings: float = 6.0,
    complaint_probability: float = 0.05,
    distractors: float = 1.0,
    negation_probability: float = 0.15,
) -> AnnotatedEvidence:
    """Compute the evidence of affirmed and negated findings for diseases from the frequencies of `phenotype.hpoa`.

    It is that of the exact posterior of `simulate_vignettes` with the same numbers, in which findings are independent given the
    disease. A finding that is affirmed more often in one disease than in another is so, too, compared with the same finding negated:
    both ratios rise and fall with the frequency.

    Source: weight of evidence, Good 1985; the frequencies are Orphanet's, Gargano et al. 2024, doi:10.1093/nar/gkad1005.

    Args:
        diseases: Names of the diseases, as Orphanet has them.
        vocabulary: Ids of tokens of `TermFinder.tokens`, such as `hp0001945` and `¬hp0001945`.
        findings, complaint_probability, distractors, negation_probability: As for `simulate_vignettes`.

    Raises:
        DataError: A disease has no annotated frequencies.

    Example:
        >>> found = annotated_evidence(["Kawasaki disease", "Typhoid"], {"hp0031042": 0, "hp0001945": 1})
        >>> bool(found.table[0, 0] > found.table[0, 1]), found.stated.tolist()  # strawberry tongue
        (True, [True, True])
    """
    by_name = {
        disease.name: disease for disease in read_annotations(hpo_folder() / "phenotype.hpoa", only=set(diseases))
    }
    if missing := [name for name in diseases if name not in by_name]:
        raise DataError(f"Orphanet's annotations have no frequencies for {', '.join(missing[:3])}.")
    chosen = [by_name[name] for name in diseases]
    terms = sorted(set(EVERYDAY).union(*(disease.frequency for disease in chosen)))
    model: FindingModel = finding_model(
        chosen,
        terms,
        tuple(EVERYDAY),
        findings=findings,
        complaint_probability=complaint_probability,
        distractors=distractors,
        negation_probability=negation_probability,
        prior=None,
    )
    affirmed, negated = model.probabilities()
    unmentioned = 1 - affirmed - negated
    absent = (1 - model.frequency.astype(np.float64)) * (1 - model.background)
    table, stated = np.zeros((max(vocabulary.values()) + 1, len(diseases)), np.float32), []
    for column, term in enumerate(terms):
        token = token_of(term)
        if (row := vocabulary.get(token)) is not None:
            table[row] = np.log(affirmed[:, column] / unmentioned[:, column])
            stated.append(row)
        if (row := vocabulary.get(MARK + token)) is not None:
            # other findings than complaints are negated with one unknown probability, which no ratio of two diseases contains
            everyday = term in EVERYDAY
            table[row] = np.log((negated if everyday else absent)[:, column] / unmentioned[:, column])
            stated += [row] * everyday
    bias = np.log(unmentioned).sum(axis=1)
    known = np.isin(np.arange(len(table)), stated)
    return AnnotatedEvidence(table, (bias - bias.mean()).astype(np.float32), known)
