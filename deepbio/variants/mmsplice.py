"""`mmsplice`: the change of the inclusion of exons that each variant of a VCF causes."""

import itertools
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.genome import Genome, Record, VcfFile, open_genome
from deepbio.genome.exons import Exon, Exons, read_exons
from deepbio.variants import output
from deepbio.variants.bcf import check_bcf, write_bcf
from deepbio.variants.exon_inclusion import INTRON, MODULES, delta_logit_psi, exon_parts, module_scores
from deepbio.variants.inputs import as_files, check_chromosomes
from deepbio.variants.rules import left_out
from deepbio.variants.run import Scored, score_file
from deepbio.variants.summary import Summary, compare_reference, scorable

FIELD = "MMSplice"
HEADER = (
    "##INFO=<ID=MMSplice,Number=.,Type=String,Description=\"Change of the logit of an exon's inclusion (PSI) by MMSplice: for each "
    'alternate and gene, the largest of its exons. Format: ALLELE|SYMBOL|EXON_START|EXON_END|DELTA_LOGIT_PSI">'
)
COLUMNS = (
    *output.COLUMNS[:7], "exon_start", "exon_end", "transcripts", "delta_logit_psi",
    *(f"{allele}_{module}" for allele in ("ref", "alt") for module in MODULES),
)  # fmt: skip
NO_EXON = "no exon within 100 bases"
Found = tuple[str, Exon, float, list[float]]  # alternate, exon, change of logit PSI, ten scores


def mmsplice(
    vcf: FilePath,
    *,
    fasta: FilePath,
    annotation: FilePath,
    out: FilePath,
    format: Literal["vcf", "tsv"] = "vcf",
    explain_skips: bool = False,
    index: bool = False,
    max_mismatches: float | None = None,
    chunk: int = 1024,
    progress: Callable[[int, int, float], None] | None = None,
) -> Summary:
    """Score a VCF by MMSplice: the change of the logit of PSI of each exon within 100 bases.

    Args:
        vcf: Path of the VCF, plain, gzip, bgzip or BCF; it is never changed. `"-"` is the standard input.
        fasta: Path of the reference genome.
        annotation: Path of a GTF or GFF3 with the exons. The introns at the ends of a transcript are not read.
        out: Path of the output, written completely or not at all; bgzip if it ends in `.gz`, BCF if it ends in `.bcf`.
        format: `"vcf"` for the INFO field `MMSplice`, which has the exon with the largest change for each alternate and gene, or
            `"tsv"` for a table of all exons with the scores of all modules.
        explain_skips: Whether to write `out` with `.skips.tsv` added.
        index: Whether to index a bgzip VCF (`.tbi`) or a BCF (`.csi`).
        max_mismatches: Fraction (a float) or number (an int) of records whose REF may differ from the FASTA; None is 1%, or two
            records if they are at most a quarter.
        chunk: Number of records that are scored together.
        progress: Function that is called with the number of records done, that of all records, and the seconds since the start.

    Returns:
        The numbers of records that were read, scored and skipped.

    Raises:
        DataError: an input is malformed, no chromosome of the VCF is in the annotation or the FASTA, more records than
            `max_mismatches` do not match the FASTA, or BCF cannot store a record.
        DeepbioError: the output cannot be written.

    Source: Cheng et al. 2019, doi:10.1186/s13059-019-1653-z.
    """
    if format not in ("vcf", "tsv"):
        raise DataError(f"MMSplice's scores are written as 'vcf' or 'tsv'; received {format!r}.")
    path = output.check_output(out, format, inputs=[vcf, fasta, annotation], index=index)
    bcf = format == "vcf" and path.suffix == ".bcf"
    with as_files(vcf, fasta, annotation) as (vcf, fasta, annotation):
        file, genome, exons = VcfFile(vcf), open_genome(fasta), read_exons(annotation)
        total, names = file.scan()
        check_chromosomes(vcf, names, annotation, exons.chromosomes, [exon.chromosome for exon in exons.exons])
        check_chromosomes(vcf, names, fasta, genome.find_name, list(genome.lengths))
        if bcf:
            check_bcf(file, path)
        scorer = ExonScorer(genome, exons)

        def results(records: list[Record]) -> list[Scored]:
            found = scorer(records)
            for record, (scored, effects) in zip(records, found, strict=True):
                scored.lines = [*_table_lines(record, effects)] if format == "tsv" else [_vcf_line(record, effects)]
            return [scored for scored, _ in found]

        head = ["\t".join(COLUMNS)] if format == "tsv" else file.header_with(FIELD, HEADER)
        summary = score_file(
            file, results, path, head, genome, fasta, total=total, chunk=chunk, max_mismatches=max_mismatches,
            explain_skips=explain_skips, progress=progress, write=write_bcf if bcf else output.write_text,
        )  # fmt: skip
    if index:
        output.make_index(path)
    return summary


