"""Synthetic clinical notes from the Human Phenotype Ontology, with an exact posterior over diseases."""

from deepbio.datasets.vignettes.annotations import Disease, read_annotations
from deepbio.datasets.vignettes.evidence import AnnotatedEvidence, annotated_evidence
from deepbio.datasets.vignettes.findings import FindingModel
from deepbio.datasets.vignettes.generator import Vignettes, simulate_vignettes
from deepbio.datasets.vignettes.posterior import posterior
from deepbio.datasets.vignettes.selection import choose_diseases
from deepbio.text.ontology import Ontology, Synonym, Term, read_ontology

__all__ = [
    "AnnotatedEvidence",
    "Disease",
    "FindingModel",
    "Ontology",
    "Synonym",
    "Term",
    "Vignettes",
    "annotated_evidence",
    "choose_diseases",
    "posterior",
    "read_annotations",
    "read_ontology",
    "simulate_vignettes",
]
