"""`PatientSampler`: patients of listed diseases, of others and of none, as sets of findings that a note affirms or negates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deepbio.datasets.vignettes.annotations import Disease
from deepbio.datasets.vignettes.cues import COMMON, CUES
from deepbio.datasets.vignettes.findings import CERTAIN
from deepbio.text.everyday import EVERYDAY
from deepbio.text.findings import OWN_PREFIX, ROOT, TermFinder

AGES = {
    "infant or small child": (1, 4),
    "child": (5, 17),
    "young adult": (18, 39),
    "middle age": (40, 59),
    "old age": (60, 89),
}
MAX_OVERLAP = 0.2  # of an unlisted disease with a listed one; above, the two notes could be the same
_CUE_PROBABILITY = (0.5, 0.35, 0.2)  # of the first, second and last third of a disease's cues
_HYPERNYM = 0.1


class Patient(NamedTuple):
    """Findings by id that a note affirms and negates, one of a relative, age and sex; `label` is the disease's index."""

    label: int
    affirmed: list[str]
    negated: list[str]
    relative: str
    age: int
    male: bool


@dataclass(frozen=True, eq=False)
class _Profile:
    ids: tuple[str, ...]
    frequency: np.ndarray
    mention: float
    cues: tuple[str, ...]
    cue_probability: np.ndarray
    ages: tuple[str, ...]
    sex: str


