"""What a run read, scored and skipped, and whether the genome fits the variants."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepbio.errors import DataError

NO_GENE = "no gene"
MISMATCH = "REF does not match the FASTA"
_FEW = 10  # mismatches that any file may have before the build is doubted, while it is still being read


@dataclass
class Summary:
    """What a run did.

    Args:
        records: Number of records that were read, in this shard.
        scored: Number of records with at least one entry.
        checked: Number of records whose REF was compared with the FASTA.
        skipped: Number of times that each reason occurred. `no gene` counts records that pass through unchanged.
        seconds: Duration of this run.
        out: Path of the output.
    """

    records: int = 0
    scored: int = 0
    checked: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    out: Path | None = None

    def add(self, counts: dict[str, Any]) -> None:
        """Add the counts of a chunk."""
        self.records += counts["records"]
        self.scored += counts["scored"]
        self.checked += counts["checked"]
        self.skipped = dict(Counter(self.skipped) + Counter(counts["skipped"]))

    def check_build(self, max_mismatches: float, fasta: str | os.PathLike[str], *, final: bool) -> None:
        """Check that at most a fraction `max_mismatches` of the records had another REF than the FASTA.

        Until the `final` check a few mismatches are allowed in any case.

        Raises:
            DataError: more records had another REF, so the FASTA is probably of another build.
        """
        wrong = self.skipped.get(MISMATCH, 0)
        if wrong > max_mismatches * self.checked and (final or wrong >= _FEW):
            raise DataError(
                f"{wrong} of {self.checked} records have a REF that {fasta} does not have at their position; at most "
                f"{max_mismatches:.1%} may. The FASTA looks like another genome build than the VCF's. Nothing was written."
            )


def count(scored: Iterable[bool], checked: Iterable[bool], skipped: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the counts of a chunk: of each record, whether it was scored and compared, and the reasons of what was skipped."""
    reasons = Counter(reason for of_record in skipped for reason in of_record)
    return {"records": len(skipped), "scored": sum(scored), "checked": sum(checked), "skipped": dict(reasons)}
