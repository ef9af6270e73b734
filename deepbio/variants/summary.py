"""What a run read, scored and skipped, and whether the genome fits the variants."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.genome import Genome, Record
from deepbio.genome.encoded import reduced
from deepbio.sequence import decode, encode
from deepbio.variants.rules import left_out

log = logging.getLogger("deepbio")

NO_GENE = "no gene"
MISMATCH = "REF does not match the FASTA"
_FEW = 2  # mismatches that any file may have if most records match
_EARLY = 10  # mismatches before the build is doubted while the file is still being read
_USUAL = 0.01  # fraction of mismatches that any file may have
# Of two builds, some three of four positions differ; fewer than this fraction is no sign of another build in a small file.
_DOUBTFUL = 0.25


@dataclass
class Summary:
    """What a run did.

    Args:
        records: Number of records that were read, in this shard.
        scored: Number of records with at least one entry.
        checked: Number of records whose REF was compared with the FASTA.
        mismatched: Number of these records whose REF the FASTA does not have.
        first_mismatch: Number of the first of them, from 0, and its place and bases.
        skipped: Number of times that each reason occurred. `no gene` counts records that pass through unchanged.
        seconds: Duration of this run.
        out: Path of the output.
    """

    records: int = 0
    scored: int = 0
    checked: int = 0
    mismatched: int = 0
    first_mismatch: tuple[int, str] | None = None
    skipped: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    out: Path | None = None

    def add(self, counts: dict[str, Any]) -> None:
        """Add the counts of a chunk."""
        for name in ("records", "scored", "checked", "mismatched"):
            setattr(self, name, getattr(self, name) + counts[name])
        self.skipped = dict(Counter(self.skipped) + Counter(counts["skipped"]))
        if counts["first_mismatch"] is not None:
            first = (counts["first_mismatch"][0], counts["first_mismatch"][1])
            self.first_mismatch = min(first, self.first_mismatch or first)

    def check_build(self, max_mismatches: float | None, fasta: FilePath, *, final: bool) -> None:
        """Check that few records have another REF than the FASTA.

        Args:
            max_mismatches: Fraction (a float) or number (an int) of records that may; None is 1%, or two records if they are
                at most a quarter.
            fasta: Path of the FASTA, for messages.
            final: Whether all records were read. Until then a few mismatches are allowed in any case. At last, those that are
                allowed are logged as a warning.

        Raises:
            DataError: more records had another REF, so the FASTA is probably of another build.
        """
        wrong = self.mismatched
        allowed = max_mismatches if isinstance(max_mismatches, int) else (max_mismatches or 0.0) * self.checked
        if max_mismatches is None:
            allowed = max(_USUAL * self.checked, min(_FEW, _DOUBTFUL * self.checked))
        if not wrong or not (final or (wrong > allowed and wrong >= _EARLY)):
            return
        _, first = self.first_mismatch or (0, "")
        found = f"{wrong} of {self.checked} records have a REF that {fasta} does not have at their position; first at {first}."
        if wrong <= allowed:
            log.warning("%s They were skipped. If there were many, the FASTA would be of another genome build.", found)
            return
        usual = "1%, or two of a small file," if max_mismatches is None else f"{max_mismatches}"
        raise DataError(
            f"{found} At most {usual} may. The FASTA looks like another genome build than the VCF's; if it is not, allow more with "
            "max_mismatches (on the command line --max-mismatches). Nothing was written."
        )


def compare_reference(genome: Genome, chromosome: str, record: Record) -> tuple[str | None, bool]:
    """Return the reason why a record does not fit the genome, or None, and whether its REF says anything about the build.

    REF is compared letter by letter, N too; an N against a base does not fit. REF N says nothing.

    Args:
        genome: Genome.
        chromosome: Name of the chromosome in the FASTA.
        record: Record whose position lies on the chromosome.
    """
    start = record.position - 1
    there = genome.bases(chromosome, start, start + len(record.reference))
    given = encode(reduced(record.reference))
    if np.array_equal(there, given):
        return None, bool((given < 4).any())
    if len(there) < len(given):
        return MISMATCH, True
    return MISMATCH, bool(((there != given) & (given < 4)).any())


def scorable(record: Record, reason: str | None, skipped: list[str]) -> Iterator[str]:
    """Yield the alternates of a record that can be scored, and add to `skipped` why the rest cannot.

    Args:
        record: Record.
        reason: Reason why no alternate can be scored, or None.
        skipped: List that is added to.
    """
    if reason is not None:
        skipped.append(reason)
        return
    for alternate in record.alternates:
        why = left_out(alternate)
        if why is None:
            yield alternate
        else:
            skipped.append(why)


def describe_mismatch(genome: Genome, record: Record) -> str:
    """Return place and bases of a record whose REF the genome does not have."""
    chromosome, start = genome.find_name(record.chromosome), record.position - 1
    found = "" if chromosome is None else decode(genome.bases(chromosome, start, start + len(record.reference))[:20])
    place = f"{record.chromosome}:{record.position}"
    return f"{record.where} ({place} has REF {record.reference[:20]}, the FASTA {found or 'no base'})"


def count(
    genome: Genome, records: Sequence[Record], results: Sequence[tuple[bool, bool, Sequence[str]]], *, first: int
) -> dict[str, Any]:
    """Return the counts of a chunk.

    Args:
        genome: Genome of the records.
        records: Records of the chunk.
        results: Of each record, whether it was scored, whether its REF says anything about the build, and why it was skipped.
        first: Number of the first record, from 0.
    """
    wrong = [i for i, (_, checked, skipped) in enumerate(results) if checked and MISMATCH in skipped]
    return {
        "records": len(records),
        "scored": sum(scored for scored, _, _ in results),
        "checked": sum(checked for _, checked, _ in results),
        "mismatched": len(wrong),
        "first_mismatch": [first + wrong[0], describe_mismatch(genome, records[wrong[0]])] if wrong else None,
        "skipped": dict(Counter(reason for _, _, skipped in results for reason in skipped)),
    }