class PatientSampler:
    """A source of patients.

    Args:
        chosen: Listed diseases.
        annotated: All diseases; those that overlap little with a listed one are "none of these".
        finder: Finder of the same release.
    """

    def __init__(self, chosen: Sequence[Disease], annotated: Sequence[Disease], finder: TermFinder) -> None:
        self.finder = finder
        self._ancestors: dict[str, frozenset[str]] = {}
        self._listed = [self._profile(disease) for disease in chosen]
        sets = [frozenset(disease.frequency) for disease in chosen]
        listed = {disease.id for disease in chosen}
        self._unlisted = [
            self._profile(disease)
            for disease in annotated
            if disease.id not in listed
            and len(disease.frequency) >= 5
            and _overlap(frozenset(disease.frequency), sets) <= MAX_OVERLAP
        ]
        self._common = [
            [term.id for term in finder.find(", ".join(words.split("|"))) if not term.negated] for words in COMMON
        ]
        self._terms = sorted(set().union(*sets))
        self._everyday = list(EVERYDAY)

    def patient(self, label: int, rng: np.random.Generator) -> Patient:
        """Draw a patient of the disease with index `label`, or with none of them if it is the number of diseases."""
        if label < len(self._listed):
            return self._sick(label, self._listed[label], rng)
        kind = rng.random()
        if kind < 0.45:
            return self._sick(label, self._unlisted[int(rng.integers(len(self._unlisted)))], rng)
        age, male = int(rng.integers(1, 90)), bool(rng.random() < 0.5)
        if kind < 0.75:
            findings = self._common[int(rng.integers(len(self._common)))]
            affirmed = [id for id in findings if rng.random() < 0.75]
        elif kind < 0.88:
            affirmed = [
                self._everyday[i] for i in rng.choice(len(self._everyday), int(rng.integers(0, 4)), replace=False)
            ]
            affirmed += [self._terms[int(rng.integers(len(self._terms)))]] if rng.random() < 0.3 else []
        else:
            affirmed = []
        negated = self._negated(set(affirmed), rng, max_fraction=1.0 if kind >= 0.88 else 0.5)
        return Patient(label, list(dict.fromkeys(affirmed)), negated, self._relative(rng), age, male)

    def ancestors(self, id: str) -> frozenset[str]:
        """Return the more general terms of one, cached."""
        if id not in self._ancestors:
            self._ancestors[id] = frozenset(self.finder.ancestors(id))
        return self._ancestors[id]

    def _profile(self, disease: Disease) -> _Profile:
        names = [name for name in CUES.get(disease.name, "").split("|") if name]
        ages = tuple(name for name in names if name in AGES)
        sex = next((name for name in names if name in ("woman", "man")), "")
        cues = [name for name in names if name not in AGES and name not in ("woman", "man")]
        place = np.arange(len(cues)) * 3 // max(len(cues), 1)
        frequency = np.minimum(np.array(list(disease.frequency.values())), CERTAIN)
        mentioned = 3.5 if cues else 6.5
        return _Profile(
            tuple(disease.frequency),
            frequency,
            min(1.0, mentioned / max(frequency.sum(), 1e-9)),
            tuple(self.finder.ids[name] for name in cues),
            np.array(_CUE_PROBABILITY)[place] if cues else np.zeros(0),
            ages,
            sex,
        )

    def _sick(self, label: int, profile: _Profile, rng: np.random.Generator) -> Patient:
        has = rng.random(len(profile.ids)) < profile.frequency
        mentioned = has & (rng.random(len(has)) < profile.mention)
        cued = rng.random(len(profile.cues)) < profile.cue_probability
        affirmed = [profile.ids[i] for i in np.flatnonzero(mentioned)] + [profile.cues[i] for i in np.flatnonzero(cued)]
        while len(affirmed) < 3:  # a note about a disease says more than "a fever"
            pool = profile.cues or profile.ids
            affirmed.append(pool[int(rng.integers(len(pool)))])
        owned = {profile.ids[i] for i in np.flatnonzero(has)} | set(affirmed)
        if rng.random() < 0.5:
            affirmed.append(self._everyday[int(rng.integers(len(self._everyday)))])
        if rng.random() < 0.3:
            affirmed.append(self._terms[int(rng.integers(len(self._terms)))])
        affirmed = [self._general(id, rng) for id in affirmed]
        low, high = (
            AGES[profile.ages[int(rng.integers(len(profile.ages)))]]
            if profile.ages and rng.random() < 0.75
            else (1, 89)
        )
        male = rng.random() < (0.5 if not profile.sex else 0.25 if profile.sex == "woman" else 0.75)
        negated = self._negated(owned | set(affirmed), rng, max_fraction=0.4, own=profile)
        return Patient(
            label,
            list(dict.fromkeys(affirmed)),
            negated,
            self._relative(rng),
            int(rng.integers(low, high + 1)),
            bool(male),
        )

    def _general(self, id: str, rng: np.random.Generator) -> str:
        """Return a finding, or sometimes a more general one."""
        if rng.random() >= _HYPERNYM:
            return id
        parents = [
            parent for parent in self.finder.parents.get(id, ()) if parent != ROOT and len(self.ancestors(parent)) > 3
        ]
        return parents[int(rng.integers(len(parents)))] if parents else id

    def _negated(
        self, present: set[str], rng: np.random.Generator, *, max_fraction: float, own: _Profile | None = None
    ) -> list[str]:
        """Draw findings that the note negates: everyday ones, those of another listed disease, and own ones that are absent."""
        implied = present.union(*(self.ancestors(id) for id in present)) if present else set()
        pool: list[str] = []
        if rng.random() < 0.7:
            pool += [self._everyday[i] for i in rng.choice(len(self._everyday), int(rng.integers(1, 6)), replace=False)]
        if rng.random() < max_fraction:
            other = self._listed[int(rng.integers(len(self._listed)))]
            pool += self._some(other, int(rng.integers(1, 8 if max_fraction == 1.0 else 4)), rng)
        if own is not None and rng.random() < 0.25:
            pool += self._some(own, 2, rng)
        return [id for id in dict.fromkeys(pool) if id not in implied]

    def _some(self, profile: _Profile, number: int, rng: np.random.Generator) -> list[str]:
        ids = [
            id for id in (*profile.cues[:10], *profile.ids[:20]) if not id.startswith(OWN_PREFIX) or rng.random() < 0.2
        ]
        return [ids[i] for i in rng.choice(len(ids), min(number, len(ids)), replace=False)] if ids else []

    def _relative(self, rng: np.random.Generator) -> str:
        return self._terms[int(rng.integers(len(self._terms)))] if rng.random() < 0.15 else ""


def _overlap(a: frozenset[str], others: Sequence[frozenset[str]]) -> float:
    shared = ((len(a & b), len(b)) for b in others if not a.isdisjoint(b))
    return max((n / (len(a) + size - n) for n, size in shared), default=0.0)
