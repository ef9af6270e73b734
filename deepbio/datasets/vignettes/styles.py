"""`simulate_notes`: notes in the styles of clinicians and patients, of listed diseases and of none, with their labels."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from deepbio.datasets.vignettes.annotations import Disease
from deepbio.datasets.vignettes.clinical_notes import STYLES, note_in_style
from deepbio.datasets.vignettes.generator import annotated_diseases, chosen_diseases, simulate_vignettes
from deepbio.datasets.vignettes.notes import RandomChoices, misspell
from deepbio.datasets.vignettes.patients import Patient, PatientSampler
from deepbio.datasets.vignettes.selection import MIN_FINDINGS
from deepbio.text import MARK
from deepbio.text.demographics import demographics_of
from deepbio.text.everyday import EVERYDAY, PLAIN
from deepbio.text.findings import OWN_PREFIX, TermFinder, token_of
from deepbio.text.ontology import Ontology, hpo_folder, read_ontology
from deepbio.text.phrase_tables import CLINICAL, OWN

NONE = "None of these"
PROSE = 0.5  # fraction of the notes that are those of `simulate_vignettes`
_TYPOS = 0.01
_SAID = 0.5  # fraction of the sets of findings that state the age, and of those that state the sex
_VALUES: dict[str, tuple[str, int, int, int]] = {  # name, smallest and largest value, divisor
    "HP:0001945": ("T ", 381, 407, 10), "HP:0001873": ("plt ", 8, 130, 1), "HP:0001903": ("Hb ", 52, 110, 10),
    "HP:0001974": ("WBC ", 125, 290, 10), "HP:0001882": ("WBC ", 11, 38, 10), "HP:0003565": ("ESR ", 40, 125, 1),
    "HP:0011227": ("CRP ", 25, 300, 1), "HP:0003236": ("CK ", 400, 9000, 1), "HP:0002910": ("ALT ", 80, 1500, 1),
    "HP:0002902": ("Na ", 115, 130, 1), "HP:0002900": ("K ", 20, 33, 10), "HP:0003259": ("Cr ", 17, 80, 10),
    "HP:0002615": ("BP 82/", 40, 55, 1), "HP:0001649": ("HR ", 105, 150, 1), "HP:0012418": ("SpO2 ", 78, 91, 1),
    "HP:0025435": ("LDH ", 400, 2500, 1), "HP:0003281": ("ferritin ", 900, 20000, 1),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class StyledNotes:
    """Notes, the index of each note's disease (the number of diseases for "none of these"), the diseases and the release."""

    texts: list[str] = field(repr=False)
    y: np.ndarray = field(repr=False)
    diseases: tuple[Disease, ...] = field(repr=False)
    release: str


def simulate_notes(
    diseases: int | Literal["all"] = 50,
    examples: int = 1000,
    *,
    seed: int = 0,
    none: float = 0.2,
    written: bool = True,
    min_findings: int = MIN_FINDINGS,
    folder: str | os.PathLike[str] | None = None,
) -> StyledNotes:
    """Generate notes in many styles: half of them are the prose of `simulate_vignettes`, the others as clinicians and patients write.

    Besides the ontology's findings, notes of the fifty diseases mention exposures, tests and textbook signs (written by hand). Notes
    of "none of these" are about diseases outside the list, common conditions, a few everyday complaints, or deny everything. No
    exact posterior exists for these notes.

    Args:
        diseases: As for `simulate_vignettes`.
        examples: Number of notes.
        seed: Random seed.
        none: Fraction of the notes that are about none of the diseases.
        written: Whether to write the notes in words. Otherwise each is the tokens of its findings (see `TermFinder.tokens`), as a
            reader without errors would find them, which is much faster.
        min_findings, folder: As for `simulate_vignettes`.

    Example:
        >>> notes = simulate_notes(5, 3, seed=0)
        >>> len(notes.texts), len(notes.diseases)
        (3, 5)
    """
    files = hpo_folder(folder)
    finder, ontology = TermFinder.of_release(folder), read_ontology(files / "hp.obo")
    annotated = annotated_diseases(files, ontology)
    chosen = chosen_diseases(annotated, diseases, min_findings=min_findings)
    source = PatientSampler(chosen, annotated, finder)
    for_labels, for_patients, for_words, for_typos, for_prose = (
        np.random.Generator(np.random.Philox(child)) for child in np.random.SeedSequence([seed, 77]).spawn(5)
    )
    y = for_labels.integers(0, len(chosen), examples)
    y[for_labels.random(examples) < none] = len(chosen)
    plain = (for_labels.random(examples) < PROSE) & (y < len(chosen))
    prose = simulate_vignettes(
        diseases,
        int(plain.sum()),
        seed=int(for_prose.integers(2**31)),
        min_findings=min_findings,
        folder=folder,
        written=written,
    )
    y[plain] = prose.y
    ids = np.array([term.id for term in prose.terms])
    row, texts, choices = 0, [], RandomChoices(for_words)
    phrases = _phrases(ontology, finder)
    for i in range(examples):
        if plain[i]:
            if written:
                texts.append(prose.texts[row])
            else:
                states = prose.findings[row]
                age, male = int(for_patients.integers(1, 90)), bool(for_patients.random() < 0.5)
                patient = Patient(0, list(ids[states == 1]), list(ids[states == -1]), "", age, male)
                texts.append(_tokens(patient, source, for_words))
            row += 1
            continue
        patient = source.patient(int(y[i]), for_patients)
        texts.append(_note(patient, phrases, choices, for_typos) if written else _tokens(patient, source, for_words))
    return StyledNotes(texts, y.astype(np.int64), tuple(chosen), ontology.release)


