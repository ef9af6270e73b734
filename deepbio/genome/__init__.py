"""Genomes and places in them: a FASTA encoded once, intervals from BED, GTF and GenBank, variants, and windows as a source."""

from deepbio.genome.encoded import Genome, open_genome
from deepbio.genome.genbank import read_genbank
from deepbio.genome.intervals import Intervals, read_bed, read_gtf
from deepbio.genome.variants import Variants, VariantWindows
from deepbio.genome.vcf import read_vcf
from deepbio.genome.windows import GenomeWindows

__all__ = [
    "Genome",
    "GenomeWindows",
    "Intervals",
    "VariantWindows",
    "Variants",
    "open_genome",
    "read_bed",
    "read_genbank",
    "read_gtf",
    "read_vcf",
]
