"""Reading hp.obo."""

import pytest

from deepbio.datasets.vignettes import Synonym, read_ontology
from deepbio.errors import DataError


def test_names_synonyms_parents_and_release_are_read(tiny_release):
    ontology = read_ontology(tiny_release / "hp.obo")
    assert ontology.release == "2031-02-03"
    fever = ontology.terms["HP:0001945"]
    assert fever.name == "Fever"
    assert fever.synonyms[1] == Synonym("Hyperthermia", "EXACT", "")
    assert fever.parents == ("HP:0004370",)
    assert ontology.terms["HP:0000509"].parents == ("HP:0000001", "HP:0000002")


def test_only_exact_layperson_synonyms_are_plain_words(tiny_release):
    terms = read_ontology(tiny_release / "hp.obo").terms
    assert terms["HP:0001945"].layperson == ("Fever",)
    assert terms["HP:0000509"].layperson == ("Pink eye",)


def test_obsolete_terms_and_other_blocks_are_left_out(tiny_release):
    assert sorted(read_ontology(tiny_release / "hp.obo").terms) == ["HP:0000509", "HP:0001945"]


def test_the_installed_release_says_pink_eye_for_conjunctivitis(ontology):
    # https://hpo.jax.org/browse/term/HP:0000509
    assert ontology.terms["HP:0000509"].layperson == ("Pink eye",)
    assert "HP:0000001" in ontology.terms
    assert all(parent in ontology.terms for term in ontology.terms.values() for parent in term.parents)


def test_a_file_that_is_no_ontology_or_not_there_is_refused(tmp_path):
    (tmp_path / "a.obo").write_text("hello")
    with pytest.raises(DataError, match=r"\[Term\]"):
        read_ontology(tmp_path / "a.obo")
    with pytest.raises(DataError, match="there is none"):
        read_ontology(tmp_path / "b.obo")
    (tmp_path / "c.obo").write_text("x\n[Term]\nid: HP:1\nis_a: HP:2\n")
    with pytest.raises(DataError, match="id and name"):
        read_ontology(tmp_path / "c.obo")
