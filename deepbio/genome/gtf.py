"""GTF and GFF files: one parser of their lines, and their features as intervals."""

import re
from pathlib import Path
from typing import NamedTuple

from deepbio.errors import DataError
from deepbio.files import FilePath, read_text
from deepbio.genome.intervals import Intervals, numbered_lines, read_score, whole_number

# `key "value"` of GTF or `key=value` of GFF; a quoted value may contain a semicolon
_ATTRIBUTE = re.compile(r'([^\s=;"]+)(?:\s*=\s*|\s+)(?:"([^"]*)"|([^;]*))')
# Features that are neither genes, nor transcripts, nor exons
_SKIPPED = frozenset(
    ("region", "chromosome", "CDS", "five_prime_UTR", "three_prime_UTR", "UTR", "start_codon", "stop_codon")
)


class GtfLine(NamedTuple):
    """One line of a GTF or GFF file; `start` and `end` are 1-based, both included."""

    where: str
    number: int
    feature: str
    chromosome: str
    start: int
    end: int
    score: float
    strand: str
    attributes: list[tuple[str, str]]


def gtf_lines(path: Path, text: str, feature: str | None) -> list[GtfLine]:
    """Return the lines of one feature, or of all but sequences if it is None.

    Raises:
        DataError: there is no such line, or a line has too few columns or a position that is no whole number; with file and line.

    Source: the GTF2.2 and GFF3 specifications.

    Example:
        >>> (line,) = gtf_lines(Path("a.gtf"), 'chr1\\tx\\tgene\\t6\\t9\\t.\\t+\\t.\\tgene_id "g1"; note "a;b";', "gene")
        >>> line.start, line.attributes
        (6, [('gene_id', 'g1'), ('note', 'a;b')])
    """
    found, features = [], set()
    for number, line in numbered_lines(text):
        if line.startswith("##FASTA"):
            break
        if line.startswith("#"):
            continue
        where = f"{path}, line {number}"
        cells = line.split("\t")
        if len(cells) < 8:
            raise DataError(f"{where}: expected 9 columns split by tabs; found {len(cells)}.")
        features.add(cells[2])
        if cells[2] == feature or (feature is None and cells[2] not in _SKIPPED):
            start, end = whole_number(cells[3], where), whole_number(cells[4], where)
            if end < start:
                raise DataError(f"{where}: {cells[0]}:{start}-{end} is reversed.")
            attributes = [
                (key, quoted or plain.strip()) for key, quoted, plain in _ATTRIBUTE.findall("".join(cells[8:9]))
            ]
            score = read_score(cells[5], where)
            found.append(GtfLine(where, number, cells[2], cells[0], start, end, score, cells[6], attributes))
    if not found:
        others = ", ".join(sorted(features)) or "none"
        raise DataError(f"{path}: there is no line of the feature {feature!r}; there are {others}.")
    return found


def read_gtf(path: FilePath, *, feature: str = "gene") -> Intervals:
    """Read the lines of one feature from a GTF or GFF file, plain or gzip, as intervals that are 0-based and half open.

    The name of an interval is the first of `gene_id`, `ID` and `Name` in the last column.

    Raises:
        DataError: the file does not exist, has no line of the feature, or a line is malformed; with file and line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.gtf"
        >>> _ = path.write_text('chr1\\tx\\tgene\\t6\\t9\\t.\\t+\\t.\\tgene_id "g1";\\n')
        >>> found = read_gtf(path)
        >>> found.starts.tolist(), found.ends.tolist(), found.names.tolist()
        ([5], [9], ['g1'])
    """
    file = Path(path)
    rows = []
    for line in gtf_lines(file, read_text(file), feature):
        name = next((value for key, value in line.attributes if key in ("gene_id", "ID", "Name")), "")
        start, strand = line.start - 1, line.strand.replace("?", ".")
        rows.append((line.chromosome, start, line.end, strand, name, line.score, (start + line.end) // 2, line.number))
    return Intervals.from_rows(file, rows)
