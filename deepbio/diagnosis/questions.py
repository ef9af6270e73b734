"""What to ask next: the findings that would distinguish the likeliest diseases best, from Orphanet's frequencies in the ontology."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from deepbio.datasets.vignettes import read_annotations
from deepbio.text.findings import TermFinder
from deepbio.text.ontology import hpo_folder

_RARE = 0.005  # probability of a finding in a disease that is not annotated with it


class Question(NamedTuple):
    """A finding to ask for: `information` in bits, and its frequency in each of the diseases compared."""

    id: str
    name: str
    information: float
    frequencies: dict[str, float]


def ask_next(
    diseases: Sequence[str], probabilities: Sequence[float], *, known: Collection[str] = (), number: int = 3
) -> tuple[Question, ...]:
    """Return the findings with the largest expected information about which of some diseases it is.

    The expected information of a finding is the mutual information of its presence and the disease, with the probabilities given
    and the frequencies of `phenotype.hpoa`. Source: Lindley 1956, doi:10.1214/aoms/1177728069.

    Args:
        diseases: Names, as Orphanet has them; those that are not annotated are left out.
        probabilities: Probability of each.
        known: Ids of findings that the note mentions; they and those that they imply are not asked for.
        number: Number of questions.

    Example:
        >>> first, *_ = ask_next(["Kawasaki disease", "Typhoid"], [0.5, 0.5])
        >>> sorted(first.frequencies) == ["Kawasaki disease", "Typhoid"] and 0 < first.information <= 1
        True
    """
    found = read_annotations(hpo_folder() / "phenotype.hpoa", only=frozenset(diseases))
    annotated = {disease.name: disease.frequency for disease in found}
    kept = [(name, p) for name, p in zip(diseases, probabilities, strict=True) if name in annotated and p > 0]
    if len(kept) < 2:
        return ()
    finder = TermFinder.of_release()
    implied = set(known).union(*(finder.ancestors(id) for id in known)) if known else set()
    terms = sorted({id for name, _ in kept for id in annotated[name] if id not in implied})
    if not terms:
        return ()
    prior = np.array([p for _, p in kept]) / sum(p for _, p in kept)
    present = np.clip([[annotated[name].get(id, _RARE) for name, _ in kept] for id in terms], _RARE, 0.99)
    information = _entropy(prior[None]) - sum(
        (prior * chance).sum(axis=1) * _entropy(prior * chance / (prior * chance).sum(axis=1, keepdims=True))
        for chance in (present, 1 - present)
    )
    best = np.argsort(-information, kind="stable")[:number]
    return tuple(
        Question(
            terms[i],
            finder.names[terms[i]],
            float(information[i]),
            {name: float(f) for (name, _), f in zip(kept, present[i], strict=True)},
        )
        for i in best
    )


def _entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log2(np.maximum(p, 1e-300))).sum(axis=1)
