"""The files of a genome: FASTA encoded once, intervals from BED, GTF and GenBank, genes, variants, and windows as a source."""

from deepbio.genome.encoded import Genome, open_genome
from deepbio.genome.genbank import read_genbank
from deepbio.genome.gene_tables import read_annotation
from deepbio.genome.genes import Annotation, Gene
from deepbio.genome.gtf import read_gtf
from deepbio.genome.intervals import Intervals, read_bed
from deepbio.genome.variants import Variants, VariantWindows, read_vcf
from deepbio.genome.vcf import Record, VcfFile
from deepbio.genome.windows import GenomeWindows

__all__ = [
    "Annotation",
    "Gene",
    "Genome",
    "GenomeWindows",
    "Intervals",
    "Record",
    "VariantWindows",
    "Variants",
    "VcfFile",
    "open_genome",
    "read_annotation",
    "read_bed",
    "read_genbank",
    "read_gtf",
    "read_vcf",
]
