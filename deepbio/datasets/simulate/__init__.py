"""Simulators with known truth: DNA with planted motifs, images with planted lesions."""

from deepbio.datasets.simulate.jaspar import Motif, read_motifs
from deepbio.datasets.simulate.lesions import LesionImages, simulate_lesions
from deepbio.datasets.simulate.motifs import MotifSequences, Planted, simulate_motifs

__all__ = ["LesionImages", "Motif", "MotifSequences", "Planted", "read_motifs", "simulate_lesions", "simulate_motifs"]
