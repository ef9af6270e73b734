"""The installed ontology and one drawn set of notes, each read once."""

import pytest

from deepbio.datasets.vignettes import read_annotations, read_ontology, simulate_vignettes
from deepbio.text.ontology import hpo_folder


@pytest.fixture(scope="session")
def ontology():
    return read_ontology(hpo_folder() / "hp.obo")


@pytest.fixture(scope="session")
def annotated():
    return read_annotations(hpo_folder() / "phenotype.hpoa")


@pytest.fixture(scope="session")
def notes():
    return simulate_vignettes(50, 3000, seed=1)


@pytest.fixture
def tiny_release(tmp_path):
    """A folder with two short files in the ontology's formats."""
    (tmp_path / "hp.obo").write_text(OBO, encoding="utf-8")
    (tmp_path / "phenotype.hpoa").write_text(HPOA.replace("|", "\t"), encoding="utf-8")
    return tmp_path


OBO = """format-version: 1.2
data-version: hp/releases/2031-02-03
ontology: hp.obo

[Term]
id: HP:0001945
name: Fever
def: "Hot." [x]
synonym: "Fever" EXACT layperson []
synonym: "Hyperthermia" EXACT []
synonym: "Warm \\"skin\\"" BROAD layperson [https://example.org]
is_a: HP:0004370 ! Abnormality of temperature regulation

[Term]
id: HP:0000509
name: Conjunctivitis
synonym: "Pink eye" EXACT layperson [https://example.org]
is_a: HP:0000001 ! All
is_a: HP:0000002 ! Other

[Term]
id: HP:0000003
name: Old name
is_obsolete: true

[Typedef]
id: has_part
name: has part
"""

HPOA = """#version: 2031-02-03
database_id|disease_name|qualifier|hpo_id|reference|evidence|onset|frequency|sex|modifier|aspect|biocuration
ORPHA:1|One disease||HP:0001945|ORPHA:1|TAS||HP:0040281|||P|x
ORPHA:1|One disease||HP:0001945|PMID:1|PCS||1/4|||P|x
ORPHA:1|One disease|NOT|HP:0000509|PMID:1|PCS||3/4|||P|x
ORPHA:1|One disease||HP:0000006|ORPHA:1|TAS||HP:0040280|||I|x
ORPHA:2|Two disease||HP:0000509|ORPHA:2|TAS||45%|||P|x
ORPHA:2|Two disease||HP:0001945|ORPHA:2|TAS||0/7|||P|x
ORPHA:3|No frequency||HP:0001945|ORPHA:3|TAS|||||P|x
OMIM:4|Four disease||HP:0001945|OMIM:4|TAS||2/2|||P|x
"""
