"""GenBank files, read with Biopython: their sequences as a genome, and their features as intervals in it."""

import hashlib
import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.files import read_content
from deepbio.genome.encoded import Genome, record_starts
from deepbio.genome.intervals import Intervals
from deepbio.sequence import encode

_NAMES = ("locus_tag", "gene", "product", "note")


def read_genbank(
    path: str | os.PathLike[str], *, feature: str = "CDS", parts: bool = False
) -> tuple[Genome, Intervals]:
    """Read all records of a GenBank flat file, plain or gzip, and their features of one kind.

    Pass both results to `GenomeWindows` for windows around the features.

    Args:
        path: Path of the file.
        feature: Kind of feature, such as `"CDS"`, `"gene"` or `"exon"`.
        parts: Whether each part of a joined feature (each exon of a CDS) is an interval of its own; otherwise the interval is from
            the first base to the last.

    Returns:
        The genome, in memory, and its intervals, 0-based and half open. Their names are those of `locus_tag`, `gene`, `product` or
        `note`, `lines` contains the number of the feature in its record, from 1, and strands are `.` if parts lie on both.

    Raises:
        DataError: the file is no GenBank, a record has no sequence or the name of another, or no feature of the kind exists, or one
            ends beyond the record.

    Source: the DDBJ/ENA/GenBank feature table definition.
    """
    from Bio import SeqIO
    from Bio.Seq import UndefinedSequenceError

    file = Path(path)
    content = read_content(file)
    if not content.lstrip().startswith(b"LOCUS"):
        found = content.lstrip()[:20].decode("latin-1")
        raise DataError(f"{file}: expected a GenBank file, which begins with LOCUS; found {found!r}.")
    lengths: dict[str, int] = {}
    codes, rows, kinds = [], [], set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Biopython warns of a malformed line and guesses
            # many programs write the first line with other columns; nothing of it is used
            warnings.filterwarnings("ignore", message="Attempting to parse malformed locus line")
            records = list(SeqIO.parse(io.StringIO(content.decode("utf-8")), "genbank"))
    except Exception as error:  # Biopython raises many classes, AssertionError among them
        raise DataError(f"{file}: the GenBank file cannot be read ({str(error)[:200]}). Download it again.") from error
    for record in records:
        where = f"{file}, record {record.id!r}"
        if record.id in lengths:
            raise DataError(f"{file}: the record name {record.id!r} occurs twice. Each record needs a name of its own.")
        try:
            bases = bytes(record.seq)
            if not bases:
                raise UndefinedSequenceError
            codes.append(encode(bases))
        except UndefinedSequenceError as error:
            raise DataError(f"{where}: there is no sequence after ORIGIN. Download it in full.") from error
        except DataError as error:
            raise DataError(f"{where}: {error}") from error
        lengths[record.id] = len(bases)
        for number, found in enumerate(record.features, start=1):
            kinds.add(found.type)
            if found.type == feature:
                rows += _rows(where, record.id, len(bases), number, found, parts)
    if not rows:
        raise DataError(f"{file}: there is no feature {feature!r}. {nearest(feature, kinds)}")
    genome = Genome(file, lengths, record_starts(lengths), np.concatenate(codes), hashlib.sha256(content).hexdigest())
    return genome, Intervals.from_rows(file, rows)


def _rows(where: str, record: str, length: int, number: int, found: Any, parts: bool) -> list[tuple]:
    if found.location is None:
        raise DataError(f"{where}, feature {number}: its location cannot be read.")
    name = next((found.qualifiers[key][0] for key in _NAMES if key in found.qualifiers), "")
    rows = []
    for location in found.location.parts if parts else [found.location]:
        start, end = int(location.start), int(location.end)
        if start < 0 or end <= start or end > length:
            raise DataError(f"{where}, feature {number}: {start + 1}..{end} does not lie in its {length} bases.")
        strand = {1: "+", -1: "-"}.get(location.strand, ".")
        rows.append((record, start, end, strand, name, np.nan, (start + end) // 2, number))
    return rows