def _tokens(patient: Patient, source: PatientSampler, rng: np.random.Generator) -> str:
    implied = {ancestor for id in patient.affirmed for ancestor in source.ancestors(id)}
    kept = [token_of(id) for id in patient.affirmed if id not in implied]
    kept += [MARK + token_of(id) for id in patient.negated if id not in implied and id not in patient.affirmed]
    # stated or not, independently: a token of nearly every note would share the work of the model's bias
    who = demographics_of(f"{patient.age}{'M' if patient.male else 'F'}")
    return " ".join([*kept, *(token_of(OWN_PREFIX + name) for name in who if rng.random() < _SAID)])


def _note(
    patient: Patient,
    phrases: Callable[[str, bool, RandomChoices], str],
    choices: RandomChoices,
    rng: np.random.Generator,
) -> str:
    affirmed = [phrases(id, True, choices) for id in patient.affirmed]
    negated = [phrases(id, False, choices) for id in patient.negated]
    relative = phrases(patient.relative, False, choices) if patient.relative else ""
    style = choices.one_of(STYLES)
    text = note_in_style(style, affirmed, negated, relative, patient.age, patient.male, choices)
    if choices.below(2):
        text = misspell(text, _TYPOS, rng)
    kind = choices.below(40)
    if kind == 0:
        text = f"<div><p>{text.replace(chr(10), '<br>')}</p></div>"
    elif kind == 1:
        text = f"{text}\n{text}"  # copied forward
    return text


def _phrases(ontology: Ontology, finder: TermFinder) -> Callable[[str, bool, RandomChoices], str]:
    """Return a function that writes a finding: by hand-written phrase, name, synonym, or as a value."""
    by_name: dict[str, list[str]] = {
        finder.ids[name]: words.split("|") for name, words in [*CLINICAL.items(), *OWN.items()]
    }
    cache: dict[tuple[str, bool], list[str]] = {}

    def options(id: str, affirmed: bool) -> list[str]:
        found = list(by_name.get(id, ()))
        if id in EVERYDAY:
            found += EVERYDAY[id][0 if affirmed else 1]
        found += PLAIN.get(id, ())
        if id in ontology.terms:
            term = ontology.terms[id]
            found += [
                term.name[0].lower() + term.name[1:],
                *(s.text.lower() for s in term.synonyms if s.scope == "EXACT" and len(s.text.split()) <= 4),
            ]
        words = [phrase.removeprefix("is ") for phrase in found]
        return words if affirmed else [w for w in words if not {"no", "not", "cannot"} & set(w.split())] or words

    def write(id: str, affirmed: bool, choices: RandomChoices) -> str:
        if affirmed and id in _VALUES and choices.below(2):
            name, low, high, divisor = _VALUES[id]
            value = low + choices.below(high - low + 1)
            return f"{name}{value / divisor:.1f}" if divisor > 1 else f"{name}{value}"
        if (id, affirmed) not in cache:
            cache[id, affirmed] = options(id, affirmed)
        return choices.one_of(cache[id, affirmed])

    return write
