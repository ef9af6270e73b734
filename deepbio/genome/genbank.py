"""GenBank files through Biopython: their sequences as a genome, and their features as intervals in it."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.files import read_content
from deepbio.genome.encoded import Genome
from deepbio.genome.intervals import Intervals
from deepbio.sequence import encode

_NAMES = ("locus_tag", "gene", "product", "note")


def read_genbank(
    path: str | os.PathLike[str], *, feature: str = "CDS", parts: bool = False
) -> tuple[Genome, Intervals]:
    """Read a GenBank flat file, plain or gzip: all its records in memory, and the features of one kind.

    Give both to `GenomeWindows` for windows around the features.

    Args:
        path: the file.
        feature: kind of feature, such as `"CDS"`, `"gene"` or `"exon"`.
        parts: True gives each part of a merge_splits feature (each exon of a CDS) as an interval of its own; False gives one from
            the first base to the last.

    Returns:
        the genome, and intervals 0-based and half open, named by `locus_tag`, `gene`, `product` or `note`; `lines` holds the
        number of the feature in its record, from 1. Strands are `.` where parts lie on both.

    Raises:
        DataError: no such file, no GenBank, a record without sequence, a name that occurs twice, no such feature, or one
            beyond the record's end.

    Source: the DDBJ/ENA/GenBank feature table definition.
    """
    from Bio import SeqIO
    from Bio.Seq import UndefinedSequenceError

    place = Path(path)
    content = read_content(place)
    if not content.lstrip().startswith(b"LOCUS"):
        found = content.lstrip()[:20].decode("latin-1")
        raise DataError(f"{place}: expected a GenBank file, which begins with LOCUS; found {found!r}.")
    lengths: dict[str, int] = {}
    codes, rows, kinds = [], [], set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Biopython warns of a malformed line and guesses
            # many programs write the first line with other columns; nothing of it is used
            warnings.filterwarnings("ignore", message="Attempting to parse malformed locus line")
            records = list(SeqIO.parse(io.StringIO(content.decode("utf-8")), "genbank"))
    except Exception as error:  # Biopython raises many classes, AssertionError among them
        raise DataError(f"{place}: the GenBank file cannot be read ({str(error)[:200]}). Download it again.") from error
    for record in records:
        if record.id in lengths:
            raise DataError(
                f"{place}: the record name {record.id!r} occurs twice. Each record needs a name of its own."
            )
        try:
            letters = bytes(record.seq)
            if not letters:
                raise UndefinedSequenceError
            codes.append(encode(letters))
        except UndefinedSequenceError as error:
            raise DataError(
                f"{place}, record {record.id!r}: there is no sequence after ORIGIN. Download it in full."
            ) from error
        except DataError as error:
            raise DataError(f"{place}, record {record.id!r}: {error}") from error
        lengths[record.id] = len(letters)
        for number, found in enumerate(record.features, start=1):
            kinds.add(found.type)
            if found.type == feature:
                rows += _rows(place, record.id, len(letters), number, found, parts)
    if not rows:
        raise DataError(f"{place}: there is no feature {feature!r}. {nearest(feature, kinds)}")
    starts = dict(zip(lengths, np.cumsum([0, *lengths.values()]).tolist(), strict=False))
    genome = Genome(place, lengths, starts, np.concatenate(codes), hashlib.sha256(content).hexdigest())
    chromosomes, first, last, strands, names, numbers = zip(*rows, strict=True)
    begin, end = np.array(first, np.int64), np.array(last, np.int64)
    return genome, Intervals(
        np.array(chromosomes), begin, end, np.array(strands), np.array(names), np.full(len(rows), np.nan), (begin + end) // 2,
        np.array(numbers, np.int64), place,
    )  # fmt: skip


def _rows(place: Path, name: str, length: int, number: int, found: Any, parts: bool) -> list[tuple]:
    if found.location is None:
        raise DataError(f"{place}, record {name!r}, feature {number}: its place cannot be read.")
    title = next((found.qualifiers[key][0] for key in _NAMES if key in found.qualifiers), "")
    rows = []
    for place_of in found.location.parts if parts else [found.location]:
        start, end = int(place_of.start), int(place_of.end)
        if start < 0 or end <= start or end > length:
            raise DataError(
                f"{place}, record {name!r}, feature {number}: {start + 1}..{end} does not lie in its {length} bases."
            )
        rows.append((name, start, end, {1: "+", -1: "-"}.get(place_of.strand, "."), title, number))
    return rows
