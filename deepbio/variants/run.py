"""One pass over a VCF for scores that need no chunks on disk: batches of records in, lines out, all counted."""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deepbio.files import FilePath
from deepbio.genome import Genome, Record, VcfFile
from deepbio.variants import output
from deepbio.variants.summary import Summary, count


@dataclass
class Scored:
    """Lines of one record, reasons of what was skipped, whether it has a score, and whether its REF says anything of the build."""

    lines: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    scored: bool = False
    checked: bool = False


def score_file(
    file: VcfFile, score: Callable[[list[Record]], Sequence[Scored]], path: Path, head: Sequence[str], genome: Genome,
    fasta: FilePath, *, total: int, chunk: int, max_mismatches: float | None, explain_skips: bool,
    progress: Callable[[int, int, float], None] | None,
    write: Callable[[Path, Iterable[str]], None] = output.write_text,
) -> Summary:  # fmt: skip
    """Score the records of a VCF and write their lines, completely or not at all.

    Args:
        file: VCF.
        score: Function of some records that returns what to write for each.
        path: Path of the output.
        head: First lines of the output.
        genome: Genome of the variants.
        fasta: Path of the genome, for messages.
        total: Number of records, for `progress`.
        chunk: Number of records that are read together.
        max_mismatches: See `Summary.check_build`.
        explain_skips: Whether to write `path` with `.skips.tsv` added.
        progress: Function that is called with the number of records done, that of all records, and the seconds since the start.
        write: Function that writes texts to a path.

    Returns:
        The numbers of records that were read, scored and skipped.

    Raises:
        DataError: an input is malformed, or is of another genome build.
    """
    start, summary = time.monotonic(), Summary(out=path)

    def texts() -> Iterator[str]:
        yield output.as_text(head)
        records = file.records()
        while batch := list(itertools.islice(records, chunk)):
            found = score(batch)
            if explain_skips:
                pairs = zip(batch, found, strict=True)
                skips.writelines(output.as_text(output.skip_lines(record, each.skipped)) for record, each in pairs)
            yield from (output.as_text(each.lines) for each in found)
            results = [(each.scored, each.checked, each.skipped) for each in found]
            summary.add(count(genome, batch, results, first=summary.records))
            summary.check_build(max_mismatches, fasta, final=False)
            if progress is not None:
                progress(summary.records, total, time.monotonic() - start)
        summary.check_build(max_mismatches, fasta, final=True)

    with tempfile.TemporaryFile("w+", encoding="utf-8") as skips:
        write(path, texts())
        if explain_skips:
            skips.seek(0)
            output.write_skips(path, skips)
    summary.seconds = time.monotonic() - start
    return summary
