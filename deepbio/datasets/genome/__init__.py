"""Genomes and places in them: a FASTA encoded once, intervals from BED and GTF, and windows as a source."""

from deepbio.datasets.genome.encoded import Genome, open_genome
from deepbio.datasets.genome.intervals import Intervals, read_bed, read_gtf
from deepbio.datasets.genome.windows import GenomeWindows

__all__ = ["Genome", "GenomeWindows", "Intervals", "open_genome", "read_bed", "read_gtf"]
