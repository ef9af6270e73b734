"""Patients of listed diseases, of others and of none: what each may have, and what a note about them may deny."""

import numpy as np
import pytest

from deepbio.datasets.vignettes.generator import annotated_diseases, chosen_diseases
from deepbio.datasets.vignettes.patients import AGES, MAX_OVERLAP, PatientSampler
from deepbio.text.findings import TermFinder
from deepbio.text.ontology import hpo_folder, read_ontology

NONE = 50


@pytest.fixture(scope="module")
def diseases():
    files = hpo_folder()
    annotated = annotated_diseases(files, read_ontology(files / "hp.obo"))
    return chosen_diseases(annotated, NONE), annotated


@pytest.fixture(scope="module")
def sampler(diseases):
    chosen, annotated = diseases
    return PatientSampler(chosen, annotated, TermFinder.of_release())


def drawn(sampler, label, number, seed=0):
    rng = np.random.Generator(np.random.Philox(seed))
    return [sampler.patient(label, rng) for _ in range(number)]


def test_a_note_denies_nothing_that_it_affirms_or_implies(sampler):
    for label in (0, 24, NONE):
        for patient in drawn(sampler, label, 300):
            implied = set(patient.affirmed).union(*(sampler.ancestors(id) for id in patient.affirmed))
            assert not implied & set(patient.negated)


def test_a_sick_patient_has_at_least_two_findings_and_the_disease_commonest_more_often(sampler, diseases):
    kawasaki = [disease.name for disease in diseases[0]].index("Kawasaki disease")
    patients = drawn(sampler, kawasaki, 600)
    assert min(len(p.affirmed) for p in patients) >= 2
    tongue = np.mean(["HP:0031042" in p.affirmed for p in patients])
    assert tongue > 0.3  # one of the first cues
    elsewhere = np.mean(["HP:0031042" in p.affirmed for p in drawn(sampler, NONE, 600)])
    assert elsewhere < 0.02


def test_ages_follow_the_disease_in_three_of_four_patients(sampler, diseases):
    kawasaki = [disease.name for disease in diseases[0]].index("Kawasaki disease")
    low, high = AGES["infant or small child"]
    share = np.mean([low <= p.age <= high for p in drawn(sampler, kawasaki, 600)])
    assert share == pytest.approx(0.75 + 0.25 * 4 / 89, abs=0.06)


def test_patients_of_none_have_little_common_deny_everything_or_have_another_disease(sampler):
    patients = drawn(sampler, NONE, 1000)
    silent = np.mean([not p.affirmed for p in patients])
    assert 0.12 < silent < 0.30  # 12% have nothing; of the visits and complaints some mention nothing known
    assert np.mean([len(p.affirmed) >= 3 for p in patients]) > 0.4
    assert {p.label for p in patients} == {NONE}


def test_no_unlisted_disease_is_nearly_a_listed_one(sampler, diseases):
    chosen, annotated = diseases
    listed = {disease.id for disease in chosen}
    used = {profile.ids for profile in sampler._unlisted}
    for disease in annotated:
        if tuple(disease.frequency) in used and disease.id not in listed:
            own = set(disease.frequency)
            overlap = max(len(own & set(d.frequency)) / len(own | set(d.frequency)) for d in chosen)
            assert overlap <= MAX_OVERLAP