class ExonScorer:
    """MMSplice's scores of records; see `mmsplice`.

    Args:
        genome: Genome of the variants.
        exons: Exons of the same build.
    """

    def __init__(self, genome: Genome, exons: Exons) -> None:
        self.genome, self.exons = genome, exons

    def __call__(self, records: list[Record]) -> list[tuple[Scored, list[Found]]]:
        """Return, for each record, what was skipped, and the changes of each alternate and exon."""
        found: list[tuple[Scored, list[Found]]] = [(Scored(), []) for _ in records]
        owners: list[tuple[int, str, Exon]] = []
        parts = []
        for i, record in enumerate(records):
            for alternate, exon, codes in self._entries(record, found[i][0]):
                owners.append((i, alternate, exon))
                change = (record.position, record.reference.upper(), alternate.upper())
                parts += [exon_parts(codes, exon), exon_parts(codes, exon, change)]
        if not owners:
            return found
        scores = module_scores(parts)
        changes = delta_logit_psi(scores[::2], scores[1::2])
        for (i, alternate, exon), change, pair in zip(owners, changes, scores.reshape(-1, 10), strict=True):
            found[i][0].scored = True
            found[i][1].append((alternate, exon, float(change), pair.tolist()))
        return found

    def _entries(self, record: Record, scored: Scored) -> Iterator[tuple[str, Exon, np.ndarray]]:
        """Return alternate, exon and chromosome of what can be scored; add the reasons why the rest cannot."""
        chromosome = self.genome.find_name(record.chromosome)
        last = record.position + len(record.reference) - 1
        exons = self.exons.near(record.chromosome, record.position, last, intron=INTRON)
        left = [left_out(alternate) for alternate in record.alternates]
        reason = None
        if not record.alternates:
            reason = "no alternate allele"
        elif not exons:
            reason = NO_EXON
        elif chromosome is None:
            reason = "chromosome not in the FASTA"
        elif not 1 <= record.position <= self.genome.lengths[chromosome]:
            reason = "position beyond the chromosome"
        elif None in left:  # otherwise no sequence is compared
            reason, scored.checked = compare_reference(self.genome, chromosome, record)
        for alternate in scorable(record, reason, scored.skipped):
            for exon in exons:
                yield alternate, exon, self.genome[str(chromosome)]


def _vcf_line(record: Record, effects: list[Found]) -> str:
    """Return the line with the exon of largest change for each alternate and gene, or unchanged if there is none."""
    entries = []
    for (alternate, gene), group in itertools.groupby(
        sorted(effects, key=lambda found: (record.alternates.index(found[0]), found[1].gene)),
        key=lambda found: (found[0], found[1].gene),
    ):
        _, exon, change, _ = max(group, key=lambda found: abs(found[2]))
        entries.append(f"{alternate}|{gene}|{exon.start}|{exon.end}|{change:.4f}")
    return record.with_info(FIELD, entries) if entries else record.line


def _table_lines(record: Record, effects: list[Found]) -> Iterator[str]:
    for alternate, exon, change, scores in effects:
        cells = [exon.gene, exon.strand, str(exon.start), str(exon.end), ",".join(exon.transcripts)]
        numbers = [f"{value:.7g}" for value in (change, *scores)]
        yield "\t".join([*output.record_cells(record, alternate), *cells, *numbers])
